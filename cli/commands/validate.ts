/** `fleetwright validate FILE...`: all problems of all files, workflow files and unit files. */
import { basename } from 'node:path';
import { validateUnit } from '../../infra/fleet/validateUnit.js';
import { type Diagnostic, formatDiagnostic, isError } from '../../language/diagnostics.js';
import { InvalidFileError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { diagnose } from '../files.js';
import { cleanLine } from '../progress/text.js';
import type { Terminal } from '../terminal.js';
import { readText, shownPath } from '../textFiles.js';

interface Finding { readonly file: string; readonly diagnostics: readonly Diagnostic[]; readonly unreadable?: string }

export interface ValidateFlags {
  readonly json?: boolean;
  /** Says, too, what GitHub would not accept. @default false */
  readonly github?: boolean;
  /** Says, too, by which commit each action could be named. @default false: nothing is looked up */
  readonly pin?: boolean;
}

/** Warnings are printed, and do not make a file invalid. */
export async function validate(terminal: Terminal, files: readonly string[], flags: ValidateFlags): Promise<ExitCode> {
  const findings: Finding[] = [];
  for (const file of files) findings.push(await look(file, flags));
  for (const { file, diagnostics, unreadable } of findings) {
    if (unreadable !== undefined) terminal.note(unreadable);
    terminal.note(...diagnostics.map((diagnostic) => cleanLine(formatDiagnostic(diagnostic), false)));
    if (!flags.json && unreadable === undefined && !diagnostics.some(isError)) terminal.out(`${file}: ok`);
  }
  const bad = findings.filter(({ diagnostics, unreadable }) => unreadable !== undefined || diagnostics.some(isError));
  if (flags.json) terminal.out(JSON.stringify(findings.map((finding) => ({ ...finding, ok: !bad.includes(finding) })), undefined, 2));
  return bad.length === 0 ? EXIT.ok : EXIT.invalid;
}

async function look(file: string, { github, pin }: ValidateFlags): Promise<Finding> {
  try {
    if (isUnit(file)) return { file, diagnostics: await diagnoseUnit(file) };
    const diagnostics = await diagnose(file, { github });
    return { file, diagnostics: pin ? [...diagnostics, ...await pinsOf(file)] : diagnostics };
  } catch (error) {
    if (error instanceof InvalidFileError) return { file, diagnostics: [], unreadable: error.message };
    throw error;
  }
}

async function pinsOf(file: string): Promise<readonly Diagnostic[]> {
  const { pinDiagnostics } = await import('./pins.js');
  return pinDiagnostics(await readText(file), shownPath(file));
}

/** By its ending, as systemd tells them apart. */
function isUnit(file: string): boolean {
  return /\.(?:service|socket|device|mount|automount|timer|path)$/.test(file);
}

async function diagnoseUnit(file: string): Promise<readonly Diagnostic[]> {
  return validateUnit(await readText(file), basename(file), shownPath(file)).map((problem) => ({ ...problem, column: 1 }));
}
