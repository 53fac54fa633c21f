import type { UnitOption, UnitProblem } from './unitFile.js';

/** What is wrong with a unit file, all of it, by line: fleet itself accepts most mistakes silently. Empty when it is fine. */
export declare function validateUnit(text: string, name: string, file: string): readonly UnitProblem[];
/** The options of a unit file's text. @throws InvalidInputError with every problem, one `file:line: message` each */
export declare function readUnit(text: string, name: string, file: string): readonly UnitOption[];
