/** A folder of this host on the job's: an action that runs there, a checkout that was made here. */
import { posix } from 'node:path';
import { descend } from './descend.js';
import type { Files } from './files.js';
import { localFiles } from './localFiles.js';

/**
 * Writes all that is in the folder, symbolic links as such, over what is there.
 * @param from absolute, on this host @param to absolute, on that of `files`
 * @throws InvalidInputError when a link there leads out of `to`; errors of the host; the signal's reason
 */
export async function carryFolder(from: string, files: Files, to: string, signal?: AbortSignal): Promise<void> {
  const local = localFiles();
  const tar = local.pack(await descend(local, from, ''), { follow: false, signal });
  await files.unpack(tar, { target: (name) => posix.join(to, name), inside: [to], linksMayLeave: true, signal });
}
