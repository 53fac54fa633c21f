/** Workflow files on this host, read and turned into plans. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { readActionFiles } from '../infra/actionFiles.js';
import { problemsOfValue } from '../infra/host/values.js';
import { workflowReader } from '../infra/workflowFiles.js';
import { type ActionDefinition, InvalidActionsError, parseActionFiles } from '../language/actionMetadata.js';
import { checkWorkflow } from '../language/checkWorkflow.js';
import type { DispatchInput } from '../language/definition.js';
import { type Diagnostic, formatDiagnostic, isError, sortDiagnostics } from '../language/diagnostics.js';
import { askHost } from '../language/hostQuestions.js';
import { makePlan } from '../language/makePlan.js';
import type { OnFailure, Plan, Scalar } from '../language/plan.js';
import { planText } from '../language/planText.js';
import { InvalidFileError } from './errors.js';
import { workerIsElsewhere } from './worker.js';

export interface LoadOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly onFailure?: OnFailure | undefined;
}

/** The file's plan with these inputs. @throws InvalidFileError with all problems */
export async function loadPlan(path: string, { inputs, onFailure }: LoadOptions): Promise<Plan> {
  const { plan, diagnostics } = await planText(await readText(path), shownPath(path), {
    inputs, actions: await builtInActions(), readWorkflow: workflowReader({ file: path }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(workerIsElsewhere() ? {} : { look: problemsOfValue }), // the files that inputs name are on the worker's host
  });
  if (plan === undefined) throw new InvalidFileError(diagnostics.map(formatDiagnostic).join('\n'));
  return plan;
}

export interface DiagnoseOptions {
  /** Whether what GitHub would not accept is said, too: our own keys among it. @default false */
  readonly github?: boolean | undefined;
}

/**
 * What is wrong with a file, its inputs apart: those that it requires are not given here. Warnings are among it.
 * @throws InvalidFileError when it cannot be read
 */
export async function diagnose(path: string, { github = false }: DiagnoseOptions = {}): Promise<readonly Diagnostic[]> {
  const [text, file] = [await readText(path), shownPath(path)];
  const { definition, calls, diagnostics } = await checkWorkflow(text, file, workflowReader({ file: path }));
  const ofGithub = github ? await (await import('../language/githubSchema.js')).githubDiagnostics(text, file, { reportExtraKeys: true }) : [];
  if (definition === undefined || diagnostics.some(isError)) return sortDiagnostics([...diagnostics, ...ofGithub]);
  const missing = definition.inputs.filter((input) => input.required && input.default === undefined);
  const given = Object.fromEntries(missing.map((input) => [input.name, sample(input)]));
  const made = makePlan(definition, { inputs: given, actions: await builtInActions(), calls });
  const questions = made.questions.filter(({ isInput, input }) => !isInput || !Object.hasOwn(given, input));
  return sortDiagnostics([...diagnostics, ...made.diagnostics, ...ofGithub, ...await askHost(questions, problemsOfValue)]);
}

/** A value that the input takes. */
function sample({ type, options }: DispatchInput): Scalar {
  return { string: 'x', number: 1, boolean: true, choice: options?.[0] ?? '', environment: 'x' }[type];
}

/** As a person would name it: relative to here, unless it is somewhere else. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** @throws InvalidFileError */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InvalidFileError(`${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code}`);
  }
}

/** The actions that come with us, by name. @throws InvalidFileError when their files are not as they must be */
async function builtInActions(): Promise<ReadonlyMap<string, ActionDefinition>> {
  try {
    return parseActionFiles(await readActionFiles());
  } catch (error) {
    throw error instanceof InvalidActionsError ? new InvalidFileError(error.message) : error;
  }
}
