/** The worker's own host as where steps run: plain file calls and supervisors, so that a step costs next to nothing. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TransientError } from '../errors.js';
import { localTransport } from '../process.js';
import { syncsRecords } from '../sync.js';
import { ENVIRONMENT_FILES } from './environment.js';
import type { JobFolder } from './folders.js';
import type { StepHost, StepProcess } from './host.js';
import { followLocal, stateOf } from './localFollow.js';
import { isClaimed, makeFolder, openStep, readHead, whyNotWritable, writeStep } from './localJournal.js';
import { anyMarked, signalJob } from './processes.js';
import { notKept, resultLost } from './runProgram.js';
import { SpareFiles } from './spareFiles.js';
import { processFolder, stepFiles } from './stepFiles.js';
import { stopAll, stopTry, type StopTimes } from './stop.js';
import { openStarts, type Starts } from './starts.js';
import { SUPERVISORS } from './supervise.js';
import { openSupervisors, type Supervisors } from './supervisors.js';

/** A supervisor that dies between the order and the claim is no reason to give up; one after the other is. */
const GIVE_TRIES = 3;

/** Milliseconds that a supervisor may take from the record of an end to saying so, until it is taken for stopped. */
const SAYS_SO_MS = 1000;

export interface LocalHostOptions {
  readonly job: JobFolder;
  /** Lets go of the host when it is aborted, as `close`. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the job's folders. Several workers may have the same job open; each has supervisors of its own, which end with it, after the steps that
 * they have in hand.
 * @throws PermanentError when the folders cannot be made
 */
export async function openLocalHost({ job, signal }: LocalHostOptions): Promise<StepHost> {
  const starts = syncsRecords() ? openStarts(job.steps) : undefined;
  for (const folder of [job.workspace, job.temp, job.steps, join(job.steps, SUPERVISORS)]) makeFolder(folder);
  const host = new LocalHost(job, openSupervisors(job.steps), starts);
  if (signal?.aborted) host.close();
  else signal?.addEventListener('abort', () => host.close(), { once: true });
  return host;
}

class LocalHost implements StepHost {
  /** The steps that this worker's supervisors have in hand: settled when there is something to look for. */
  private readonly inHand = new Map<string, Promise<void>>();
  private readonly spare = new SpareFiles();

  /** @param starts where records are on the disk before they count */
  constructor(readonly job: JobFolder, private readonly supervisors: Supervisors, private readonly starts: Starts | undefined) {}

  journal(name: string): string {
    return processFolder(this.job, name);
  }

  async start(process: StepProcess): Promise<void> {
    const { name } = process;
    const folder = this.journal(name);
    if (isClaimed(folder) || this.starts?.isOfEarlierBoot(name)) return;
    writeStep(folder, stepFiles(process, folder), this.spare);
    if (process.asAnyUser) openStep(folder);
    this.starts?.note(name);
    for (let tries = 0; tries < GIVE_TRIES; tries++) {
      const answer = await this.supervisors.give(name);
      if (answer.kind === 'claimed') {
        this.inHand.set(name, answer.ended);
        void answer.ended.then(() => this.inHand.delete(name));
        return;
      }
      if (answer.kind === 'taken' || isClaimed(folder)) return;
      if (answer.kind === 'refused') throw notKept(folder, whyNotWritable(folder) ?? 'a file of it could not be written');
    }
    throw new TransientError(`the step ${name} was not started: what starts it on this host was ended ${GIVE_TRIES} times`);
  }

  async state(name: string): ReturnType<StepHost['state']> {
    if (this.starts?.isOfEarlierBoot(name)) return 'cut short';
    const folder = this.journal(name);
    return stateOf(folder, () => anyMarked(folder));
  }

  async follow(name: string, from: number, onChunk: Parameters<StepHost['follow']>[2], signal: AbortSignal): ReturnType<StepHost['follow']> {
    const folder = this.journal(name);
    const ended = this.inHand.get(name);
    const end = await followLocal({ folder, from, onChunk, signal, ended, marked: () => anyMarked(folder) });
    // It says so next; then it is idle, and the next step needs no other one.
    if (ended && end !== 'cut short') await Promise.race([ended, pause(SAYS_SO_MS, undefined, { ref: false })]);
    if (this.starts?.isOfEarlierBoot(name)) return 'cut short';
    const why = end === 'cut short' ? whyNotWritable(folder) : undefined;
    if (why !== undefined) throw resultLost(folder, why);
    return end;
  }

  async read(name: string, file: keyof typeof ENVIRONMENT_FILES, limit: number): Promise<Buffer> {
    return readHead(join(this.journal(name), ENVIRONMENT_FILES[file]), limit);
  }

  async stop(name: string, times: StopTimes): Promise<readonly number[]> {
    const folder = this.journal(name);
    return isClaimed(folder) ? stopTry(localTransport(), folder, times) : [];
  }

  async forget(name: string): Promise<void> {
    const folder = this.journal(name);
    if ((await this.state(name)) === 'running') return;
    rmSync(join(folder, 'log'), { force: true });
    this.spare.keep(folder);
  }

  async end(times: StopTimes): Promise<readonly number[]> {
    const idle = this.supervisors.keepIdle();
    const before = new Set<string>();
    const look = (signal: Parameters<typeof signalJob>[1]): Promise<readonly number[]> => signalJob(this.job.steps, signal, before, idle);
    const left = await stopAll({ send: look, isRunning: async () => (await look('0')).length > 0 }, times);
    await this.supervisors.end(left.length === 0);
    return left;
  }

  async clear(): Promise<void> {
    rmSync(this.job.steps, { recursive: true, force: true, maxRetries: 3 });
  }

  close(): void {
    this.supervisors.release();
    this.starts?.close();
  }
}
