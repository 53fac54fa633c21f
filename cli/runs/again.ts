/** Starts the next attempt of a closed run: from its plan and record, or from an edited file's plan. */
import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowExecutionDescription } from '@temporalio/client';
import { shellWord } from '../../infra/errors.js';
import { forgetRunSecrets, type RunSecrets, writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { Plan } from '../../language/plan.js';
import { changesOfCompleted } from '../../language/planChanges.js';
import type { ProgressRecord } from '../../language/record.js';
import { isPart, openedBy, openedByUndo, type Restart, RestartError } from '../../language/restart.js';
import { undosFrom } from '../../language/undoing.js';
import type { RunOptions } from '../../workflows/messages.js';
import { RefusedError, UsageError } from '../errors.js';
import { loadPlan } from '../files.js';
import type { CommonFlags, RunFlags } from '../flags.js';
import { failureOptions } from '../values/failure.js';
import type { SecretFlags } from '../values/secrets.js';
import { readProgress } from './read.js';
import { startAs } from './start.js';

export interface AgainFlags extends CommonFlags, SecretFlags, Pick<RunFlags, 'onFailure' | 'waitTimeout' | 'detach'> {
  /** The edited workflow file. */
  readonly file?: string;
  /** Although the file changes what is completed. */
  readonly force?: boolean;
}

export interface Earlier { readonly plan: Plan; readonly record: ProgressRecord }

/** What a closed run left to go on from. @throws RefusedError when it is open, left nothing, or was undone and not all is to be done again */
export async function earlierAttempt(client: Client, description: WorkflowExecutionDescription, restart: Restart): Promise<Earlier> {
  const id = description.workflowId;
  if (description.status.name === 'RUNNING') throw new RefusedError(`${id} is still open\n  Follow it with \`fleetwright watch ${shellWord(id)}\`.`);
  const { plan, record } = await readProgress(client, description);
  const undone = record?.undos.some(({ conclusion }) => conclusion === 'success') === true;
  if (restart.kind === 'failed-step' && description.status.name === 'COMPLETED' && record?.conclusion !== 'failure' && !undone) {
    throw new RefusedError(`${id} succeeded: there is nothing to go on with\n  Run it again with \`fleetwright rerun ${shellWord(id)}\`.`);
  }
  if (plan === undefined || record === undefined) {
    throw new RefusedError(`${id} left no plan and no progress record: it ended before its first step, or was terminated\n  Start a new run.`);
  }
  if (record.undone && restart.kind !== 'all' && restart.kind !== 'undo') {
    throw new RefusedError(`${id} was undone: nothing of it is there to go on from\n  Start a new run, as with \`fleetwright up\`, or run all of it again: fleetwright rerun ${shellWord(id)}`);
  }
  checkRestart(plan, record, restart);
  return { plan, record };
}

const FLAGS = { job: '--job', step: '--from', undo: '--to' } as const;

/** @throws UsageError for a job or step that the run does not have, RefusedError when there is nothing to do */
function checkRestart(plan: Plan, record: ProgressRecord, restart: Restart): void {
  try {
    if (restart.kind === 'undo') undosFrom(record, restart.to);
    else if (isPart(restart)) openedBy(plan, record, restart);
  } catch (error) {
    if (!(error instanceof RestartError)) throw error;
    const named = restart.kind === 'job' || restart.kind === 'step' || (restart.kind === 'undo' && restart.to !== undefined);
    throw named ? new UsageError(`${FLAGS[restart.kind]}: ${error.message}`) : new RefusedError(error.message);
  }
}

/** The plan to go on with: the file's as it is now, or the one before. @throws InvalidFileError, RefusedError with what the file changes of completed steps */
export async function planOf({ plan, record }: Earlier, flags: AgainFlags, restart: Restart): Promise<Plan> {
  const options = failureOptions(flags);
  if (flags.file === undefined) {
    if (flags.force) throw new UsageError('--force goes with --file');
    return { ...plan, ...options };
  }
  const inputs = Object.fromEntries(Object.entries(plan.inputs).map(([name, value]) => [name, String(value)]));
  const edited = { ...await loadPlan(flags.file, { inputs, ...options }), type: plan.type, ...(plan.facts ? { facts: plan.facts } : {}) };
  const changes = restart.kind === 'all' ? [] : changesOfCompleted(plan, edited, keptOf(plan, record, restart));
  if (changes.length === 0 || flags.force) return edited;
  throw new RefusedError([`${flags.file} changes steps that ${record.run} has completed:`, ...changes.map((change) => `  ${change}`),
    '  Take that back, begin at the changed step (fleetwright rerun --from ADDRESS), or go on all the same with --force.'].join('\n'));
}

/** Without what is done again: that may have changed. */
function keptOf(plan: Plan, record: ProgressRecord, restart: Restart): Pick<ProgressRecord, 'jobs'> {
  if (restart.kind === 'all') return { jobs: [] };
  const part = isPart(restart);
  const opened = part ? openedBy(plan, record, restart) : openedByUndo(plan, record);
  return { jobs: record.jobs.map((job) => {
    if (opened.whole.has(job.key)) return { ...job, steps: [] };
    const first = opened.from.get(job.key);
    if (first !== undefined) return { ...job, steps: before(job.steps, ({ address }) => address === first) };
    return part || job.result === 'success' ? job : { ...job, steps: before(job.steps, ({ status, conclusion }) => status !== 'completed' || conclusion === 'failure' || conclusion === 'cancelled') };
  }) };
}

function before<T>(items: readonly T[], stop: (item: T) => boolean): readonly T[] {
  const at = items.findIndex(stop);
  return at < 0 ? items : items.slice(0, at);
}

/** @param secrets put in place before the run goes on @default the worker is elsewhere, and has its own @throws RefusedError when somebody else has started it */
export async function startAgain(client: Client, { plan, record }: Earlier, from: Restart, secrets: RunSecrets | undefined): Promise<void> {
  const id = record.run;
  if (secrets !== undefined) writeRunSecrets(id, secrets);
  try {
    const name = String(plan.inputs['cluster'] ?? 'local');
    const options: RunOptions = { continueFrom: { plan, record, ...(from.kind === 'failed-step' ? {} : { from }) } };
    await startAs(client, id, { type: plan.type, name, inputs: plan.inputs, options, file: plan.file }, 'ALLOW_DUPLICATE');
  } catch (error) {
    if (secrets !== undefined && !(error instanceof WorkflowExecutionAlreadyStartedError)) forgetRunSecrets(id);
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw new RefusedError(`${id} was started again by someone else just now\n  Follow it with \`fleetwright watch ${shellWord(id)}\`.`);
    throw error;
  }
}
