/** The activity `run-steps`: opens what a segment needs, runs it, and gives back what may stand in the history. */
import { Context } from '@temporalio/activity';
import { secretsOfCalls } from '../../language/callSecrets.js';
import { type HostFacts, jobEnvironment } from '../../language/contexts.js';
import { ExpressionError } from '../../language/expressions.js';
import type { StepAddress } from '../../language/ids.js';
import type { RunStepPlan, UsesStepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { folderName } from '../../infra/script/folders.js';
import { STOP_TIMES, type StopTimes } from '../../infra/script/stop.js';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import { PermanentError } from '../../infra/errors.js';
import type { StepsInput, StepsResult } from '../contract.js';
import { hashFilesNow } from '../../infra/uses/hashFiles.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { StepLogId } from '../../infra/log/store.js';
import { type Runner, type RunnerRequest, WORKER_RUNNER } from '../runner.js';
import { keepAlive } from '../keepAlive.js';
import { toFailure } from '../failures.js';
import { ActionParts } from './actionParts.js';
import { ActionSource } from './actionSource.js';
import { openContainers } from './containers.js';
import { JobEntries } from './entries.js';
import { Frame } from './frame.js';
import { listenForInterrupts, type Interrupts } from './interrupts.js';
import { openJobHost, type JobHost } from './openHost.js';
import { type JobOutputs, openJobOutputs } from './jobOutputs.js';
import { runProcessOf } from './runWork.js';
import { type JobSecrets, jobSecrets } from './secrets.js';
import type { Performed } from './stepEnd.js';
import { runSegment, SEGMENT_TIMES, type SegmentTimes } from './segment.js';
import { setUpJob } from './setUp.js';
import { performProcess, type ProcessPlace } from './performProcess.js';
import { type StepCall, StepExecutor } from './stepExecutor.js';
import { performUses, type UsesParts } from './usesWork.js';

export interface StepsDependencies {
  /** The task queue of this host. */
  readonly queue: string;
  /** Reaches a machine of a cluster. */
  readonly openRunner: (request: RunnerRequest) => Promise<Runner>;
  readonly stopTimes?: StopTimes;
  readonly times?: SegmentTimes;
}

/** How long a job may take to end after its cancel when `cancel-timeout-minutes` does not say. GitHub's. */
const CANCEL_TIMEOUT_MINUTES = 5;

export function runStepsActivity(deps: StepsDependencies): (input: StepsInput) => Promise<StepsResult> {
  return (input) => keepAlive(async () => {
    const cancelTimeoutMs = Number(input.job.cancelTimeoutMinutes ?? CANCEL_TIMEOUT_MINUTES) * 60_000;
    const interrupts = listenForInterrupts(Context.current(), { cancelled: input.cancelled, deadline: input.deadline, cancelTimeoutMs });
    try {
      return await openAndRun(input, deps, interrupts);
    } catch (error) {
      if (interrupts.letGo.aborted) throw interrupts.letGo.reason;
      if (error instanceof ExpressionError || error instanceof PermanentError) return { steps: [], queue: deps.queue, open: false, error: error.message };
      throw toFailure(error, 1, 1);
    } finally {
      interrupts.dispose();
    }
  });
}

async function openAndRun(input: StepsInput, deps: StepsDependencies, interrupts: Interrupts): Promise<StepsResult> {
  const { facts, key, job } = input;
  const { cluster, provider } = input;
  const signal = AbortSignal.any([interrupts.letGo, interrupts.force]);
  const log = { line: (text: string): void => noteOnce({ run: facts.run.id, job: key, step: `${facts.job}/setup` as StepAddress }, text) };
  const opened = await openJobHost({ facts, key, runsOn: job.runsOn, cluster, provider, signal, log }, deps.openRunner);
  const entries = new JobEntries(jobEntriesPath(facts.run.id, key, facts.run.attempt));
  try {
    if (entries.result) return entries.finish(entries.result);
    return await runOn(opened, entries, input, deps, interrupts);
  } finally {
    entries.close();
    opened.host.close();
  }
}

async function runOn(opened: JobHost, entries: JobEntries, input: StepsInput, deps: StepsDependencies, interrupts: Interrupts): Promise<StepsResult> {
  const { facts, key, job } = input;
  const { host } = opened;
  const secrets = await jobSecrets(facts.run.id);
  const outputs = openJobOutputs({ run: facts.run.id, job: key, workspace: host.job.workspace, secrets, entries });
  const setUp = outputs.lazy(`${facts.job}/setup` as StepAddress);
  const cancelled = (): boolean => interrupts.cancel.aborted;
  try {
    const bare = frameOf(input, opened, secrets);
    const containers = await openContainers({ job, key, frame: bare, opened, masker: outputs.masker, log: setUp.note, signal: interrupts.force, letGo: interrupts.letGo });
    const frame = frameOf(input, opened, secrets, { ...containers.context });
    const place: ProcessPlace = { host, interrupts, stopTimes: deps.stopTimes ?? STOP_TIMES, wrap: containers.wrap, endIn: containers.stop };
    const { executor, actions, parts } = executorOf({ opened, entries, input, interrupts, place, outputs, note: setUp.note, network: containers.network, engine: containers.engine });
    const endAll = async (): Promise<void> => {
      await host.end(place.stopTimes);
      await containers.end();
    };
    return await endedOnFailure(endAll, interrupts, async () => {
      const before = await setUpJob(input.steps, { frame, entries, actions, cancelled, pre: (step, at) => parts.pre(step, at) });
      const times = deps.times ?? SEGMENT_TIMES;
      const end = await runSegment({ ...input, outputs: job.outputs }, { executor, frame, entries, times, cancelled, post: (entry, at) => parts.post(entry, at) });
      const over = end.outputs !== undefined;
      if (over) await endAll();
      const result: StepsResult = {
        steps: [...before, ...end.steps].map((record: StepRecord) => secrets.sealed(record, outputs.masker)),
        queue: deps.queue,
        open: !over,
        ...(end.outputs ? { outputs: secrets.handedOut(end.outputs, outputs.masker, setUp.note) } : {}),
      };
      if (!over) return result;
      entries.finish(result);
      await host.clear();
      return result;
    });
  } catch (error) {
    if (!interrupts.letGo.aborted && error instanceof Error) setUp.note(error.message);
    throw error;
  } finally {
    setUp.close();
  }
}

/** A job that cannot go on leaves nothing running; one that is let go of leaves all to the next worker. */
async function endedOnFailure<T>(endAll: () => Promise<void>, { letGo }: Interrupts, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!letGo.aborted) await endAll().catch(() => undefined); // what failed first is what is told
    throw error;
  }
}

/** The job itself as the frame of its steps. @param containers the `job` context's part */
function frameOf({ facts, job, before }: StepsInput, opened: JobHost, secrets: JobSecrets, containers: HostFacts['jobContext'] = {}): Frame {
  const values = secretsOfCalls(secrets.values, facts.run.secrets ?? []);
  const host: HostFacts = {
    secrets: values, hashFiles: hashFilesOf(opened), runner: opened.runner, jobContext: containers,
    github: { ...opened.github, token: values['GITHUB_TOKEN'] ?? '' },
  };
  const frame = new Frame(facts.job, facts, host, jobEnvironment(facts, job.env, host));
  frame.add(...before.map(secrets.unsealed));
  return frame;
}

interface ExecutorOptions {
  readonly opened: JobHost;
  readonly entries: JobEntries;
  readonly input: StepsInput;
  readonly interrupts: Interrupts;
  readonly place: ProcessPlace;
  readonly outputs: JobOutputs;
  readonly note: (line: string) => void;
  readonly network: string | undefined;
  readonly engine: string | undefined;
}

function executorOf({ opened, entries, input, interrupts, place, outputs, note, network, engine }: ExecutorOptions) {
  const { facts, key, job } = input;
  const { host, files, carry, node, runsOn } = opened;
  const cancelled = (): boolean => interrupts.cancel.aborted;
  const processName = (address: string): string => `${folderName(address.slice(address.indexOf('/') + 1))}-${facts.run.attempt}`;
  const actions = new ActionSource({ workspace: host.job.workspace, repository: facts.run.facts?.repository, entries, signal: interrupts.force, onProgress: note });
  const usesParts: UsesParts = { actions, entries, place, cancelled, processName, job: key, files, carry, node, runsOn, network, engine, executor: () => executor };
  const perform = (call: StepCall): Promise<Performed> => {
    if (call.step.kind === 'uses') return performUses(call as StepCall<UsesStepPlan>, usesParts);
    const process = runProcessOf(call as StepCall<RunStepPlan>, job.defaults, host);
    return performProcess({ name: processName(call.address), process, retry: call.step.retry, watch: call.watch, output: call.output }, place);
  };
  const executor: StepExecutor = new StepExecutor({ entries, cancelled, openOutput: outputs.open, worker: { perform } });
  return { executor, actions, parts: new ActionParts({ ...usesParts, openOutput: outputs.open }) };
}

/** @throws ExpressionError on a machine: its files are not here */
function hashFilesOf({ runsOn, host }: JobHost): NonNullable<HostFacts['hashFiles']> {
  return (...patterns) => {
    if (runsOn === WORKER_RUNNER) return hashFilesNow(patterns, host.job.workspace);
    throw new ExpressionError(`hashFiles reads files of the worker, and the job runs on ${runsOn}`, 'hashFiles');
  };
}

/** A line in a log that nobody has open. */
function noteOnce(id: StepLogId, text: string): void {
  const writer = fileLogStore().open(id);
  writer.line(text);
  writer.close();
}
