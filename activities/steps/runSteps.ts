/** The activity `run-steps`: opens what a segment needs, runs it, and gives back what may stand in the history. */
import { Context } from '@temporalio/activity';
import { secretsOfCalls } from '../../language/callSecrets.js';
import { type HostFacts, jobEnvironment } from '../../language/contexts.js';
import { outputsTooLarge } from '../../language/handedOver.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import type { StepRecord, UndoEntry } from '../../language/record.js';
import { STOP_TIMES, type StopTimes } from '../../infra/script/stop.js';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import type { StepsInput, StepsResult } from '../contract.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { StepLogId } from '../../infra/log/store.js';
import type { Runner, RunnerRequest } from '../runner.js';
import { keepAlive } from '../keepAlive.js';
import { armPosts } from './armPosts.js';
import { cutShort } from './cutShort.js';
import { openContainers } from './containers.js';
import { JobEntries } from './entries.js';
import { Frame } from './frame.js';
import { listenForInterrupts, type Interrupts } from './interrupts.js';
import { jobExecutor } from './jobExecutor.js';
import { openJobOutputs } from './jobOutputs.js';
import { openJobHost, type JobHost } from './openHost.js';
import type { ProcessPlace } from './performProcess.js';
import { type JobSecrets, jobSecrets } from './secrets.js';
import { runSegment, SEGMENT_TIMES, type SegmentTimes } from './segment.js';
import { setUpJob } from './setUp.js';
import type { PatienceTimes } from './withRunner.js';

export interface StepsDependencies {
  /** The task queue of this host. */
  readonly queue: string;
  /** Reaches a machine of a cluster. */
  readonly openRunner: (request: RunnerRequest) => Promise<Runner>;
  readonly registerUndo: (run: RunId, undo: UndoEntry) => Promise<void>;
  /** Whether the workflow with this id is there and not closed. */
  readonly workflowIsOpen: (workflowId: string) => Promise<boolean>;
  readonly stopTimes?: StopTimes;
  readonly times?: SegmentTimes;
  readonly patience?: PatienceTimes;
}

/** How long a job may take to end after its cancel when `cancel-timeout-minutes` does not say. GitHub's. */
const CANCEL_TIMEOUT_MINUTES = 5;

export function runStepsActivity(deps: StepsDependencies): (input: StepsInput) => Promise<StepsResult> {
  return (input) => keepAlive(async () => {
    const { facts, key, job, cancelled, cancelledAt, deadline } = input;
    const cancelTimeoutMs = Number(job.cancelTimeoutMinutes ?? CANCEL_TIMEOUT_MINUTES) * 60_000;
    const context = Context.current();
    const { workflowExecution } = context.info;
    const isOver = async (): Promise<boolean> => workflowExecution !== undefined && !(await deps.workflowIsOpen(workflowExecution.workflowId));
    const interrupts = listenForInterrupts(context, { cancelled, cancelledAt, deadline, cancelTimeoutMs, isOver });
    const entries = new JobEntries(jobEntriesPath(facts.run.id, key, facts.run.attempt), interrupts.giveWay);
    try {
      if (entries.result) return entries.putAway(entries.result);
      return await openAndRun(input, entries, deps, interrupts);
    } catch (error) {
      if (interrupts.letGo.aborted) throw interrupts.letGo.reason;
      return await cutShort(error, input, entries, deps.queue);
    } finally {
      entries.close();
      interrupts.dispose();
    }
  });
}

async function openAndRun(input: StepsInput, entries: JobEntries, deps: StepsDependencies, interrupts: Interrupts): Promise<StepsResult> {
  const { facts, key, job, cluster, provider } = input;
  // What had its time to end before is opened all the same: somebody must end it.
  const signal = interrupts.force.aborted ? interrupts.letGo : AbortSignal.any([interrupts.letGo, interrupts.force]);
  const log = { line: (text: string): void => noteOnce({ run: facts.run.id, job: key, step: `${facts.job}/setup` as StepAddress }, text) };
  const opened = await openJobHost({ facts, key, runsOn: job.runsOn, cluster, provider, signal, log, patience: deps.patience }, deps.openRunner);
  try {
    entries.again(input.tries ?? {});
    return await runOn(opened, entries, input, deps, interrupts);
  } finally {
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
    const force = interrupts.force.aborted ? new AbortController().signal : interrupts.force;
    const containers = await openContainers({ job, key, frame: bare, opened, masker: outputs.masker, log: setUp.note, signal: force, letGo: interrupts.letGo });
    const frame = frameOf(input, opened, secrets, { ...containers.context });
    const place: ProcessPlace = { host, interrupts, stopTimes: deps.stopTimes ?? STOP_TIMES, wrap: containers.wrap, endIn: containers.stop };
    const { executor, actions, parts } = jobExecutor({
      opened, entries, input, interrupts, place, outputs, secrets, deps, note: setUp.note, container: containers.container, network: containers.network, engine: containers.engine,
    });
    const endAll = async (): Promise<void> => {
      await host.end(place.stopTimes);
      await containers.end();
    };
    // What an earlier attempt of the run left when nobody could end it: two of one step at a time would be worse than none.
    if (facts.run.attempt > 1 && !entries.setUp) await host.end(place.stopTimes);
    return await endedOnFailure(endAll, interrupts, async () => {
      armPosts(input, entries, secrets.unseal, (message) => warn({ run: facts.run.id, job: key, step: `${facts.job}/setup` as StepAddress }, message));
      const before = await setUpJob([...input.steps, ...(input.ahead ?? [])], { frame, entries, actions, cancelled, pre: (step, at) => parts.pre(step, at) });
      const times = deps.times ?? SEGMENT_TIMES;
      const end = await runSegment({ ...input, outputs: job.outputs }, { executor, frame, entries, times, cancelled, forced: () => interrupts.force.aborted, post: (entry, at) => parts.post(entry, at) });
      const over = end.outputs !== undefined;
      if (over) await endAll();
      const tooLarge = end.outputs && outputsTooLarge(end.outputs);
      if (tooLarge !== undefined) setUp.note(tooLarge);
      const result: StepsResult = {
        steps: [...before, ...end.steps].map((record: StepRecord) => secrets.sealed(record, outputs.masker)),
        queue: deps.queue,
        open: !over,
        ...(end.outputs ? { outputs: tooLarge === undefined ? secrets.handedOut(end.outputs, outputs.masker, setUp.note) : {} } : {}),
        ...(tooLarge === undefined ? {} : { error: tooLarge }),
      };
      if (!over) return result;
      entries.finish(result, secrets.seal);
      await host.clear();
      return result;
    });
  } catch (error) {
    if (interrupts.letGo.aborted) throw error;
    if (error instanceof Error) setUp.note(error.message);
    const result = await cutShort(error, input, entries, deps.queue);
    await host.clear().catch(() => undefined); // the machine may be what is lost
    return result;
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
function frameOf({ facts, job, steps, actions = [], ahead = [], actionsAhead = [], before }: StepsInput, opened: JobHost, secrets: JobSecrets, containers: HostFacts['jobContext'] = {}): Frame {
  const values = secretsOfCalls(secrets.values, facts.run.secrets ?? []);
  const host: HostFacts = {
    secrets: values, hashFiles: opened.hashes.hashFiles, runner: opened.runner, jobContext: containers,
    github: { ...opened.github, token: values['GITHUB_TOKEN'] ?? '' },
  };
  const named = [...actions, ...actionsAhead];
  const names = new Map([...steps, ...ahead].map(({ address, id }, i) => [address as string, named[i] || (id ?? '__run')]));
  const frame = new Frame(facts.job, facts, host, jobEnvironment(facts, job.env, host), [], undefined, 0, names);
  frame.add(...before.map(secrets.unsealed));
  return frame;
}

/** Of the job itself, where `view` and the report show it. */
function warn(id: StepLogId, message: string): void {
  const writer = fileLogStore().open(id);
  writer.annotate({ level: 'warning', message });
  writer.close();
}

/** A line in a log that nobody has open. */
function noteOnce(id: StepLogId, text: string): void {
  const writer = fileLogStore().open(id);
  writer.line(text);
  writer.close();
}
