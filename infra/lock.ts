/** A lock between processes of one host. It belongs to a process, so it ends with it: kill -9 leaves nothing to clean up. */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TransientError } from './errors.js';
import { isAlive, processId, type ProcessId } from './processId.js';
import { waitFor } from './wait.js';

export interface LockOptions {
  /** Milliseconds to wait for another holder. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once, when another process holds the lock. */
  readonly onWait?: ((holderPid: number) => void) | undefined;
}

interface Holder extends ProcessId {
  /** One acquisition: two by one process differ. */
  readonly token: string;
}

/** A breaker that died between two system calls: nothing holds this for longer. */
const BREAKER_STALE_MS = 10_000;

/**
 * Does the work while this process holds the lock file. Not reentrant.
 * @throws TransientError when another process holds it for longer than `timeoutMs`; what the work throws
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own: Holder = { ...(processId(process.pid) ?? { pid: process.pid, start: '' }), token: randomUUID() };
  await acquire(path, own, options);
  try {
    return await work();
  } finally {
    if (readHolder(path)?.token === own.token) rmSync(path, { force: true });
  }
}

async function acquire(path: string, own: Holder, options: LockOptions): Promise<void> {
  let told = false;
  const look = (): true | undefined => {
    if (claim(path, own)) return true;
    const holder = readHolder(path);
    if (holder && !isAlive(holder)) breakLock(path, holder);
    if (claim(path, own)) return true;
    if (holder && !told) options.onWait?.(holder.pid);
    told ||= holder !== undefined;
    return undefined;
  };
  const timeoutMs = options.timeoutMs ?? 60_000;
  if (await waitFor(look, { timeoutMs, intervalMs: 50, signal: options.signal })) return;
  throw new TransientError(`process ${readHolder(path)?.pid ?? '?'} has held ${path} for more than ${Math.round(timeoutMs / 1000)} s`);
}

/** Takes the lock when it is free: link(2) makes the file with its content in one step, or fails. */
function claim(path: string, own: Holder): boolean {
  const draft = `${path}.${own.token}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes the lock of a holder that is dead. Two that saw the same dead holder must not remove twice (the second would remove
 * the first one's new lock), so only one at a time may break, and it looks again before it does.
 */
function breakLock(path: string, dead: Holder): void {
  const breaker = `${path}.break`;
  try {
    writeFileSync(breaker, '', { flag: 'wx', mode: 0o600 });
  } catch {
    const age = Date.now() - (statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > BREAKER_STALE_MS) rmSync(breaker, { force: true });
    return;
  }
  try {
    if (readHolder(path)?.token === dead.token) rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
