/** Waits until a job's containers can be used. */
import type Docker from 'dockerode';
import { engineCall } from '../docker/engineCall.js';
import { PermanentError } from '../errors.js';
import { waitFor } from '../wait.js';
import type { JobContainersRequest } from './types.js';

type Job = Pick<JobContainersRequest, 'log' | 'mask' | 'signal'>;

/** GitHub's runner waits until the job's time is over; ours says so earlier. */
const HEALTH_MS = 15 * 60_000;
const LOOK_MS = 500;
const TAIL_LINES = 30;

/**
 * A service with a health check must become healthy; one without must only have been started: when it has ended, that is a warning, as on GitHub.
 * @throws PermanentError with the container's last lines when it is unhealthy
 */
export async function awaitService(docker: Docker, name: string, id: string, job: Job): Promise<void> {
  let said = '';
  const status = await waitFor(async () => {
    const { State } = await inspect(docker, id, job);
    const health = State.Health?.Status ?? 'none';
    if (health !== said) job.log(health === 'none' ? `${name} is started` : `${name} is ${health}`);
    said = health;
    if (health !== 'none' && health !== '' && !State.Running) return 'ended';
    return health === 'starting' ? undefined : health;
  }, { timeoutMs: HEALTH_MS, intervalMs: LOOK_MS, signal: job.signal });
  if (status === 'healthy') return;
  if (status === 'none' || status === '') return warnIfEnded(docker, name, id, job);
  const why = status === 'unhealthy' ? 'is unhealthy' : status === 'ended' ? 'has ended before it was healthy' : `was still starting after ${HEALTH_MS / 60_000} min`;
  throw new PermanentError(
    `the service ${name} ${why}${await tail(docker, id, job)}`,
    'Its log says why; a slow start needs a longer --health-start-period or more --health-retries in its options.',
  );
}

/** @throws PermanentError with its last lines when it does not run */
export async function requireRunning(docker: Docker, id: string, job: Job): Promise<void> {
  const { State } = await inspect(docker, id, job);
  if (State.Running) return;
  throw new PermanentError(
    `the job's container has ended with ${State.ExitCode}${State.Error ? ` (${State.Error})` : ''}${await tail(docker, id, job)}`,
    'Its image must have `tail`, which keeps it up; the options must leave it enough memory.',
  );
}

async function warnIfEnded(docker: Docker, name: string, id: string, job: Job): Promise<void> {
  const { State } = await inspect(docker, id, job);
  if (!State.Running) job.log(`warning: the service ${name} has ended with ${State.ExitCode}${await tail(docker, id, job)}`);
}

function inspect(docker: Docker, id: string, { signal }: Job): Promise<Docker.ContainerInspectInfo> {
  return engineCall('look at a container of the job', () => docker.getContainer(id).inspect(), { signal });
}

/** What it printed last, on lines of their own. */
async function tail(docker: Docker, id: string, { mask, signal }: Job): Promise<string> {
  const log = await engineCall('read a container\'s log', (abortSignal) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, tail: TAIL_LINES, follow: false, abortSignal }), { signal }).catch(() => Buffer.alloc(0));
  const text = plain(log as Buffer).trimEnd();
  return text === '' ? ', and printed nothing' : `; it printed last:\n${mask(text)}`;
}

/** Without a terminal the engine puts 8 bytes before each piece: stream, three zeros, length. */
export function plain(log: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + 8 <= log.length && log[at]! <= 2 && log.readUIntBE(at + 1, 3) === 0) {
    const length = log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(at === 0 ? [log] : pieces).toString('utf8');
}
