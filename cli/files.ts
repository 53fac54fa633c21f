/** Workflow files on this host, read and turned into plans. */
import { readdir, readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { packagePath } from '../infra/paths.js';
import { type ActionDefinition, parseActionFile } from '../language/actionMetadata.js';
import type { DispatchInput } from '../language/definition.js';
import { type Diagnostic, formatDiagnostic } from '../language/diagnostics.js';
import { makePlan } from '../language/makePlan.js';
import { parseWorkflowFile } from '../language/parse.js';
import type { OnFailure, Plan, Scalar, Values } from '../language/plan.js';
import { InvalidFileError } from './errors.js';

export interface LoadOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly onFailure?: OnFailure | undefined;
  /** Further checks of the given inputs: what is wrong, a line each. */
  readonly check?: (inputs: Readonly<Record<string, string>>) => readonly string[];
}

/** The file's plan with these inputs. @throws InvalidFileError with all problems */
export async function loadPlan(path: string, { inputs, onFailure, check }: LoadOptions): Promise<Plan> {
  const { plan, diagnostics } = await planFile(path, inputs, onFailure);
  const problems = [...diagnostics.map(formatDiagnostic), ...check?.(inputs) ?? []];
  if (plan === undefined || problems.length > 0) throw new InvalidFileError(problems.join('\n'));
  return plan;
}

/** What is wrong with a file, its inputs apart: those that it requires are not given here. @throws InvalidFileError when it cannot be read */
export async function diagnose(path: string): Promise<readonly Diagnostic[]> {
  const { definition, diagnostics } = parseWorkflowFile(await readText(path), shownPath(path));
  if (definition === undefined || diagnostics.length > 0) return diagnostics;
  const given = Object.fromEntries(definition.inputs.filter((input) => input.required && input.default === undefined).map((input) => [input.name, sample(input)]));
  return makePlan(definition, { inputs: given, actions: await builtInActions() }).diagnostics;
}

/** A value that the input takes. */
function sample({ type, options }: DispatchInput): Scalar {
  return { string: 'x', number: 1, boolean: true, choice: options?.[0] ?? '' }[type];
}

async function planFile(path: string, inputs: Values, onFailure: OnFailure | undefined): Promise<{ readonly plan?: Plan; readonly diagnostics: readonly Diagnostic[] }> {
  const { definition, diagnostics } = parseWorkflowFile(await readText(path), shownPath(path));
  if (definition === undefined || diagnostics.length > 0) return { diagnostics };
  return makePlan(definition, { inputs, actions: await builtInActions(), ...(onFailure === undefined ? {} : { onFailure }) });
}

/** As a person would name it: relative to here, unless it is somewhere else. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InvalidFileError(`${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code}`);
  }
}

/** The actions that come with us, by name. */
async function builtInActions(): Promise<ReadonlyMap<string, ActionDefinition>> {
  const entries = await readdir(packagePath('actions'), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return new Map(await Promise.all(names.map(async (name) => [name, await builtInAction(name)] as const)));
}

async function builtInAction(name: string): Promise<ActionDefinition> {
  const path = packagePath('actions', name, 'action.yml');
  const { action, diagnostics } = parseActionFile(await readFile(path, 'utf8'), path);
  if (action === undefined || diagnostics.length > 0) throw new InvalidFileError(diagnostics.map(formatDiagnostic).join('\n'));
  return action;
}
