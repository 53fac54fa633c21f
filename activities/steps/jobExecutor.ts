/** What runs the steps of a job on its host: each by its kind. */
import type { Home } from '../../language/usesOwn.js';
import type { EventFacts, RunStepPlan, UsesStepPlan } from '../../language/plan.js';
import type { EvaluatedContainer } from '../../infra/containers/types.js';
import { TransientError } from '../../infra/errors.js';
import { folderName } from '../../infra/script/folders.js';
import { waitFor } from '../../infra/wait.js';
import type { StepsInput } from '../contract.js';
import { ActionParts } from './actionParts.js';
import { ActionSource } from './actionSource.js';
import type { JobEntries } from './entries.js';
import type { Interrupts } from './interrupts.js';
import type { JobOutputs } from './jobOutputs.js';
import type { JobHost } from './openHost.js';
import { performProcess, type ProcessPlace } from './performProcess.js';
import type { StepsDependencies } from './runSteps.js';
import { runProcessOf } from './runWork.js';
import type { JobSecrets } from './secrets.js';
import type { Performed } from './stepEnd.js';
import { type StepCall, StepExecutor } from './stepExecutor.js';
import { settingsOf } from '../cluster.js';
import { undoEntry, type UndoPlace } from './undoEntry.js';
import { performUses, type UsesParts } from './usesWork.js';

/** Between two tries to tell the run, milliseconds. */
const ASK_MS = 1000;

export interface JobExecutorOptions {
  readonly opened: JobHost;
  readonly entries: JobEntries;
  readonly input: StepsInput;
  readonly interrupts: Interrupts;
  readonly place: ProcessPlace;
  readonly outputs: JobOutputs;
  readonly secrets: JobSecrets;
  readonly deps: Pick<StepsDependencies, 'queue' | 'registerUndo'>;
  readonly note: (line: string) => void;
  readonly container: EvaluatedContainer | undefined;
  readonly network: string | undefined;
  readonly engine: string | undefined;
}

export interface JobExecutor {
  readonly executor: StepExecutor;
  readonly actions: ActionSource;
  readonly parts: ActionParts;
}

export function jobExecutor(options: JobExecutorOptions): JobExecutor {
  const { opened, entries, input, interrupts, place, outputs, note, network, engine } = options;
  const { facts, key, job } = input;
  const { host, files, carry, node, runsOn, withoutNode, hashes, mirror } = opened;
  const cancelled = (): boolean => interrupts.cancel.aborted;
  const processName = (address: string): string => `${folderName(address.slice(address.indexOf('/') + 1))}-${facts.run.attempt}${again(triesOf(address, entries))}`;
  const actions = new ActionSource({ mirror, workspace: host.job.workspace, repository: facts.run.facts?.repository, own: ownOf(facts.run.facts), entries, signal: interrupts.force, onProgress: note });
  const usesParts: UsesParts = { actions, entries, place, cancelled, processName, job: key, cacheMode: job.cacheMode, files, carry, node, withoutNode, runsOn, network, engine, executor: () => executor };
  const perform = async (call: StepCall): Promise<Performed> => {
    if (call.step.kind === 'uses') return performUses(call as StepCall<UsesStepPlan>, usesParts);
    const own = call as StepCall<RunStepPlan>;
    const process = runProcessOf(own, job.defaults, host);
    await registerUndo(own, options);
    return performProcess({ name: processName(call.address), process, retry: call.step.retry, watch: call.watch, output: call.output }, place);
  };
  const executor: StepExecutor = new StepExecutor({ entries, cancelled, forced: () => interrupts.force.aborted, onBegin: hashes.forget, openOutput: outputs.open, worker: { perform } });
  return { executor, actions, parts: new ActionParts({ ...usesParts, openOutput: outputs.open }) };
}

/** What the run's repository is called, and its commit: `github.action_repository` and `github.action_ref` of its own actions. */
function ownOf(facts: EventFacts | undefined): Home | undefined {
  const { repository, sha } = facts?.github ?? {};
  return typeof repository === 'string' && repository !== '' && typeof sha === 'string' ? { repository, ref: sha } : undefined;
}

/** Before the step acts: a worker that is killed behind this leaves an undo of nothing, never something that nobody undoes. */
async function registerUndo(call: StepCall<RunStepPlan>, options: JobExecutorOptions): Promise<void> {
  const { step: { undo }, address } = call;
  const { entries, deps, interrupts, input: { facts } } = options;
  if (undo === undefined || entries.hasUndo(address)) return;
  const entry = undoEntry(call, undo, undoPlace(options));
  const signal = AbortSignal.any([interrupts.letGo, interrupts.force]);
  // A server that is away is waited for, as by everything else of the run.
  await waitFor(() => deps.registerUndo(facts.run.id, entry).then(() => true, unlessTransient), { timeoutMs: Infinity, intervalMs: ASK_MS, signal });
  entries.add({ kind: 'undo', address });
}

function unlessTransient(error: unknown): undefined {
  if (!(error instanceof TransientError)) throw error;
}

function undoPlace({ opened, input, secrets, outputs, deps, container }: JobExecutorOptions): UndoPlace {
  const { facts, key, job, cluster, provider } = input;
  return {
    job: key, queue: deps.queue, runsOn: opened.runsOn, cluster, provider, settings: settingsOf(facts.run.inputs), workspace: opened.host.job.workspace, defaults: job.defaults, container,
    guard: (text, parts) => secrets.guarded(text, parts, outputs.masker),
    mask: (text) => outputs.masker.mask(text),
  };
}

/** Of the step, or of the one in which it stands. */
function triesOf(address: string, entries: JobEntries): number {
  return entries.tries(address.split('/', 2).join('/'));
}

/** Each time that a person has it run, a step has journals of its own. */
function again(tries: number): string {
  return tries === 1 ? '' : `-again-${tries}`;
}
