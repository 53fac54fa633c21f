/** A folder of one host on another: an action that runs on the job's, a checkout that was made here, an action of the job's workspace. */
import { posix } from 'node:path';
import { descend } from './descend.js';
import type { Files } from './files.js';
import { localFiles } from './localFiles.js';

/**
 * Writes all that is in the folder, symbolic links as such, over what is there.
 * @param from absolute, on the host of `of` @param to absolute, on that of `files` @param of @default this host's
 * @throws InvalidInputError when a link there leads out of `to`; errors of the host; the signal's reason
 */
export async function carryFolder(from: string, files: Files, to: string, signal?: AbortSignal, of: Files = localFiles()): Promise<void> {
  const tar = of.pack(await descend(of, from, ''), { follow: false, signal });
  await files.unpack(tar, { target: (name) => posix.join(to, name), inside: [to], linksMayLeave: true, signal });
}
