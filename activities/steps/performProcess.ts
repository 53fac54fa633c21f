/** A step's work that is one process: from what to run to how the step ended, with what its files and commands handed over. */
import type { RetryPlan } from '../../language/plan.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import type { StopTimes } from '../../infra/script/stop.js';
import { readHandOver, type HandOver } from './handOver.js';
import type { Interrupts } from './interrupts.js';
import type { CommandResults, StepOutput } from './output.js';
import { runProcess, type ProcessEnd } from './processRunner.js';
import { cancelledEnd, failed, LINGERS, type Performed, type StepEnd } from './stepEnd.js';

/** What of a step says how its process is watched. */
export interface Watch {
  readonly startedAt: number;
  /** Milliseconds. @default the job's time */
  readonly timeoutMs?: number | undefined;
  readonly outlivesCancel: () => boolean;
  /** Milliseconds after which it may be left running. @default never */
  readonly lingerMs?: number | undefined;
  /** Ends it as a cancel does. */
  readonly stop?: AbortSignal;
}

export interface ProcessPlace {
  readonly host: StepHost;
  /** The process in the job's container; as it is where there is none. */
  readonly wrap: (process: StepProcess) => StepProcess;
  /** Ends by force what a process left running in the job's container. */
  readonly endIn: (journal: string) => Promise<void>;
  readonly interrupts: Interrupts;
  readonly stopTimes: StopTimes;
}

export interface ProcessRequest {
  /** The journal's folder without the try's number. */
  readonly name: string;
  readonly process: (name: string, journal: string) => StepProcess;
  readonly retry?: RetryPlan | undefined;
  readonly watch: Watch;
  readonly output: StepOutput;
  /** It is no process of the job's container. @default false */
  readonly outside?: boolean;
  /** Called when the process was ended by us, with its journal's folder. */
  readonly cleanUp?: (journal: string) => Promise<void>;
}

/** @throws what `runProcess` throws */
export async function performProcess(request: ProcessRequest, { host, interrupts, stopTimes, wrap, endIn }: ProcessPlace): Promise<Performed> {
  const { name, retry, watch, output, outside = false } = request;
  const process = (name: string, journal: string): StepProcess => (outside ? request.process(name, journal) : wrap(request.process(name, journal)));
  const end = await runProcess({ name, process, retry, ...watch, output, note: (line) => output.tryAgain(line) }, host, interrupts, stopTimes);
  if (end.kind === 'lingers') return LINGERS;
  if (end.kind === 'stopped') await (request.cleanUp ?? endIn)(host.journal(end.name));
  const files = await readHandOver(host, end.name);
  for (const name of files.refused) output.error(`Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
  const commands = await output.finish(files.summary);
  const handedOver = { ...join(files, commands), forget: () => host.forget(end.name) };
  const why = problemOf(end, watch, retry) ?? files.problem ?? commands.failure;
  if (why === undefined) return { ...handedOver, outcome: 'success' };
  if (end.kind === 'stopped' && end.why === 'cancelled') return cancelledEnd({ ...handedOver, error: why });
  output.note(why);
  return failed(`${why}${output.tail()}`, handedOver);
}

function join(files: HandOver, commands: CommandResults): Omit<StepEnd, 'outcome' | 'error'> {
  return {
    outputs: { ...commands.outputs, ...files.outputs },
    env: { ...commands.env, ...files.env },
    path: [...files.path, ...commands.path],
    state: { ...commands.state, ...files.state },
  };
}

function problemOf(end: Exclude<ProcessEnd, { kind: 'lingers' }>, { timeoutMs }: Watch, retry: RetryPlan | undefined): string | undefined {
  switch (end.kind) {
    case 'ended':
      return end.exitCode === 0 ? undefined : `the process exited with ${end.exitCode}`;
    case 'cut short':
      return `the process was cut short: it is gone and left no exit code, as when the host stops${retry ? '' : '. It is not run again unless the step has a retry'}`;
    case 'stopped': {
      const left = end.left.length === 0 ? '' : `; could not be ended: processes ${end.left.join(', ')}`;
      if (end.why === 'cancelled') return `cancelled${left}`;
      return `it was still running after ${seconds(timeoutMs ?? 0)}, the longest it may take (timeout-minutes)${left}`;
    }
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
