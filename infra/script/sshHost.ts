/** A machine over a transport as where steps run: each call is a program of the journal there (`programs.ts`). */
import { posix } from 'node:path';
import { TransientError } from '../errors.js';
import type { Transport } from '../transport.js';
import type { JobFolder } from './folders.js';
import type { ProcessState, StepHost } from './host.js';
import { followTry, launchTry, prepareStep, readEnvironmentFile, whyNotWritable } from './journal.js';
import { CLEAR, FOLLOWED, FORGET, STATE } from './programs.js';
import { resultLost, runProgram, SHORT_MS } from './runProgram.js';
import { processFolder, stepFiles } from './stepFiles.js';
import { stopJob, stopTry } from './stop.js';

const STATES = new Map<number | null, ProcessState>([
  [FOLLOWED.ended, 'ended'], [FOLLOWED.gone, 'cut short'], [FOLLOWED.running, 'running'], [FOLLOWED.absent, 'absent'],
]);

export interface TransportHostOptions {
  /** Stays the caller's: `close` leaves it open. */
  readonly transport: Transport;
  readonly job: JobFolder;
}

/** Opens nothing by itself: each call throws TransientError when the machine cannot be reached. */
export function openTransportHost({ transport, job }: TransportHostOptions): StepHost {
  const journal = (name: string): string => processFolder(job, name);
  const state = (name: string): Promise<ProcessState> => stateOf(transport, journal(name));
  return {
    job,
    journal,
    state,
    start: async (process) => {
      const folder = journal(process.name);
      const files = stepFiles(process, folder);
      if ((await state(process.name)) !== 'absent') return;
      await prepareStep(transport, job, folder, files);
      await launchTry(transport, folder);
    },
    follow: async (name, from, onChunk, signal) => {
      const end = await followTry(transport, journal(name), from, onChunk, signal);
      const why = end === 'cut short' ? await whyNotWritable(transport, journal(name)) : undefined;
      if (why !== undefined) throw resultLost(journal(name), why);
      return end;
    },
    read: (name, file, limit) => readEnvironmentFile(transport, journal(name), file, limit),
    stop: async (name, times) => ((await state(name)) === 'absent' ? [] : stopTry(transport, journal(name), times)),
    forget: async (name) => {
      await runProgram(transport, FORGET, [journal(name), 'log', 'script', 'command']);
    },
    end: (times) => stopJob(transport, job.steps, times),
    clear: async () => {
      await runProgram(transport, CLEAR, [job.steps]);
    },
    close: () => undefined,
  };
}

async function stateOf(transport: Transport, folder: string): Promise<ProcessState> {
  const { exitCode, stderr } = await transport.exec(['sh', '-c', STATE, 'sh', folder], { timeoutMs: SHORT_MS });
  const state = STATES.get(exitCode);
  if (state === undefined) throw new TransientError(`the step in ${posix.basename(folder)} could not be looked at (${exitCode ?? 'a signal'}): ${stderr.trim().slice(-500)}`);
  return state;
}
