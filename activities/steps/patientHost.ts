/**
 * A machine as the host of steps, held on to: a connection that is lost is made again, for as long as it is likely that somebody will answer.
 * What is asked of a host may be asked again, so nothing is done twice by that.
 */
import type { StepHost } from '../../infra/script/host.js';
import type { TryEnd } from '../../infra/script/journal.js';
import { openTransportHost } from '../../infra/script/sshHost.js';
import { processFolder } from '../../infra/script/stepFiles.js';
import type { JobFolder } from '../../infra/script/folders.js';
import type { StepLog } from '../../infra/logStore.js';
import type { Transport } from '../../infra/transport.js';
import type { Runner } from '../runner.js';
import { PATIENCE, withRunner, type PatienceTimes } from './withRunner.js';

export interface PatientHostOptions {
  readonly open: (signal: AbortSignal) => Promise<Runner>;
  readonly job: JobFolder;
  /** Ends the waiting for a machine that does not answer. */
  readonly signal: AbortSignal;
  readonly log: Pick<StepLog, 'line'>;
  /** @default 5 minutes */
  readonly times?: PatienceTimes | undefined;
}

/** @returns the host, and a transport to it for what is no step's, which is held on to in the same way */
export function openPatientHost({ open, job, signal, log, times = PATIENCE }: PatientHostOptions): { readonly host: StepHost; readonly transport: Transport } {
  let held: Runner | undefined;
  const reopen = async (until: AbortSignal): Promise<Runner> => {
    const runner = held ?? await open(until);
    held = runner;
    return { ...runner, release: () => undefined };
  };
  const drop = (): void => {
    held?.release();
    held = undefined;
  };
  const use = <T>(work: (transport: Transport) => Promise<T>, until = signal): Promise<T> =>
    withRunner(reopen, async (transport) => work(transport), { signal: until, log, times, onLost: drop });
  const on = <T>(work: (host: StepHost) => Promise<T>, until = signal): Promise<T> => use((transport) => work(openTransportHost({ transport, job })), until);
  const host: StepHost = {
    job,
    journal: (name) => processFolder(job, name),
    start: (process) => on((there) => there.start(process)),
    state: (name) => on((there) => there.state(name)),
    follow: (name, from, onChunk, until): Promise<TryEnd> => {
      let at = from;
      return on((there) => there.follow(name, at, (chunk) => { at += chunk.length; return onChunk(chunk); }, until), AbortSignal.any([signal, until]));
    },
    read: (name, file, limit) => on((there) => there.read(name, file, limit)),
    stop: (name, stopTimes) => on((there) => there.stop(name, stopTimes)),
    forget: (name) => on((there) => there.forget(name)),
    end: (stopTimes) => on((there) => there.end(stopTimes)),
    clear: () => on((there) => there.clear()),
    close: drop,
  };
  const transport: Transport = {
    exec: (argv, options) => use((there) => there.exec(argv, options)),
    connectUnix: (path) => use((there) => there.connectUnix(path)),
    connectTcp: (name, port) => use((there) => there.connectTcp(name, port)),
    writeFile: (path, content, options) => use((there) => there.writeFile(path, content, options)),
    close: drop,
  };
  return { host, transport };
}
