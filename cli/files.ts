/** Workflow files on this host, read and turned into plans. */
import { problemsOfValue } from '../infra/host/values.js';
import { actionReader } from '../infra/uses/knownActions.js';
import { workflowReader } from '../infra/workflowFiles.js';
import type { CalledWorkflows } from '../language/calls.js';
import { checkWorkflow } from '../language/checkWorkflow.js';
import type { Definition, DispatchInput } from '../language/definition.js';
import { type Diagnostic, formatDiagnostic, isError, sortDiagnostics } from '../language/diagnostics.js';
import { askHost } from '../language/hostQuestions.js';
import { makePlan, type PlanResult } from '../language/makePlan.js';
import type { OnFailure, Plan, Scalar } from '../language/plan.js';
import { planText } from '../language/planText.js';
import { InvalidFileError } from './errors.js';
import { builtInActions, readText, shownPath } from './textFiles.js';
import { workerIsElsewhere } from './worker.js';

export interface LoadOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly onFailure?: OnFailure | undefined;
  readonly waitTimeoutMs?: number | undefined;
}

/** The file's plan with these inputs. @throws InvalidFileError with all problems */
export async function loadPlan(path: string, { inputs, onFailure, waitTimeoutMs }: LoadOptions): Promise<Plan> {
  const { plan, diagnostics } = await planText(await readText(path), shownPath(path), {
    inputs, actions: await builtInActions(), readWorkflow: workflowReader({ file: path }),
    ...(onFailure === undefined ? {} : { onFailure }), ...(waitTimeoutMs === undefined ? {} : { waitTimeoutMs }),
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
  const ofGithub = github ? await (await import('../language/githubSchema.js')).githubDiagnostics(await readText(path), shownPath(path), { reportExtraKeys: true }) : [];
  const { made, given, diagnostics } = await checkFile(path);
  if (made === undefined) return sortDiagnostics([...diagnostics, ...ofGithub]);
  const questions = made.questions.filter(({ isInput, input }) => !isInput || !Object.hasOwn(given, input));
  return sortDiagnostics([...diagnostics, ...ofGithub, ...await askHost(questions, problemsOfValue)]);
}

/** The file's plan, with something in the place of the inputs that it requires: for its jobs, not to be run. @throws InvalidFileError with all problems */
export async function planOfFile(path: string): Promise<Plan> {
  const { made, diagnostics } = await checkFile(path);
  if (made?.plan !== undefined && !diagnostics.some(isError)) return made.plan;
  throw new InvalidFileError(sortDiagnostics(diagnostics).map(formatDiagnostic).join('\n'));
}

interface CheckedFile {
  /** Absent where the file has errors. */
  readonly made?: PlanResult;
  /** What stands in the place of inputs that are required. */
  readonly given: Readonly<Record<string, Scalar>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws InvalidFileError when it cannot be read */
async function checkFile(path: string): Promise<CheckedFile> {
  const { definition, calls, diagnostics } = await checkWorkflow(await readText(path), shownPath(path), workflowReader({ file: path }), actionReader({ file: path }));
  if (definition === undefined || diagnostics.some(isError)) return { given: {}, diagnostics };
  const missing = definition.inputs.filter((input) => input.required && input.default === undefined);
  const given = Object.fromEntries(missing.map((input) => [input.name, sample(input)]));
  if (!isWhole(definition, calls)) return { given, diagnostics };
  const made = makePlan(definition, { inputs: given, actions: await builtInActions(), calls });
  return { made, given, diagnostics: [...diagnostics, ...made.diagnostics] };
}

/** Whether every workflow that it calls, and that those call, could be read. */
function isWhole({ jobs }: Definition, calls: CalledWorkflows): boolean {
  return jobs.every(({ call }) => {
    const called = call && calls.get(call.uses);
    return !call || (called !== undefined && isWhole(called.definition, called.calls));
  });
}

/** A value that the input takes. */
function sample({ type, options }: DispatchInput): Scalar {
  return { string: 'x', number: 1, boolean: true, choice: options?.[0] ?? '', environment: 'x' }[type];
}
