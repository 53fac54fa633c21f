/**
 * What a step with `undo:` registers with its run before its process starts: a script with all that it needs, evaluated as the step saw it, so that it
 * can run when the job is long over. What holds a secret is sealed: it is opened on this host alone.
 */
import { hostname } from 'node:os';
import { posix } from 'node:path';
import type { RunDefaults, RunStepPlan, Values } from '../../language/plan.js';
import type { UndoEntry } from '../../language/record.js';
import { templateText } from '../../language/expressions.js';
import { evaluateScript } from '../../language/steps.js';
import type { EvaluatedContainer } from '../../infra/containers/types.js';
import type { ProviderSettings } from '../../infra/provider.js';
import { UNDO_SCRIPT_ACTIVITY } from '../contract.js';
import { WORKER_RUNNER } from '../runner.js';
import { stepEnvironment } from './environment.js';
import { partsOf } from './runWork.js';
import type { StepCall } from './stepExecutor.js';

export interface UndoPlace {
  /** The job's key. */
  readonly job: string;
  /** The host's task queue. */
  readonly queue: string;
  /** `worker`, or the machine's name. */
  readonly runsOn: string;
  readonly cluster?: string | undefined;
  readonly provider?: string | undefined;
  /** Of the provider: the run's inputs. */
  readonly settings: ProviderSettings;
  readonly workspace: string;
  readonly defaults: RunDefaults;
  /** In which the step runs. @default none */
  readonly container?: EvaluatedContainer | undefined;
  /** Seals a text when one of the parts of which it was made holds a secret. */
  readonly guard: (text: string, parts: readonly string[]) => string;
  /** Hides the secrets in what a person reads. */
  readonly mask: (text: string) => string;
}

/** @throws ExpressionError */
export function undoEntry({ step, prepared, frame }: StepCall<RunStepPlan>, undo: string, place: UndoPlace): UndoEntry {
  const { shell, workingDirectory } = evaluateScript(step, place.defaults, prepared.scope);
  const environment = stepEnvironment(partsOf(prepared));
  const text = (value: string): string => place.guard(value, [value]);
  const json = (value: unknown, parts: readonly string[]): string => place.guard(JSON.stringify(value), parts);
  const values: Values = {
    script: text(templateText(undo, prepared.scope)),
    env: json(environment, Object.values(environment)),
    'runs-on': place.runsOn,
    'working-directory': text(posix.resolve(place.workspace, workingDirectory ?? '')),
    workspace: place.workspace,
    ...(shell === undefined ? {} : { shell: text(shell) }),
    ...(frame.searched.length === 0 ? {} : { path: json(frame.searched, frame.searched) }),
    ...(place.cluster ? { cluster: place.cluster } : {}),
    ...(place.provider ? { provider: place.provider } : {}),
    ...(place.runsOn === WORKER_RUNNER ? {} : { 'provider-settings': json(place.settings, Object.values(place.settings)) }),
    ...(place.container ? { container: json(place.container, leaves(place.container)) } : {}),
  };
  return { job: place.job, address: step.address, name: place.mask(prepared.name), activity: UNDO_SCRIPT_ACTIVITY, with: values, queue: place.queue, host: hostname() };
}

function leaves(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
}
