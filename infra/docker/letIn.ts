/** Lets this user use the Docker engine that was installed or started for them. */
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { stateDir } from '../paths.js';
import type { ProgressListener } from '../progressListener.js';
import { HOST_SOCKET } from './find.js';
import { asRoot, runOnHost } from './hostCommand.js';

export interface LetInOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether this process may use the socket. @default what its permissions say */
  readonly mayUse?: (socket: string) => Promise<boolean>;
}

/**
 * Makes this user a member of `docker`, as Docker's manual says, and the owner of the socket: a membership only counts from the next
 * login on, and the socket is made anew by the next boot. Does nothing where the user may use it already.
 * @throws PermanentError when this user may not become root; CommandError when the socket cannot be handed over
 * @see https://docs.docker.com/engine/install/linux-postinstall/
 */
export async function letUserIn(socket: string, options: LetInOptions = {}): Promise<void> {
  const { mayUse = isAllowed, onProgress, signal } = options;
  if (await mayUse(socket)) return;
  const { uid, username } = userInfo();
  onProgress?.(`letting ${username} use the Docker engine: as a member of the group docker, and at once as the owner of ${socket}`);
  const run = async (...argv: string[]): Promise<string> => runOnHost(await asRoot(argv, 'let this user use Docker'), { timeoutMs: 10_000, signal });
  // A user of a directory service is in no file that usermod could change: then it is for this boot alone.
  await run('usermod', '--append', '--groups', 'docker', username).catch((error: unknown) => {
    signal?.throwIfAborted();
    onProgress?.(`${username} did not become a member of the group docker: ${error instanceof Error ? error.message : String(error)}`);
  });
  await run('chown', String(uid), socket);
}

/** Notes that Docker is installed for this user, so that what is cut off meanwhile can be made up for. */
export async function noteInstallation(): Promise<void> {
  await mkdir(dirname(noteFile()), { recursive: true, mode: 0o700 });
  await writeFile(noteFile(), '', { mode: 0o600 });
}

/**
 * Lets this user in where Docker was installed for them and they may not use it: the installation was cut off before that, or the
 * membership does not count yet. An engine that was there before is nobody's to change.
 * @throws as `letUserIn` does
 */
export async function letInstallerIn(socket = HOST_SOCKET, options: LetInOptions = {}): Promise<void> {
  if (await isThere(noteFile()) && await isThere(socket)) await letUserIn(socket, options);
}

function noteFile(): string {
  return stateDir('docker-is-ours');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

function isAllowed(socket: string): Promise<boolean> {
  return access(socket, constants.R_OK | constants.W_OK).then(() => true, () => false);
}
