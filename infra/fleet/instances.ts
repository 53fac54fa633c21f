/** Template units and their instances. fleet does not instantiate: each instance is sent with the template's options. */
import type { UnitName } from '../../language/ids.js';

/** `instanceName('web@.service', 3)` is `web@03.service`. @throws InvalidInputError for no template, or a number not in 1..99 */
export declare function instanceName(template: UnitName, number: number): UnitName;
/** `web@01.service` … `web@NN.service`, as many as `count`. @throws InvalidInputError when count is not in 0..99 */
export declare function instanceNames(template: UnitName, count: number): readonly UnitName[];
/** `web@.service` of `web@03.service`; undefined for what is no instance. */
export declare function templateOf(name: UnitName): UnitName | undefined;
/** `03` of `web@03.service`; undefined for what is no instance. */
export declare function instanceOf(name: UnitName): string | undefined;
