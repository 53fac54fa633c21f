/** The `temporal` executable: found, downloaded or built, once for this user. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidInputError, PermanentError } from '../errors.js';
import { withLock } from '../lock.js';
import { cacheDir } from '../paths.js';
import { downloadTemporal } from './download.js';
import { buildTemporal } from './goBuild.js';

/** Takes one line for a person: what is being done, how long it has taken. */
export type Progress = (line: string) => void;

export interface AcquireOptions {
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The version of Temporal's CLI that we download or build: server 1.29, UI 2.42. Newer ones cannot be built by `go install`. */
export const CLI_VERSION = 'v1.5.1';

const run = promisify(execFile);
const LOCK_TIMEOUT_MS = 45 * 60_000;

/** Where the one that we downloaded or built is. */
export function cachedTemporal(): string {
  return cacheDir('temporal', CLI_VERSION, 'temporal');
}

/**
 * In this order: FLEETWRIGHT_TEMPORAL, the cached one, `temporal` on PATH, Temporal's download, a build through the Go module
 * proxy. Of two processes at once, one downloads or builds and the other waits for it.
 * @returns the path of an executable that has `server start-dev`
 * @throws InvalidInputError when FLEETWRIGHT_TEMPORAL is not one; PermanentError that lists all that was tried
 */
export async function acquireTemporal(options: AcquireOptions = {}): Promise<string> {
  const named = process.env['FLEETWRIGHT_TEMPORAL'];
  if (named) return useNamed(named, options);
  if (isExecutable(cachedTemporal())) return cachedTemporal();
  const tried: string[] = [];
  const onPath = await findOnPath(options, tried);
  if (onPath) return onPath;
  return withLock(cacheDir('temporal', 'acquire.lock'), () => make(options, tried), {
    timeoutMs: LOCK_TIMEOUT_MS, signal: options.signal,
    onWait: (pid) => options.onProgress?.(`waiting for process ${pid}, which is getting the Temporal server`),
  });
}

async function make(options: AcquireOptions, tried: string[]): Promise<string> {
  const target = cachedTemporal();
  if (isExecutable(target)) return target;
  // What a killed process left of its own try.
  await rm(dirname(target), { recursive: true, force: true });
  const ways = [
    ['the download from Temporal', downloadTemporal],
    ['a build through the Go module proxy', buildTemporal],
  ] as const;
  for (const [way, get] of ways) {
    try {
      await get(target, CLI_VERSION, options);
      options.onProgress?.(`the Temporal server is at ${target} (${await versionOf(target, options.signal)})`);
      return target;
    } catch (error) {
      options.signal?.throwIfAborted();
      tried.push(`${way}: ${(error as Error).message}`);
      options.onProgress?.(`${way} did not work: ${firstLine((error as Error).message)}`);
    }
  }
  throw new PermanentError(`there is no Temporal server on this host, and none could be had:\n${tried.map((line) => `  - ${line}`).join('\n')}`,
    'Install the `temporal` command (https://docs.temporal.io/cli), name it in FLEETWRIGHT_TEMPORAL, or use a server that runs: --address HOST:PORT.');
}

async function useNamed(path: string, options: AcquireOptions): Promise<string> {
  try {
    await versionOf(path, options.signal);
    return path;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new InvalidInputError(`FLEETWRIGHT_TEMPORAL: ${path} does not run \`server start-dev\` (${firstLine((error as Error).message)})`,
      "Name Temporal's CLI, or unset it.");
  }
}

async function findOnPath(options: AcquireOptions, tried: string[]): Promise<string | undefined> {
  const found = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean).map((dir) => join(dir, 'temporal')).find(isExecutable);
  if (!found) {
    tried.push('`temporal` on PATH: there is none');
    return undefined;
  }
  try {
    options.onProgress?.(`using ${found} (${await versionOf(found, options.signal)})`);
    return found;
  } catch (error) {
    options.signal?.throwIfAborted();
    tried.push(`${found}: ${firstLine((error as Error).message)}`);
    return undefined;
  }
}

/** Its version, once it has shown that it has `server start-dev` with what we need of it. */
async function versionOf(executable: string, signal: AbortSignal | undefined): Promise<string> {
  const limits = { timeout: 20_000, ...(signal ? { signal } : {}) };
  const { stdout: help } = await run(executable, ['server', 'start-dev', '--help'], limits);
  if (!help.includes('--db-filename') || !help.includes('--search-attribute')) throw new Error('it has no `server start-dev` that keeps a database');
  const { stdout: version } = await run(executable, ['--version'], limits);
  return firstLine(version);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
