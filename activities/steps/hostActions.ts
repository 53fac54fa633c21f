/** What actions and expressions need of a job's host beside processes: files, hashes, actions of its workspace, and the Node that runs them. */
import { mkdir, realpath, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { folderName, type JobFolder } from '../../infra/script/folders.js';
import type { Transport } from '../../infra/transport.js';
import { carryFolder } from '../../infra/uses/carry.js';
import type { Files } from '../../infra/uses/files.js';
import { hashFilesThere } from '../../infra/uses/hashFiles.js';
import { localFiles } from '../../infra/uses/localFiles.js';
import { remoteFiles } from '../../infra/uses/remoteFiles.js';
import { remoteSums } from '../../infra/uses/remoteSums.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import { type Hashes, localHashes, remoteHashes } from './hashes.js';

export interface HostActions {
  /** The host's files as they are now, for one action that is built in. */
  readonly files: () => Files;
  /** The action where the host's processes can read it. */
  readonly carry: (action: ResolvedAction) => Promise<ResolvedAction>;
  /** A folder of this host that holds what the path of the workspace does, under the same path. */
  readonly mirror: (path: string) => Promise<string>;
  readonly hashes: Hashes;
  /** The Node that runs JavaScript actions there. */
  readonly node: string;
  /** Why that Node is not there, with a remedy; undefined when it is. @param searched folders before PATH */
  readonly withoutNode: (searched: readonly string[]) => Promise<string | undefined>;
}

/** Of the worker's own host. */
export function workerActions({ workspace }: Pick<JobFolder, 'workspace'>): HostActions {
  return {
    files: localFiles, carry: async (action) => action, mirror: async () => workspace, hashes: localHashes(workspace), node: process.execPath, withoutNode: async () => undefined,
  };
}

export interface MachineOptions {
  readonly name: string;
  readonly transport: Transport;
  /** The job's folders there. */
  readonly job: JobFolder;
  /** A folder of this host for copies of actions of the workspace. */
  readonly copies: string;
  readonly signal: AbortSignal;
}

/** Whether there is a `node`, also in the folders `$1` that steps have put before PATH. */
const HAS_NODE = 'PATH=${1:+$1:}$PATH; command -v node >/dev/null';

/** Of a machine. */
export function machineActions({ name, transport, job, copies, signal }: MachineOptions): HostActions {
  const files = (): Files => remoteFiles({ transport, temp: job.temp });
  const mirror = mirrorOf({ files, workspace: job.workspace, copies, signal });
  return {
    files,
    carry: async (action) => {
      const there = mirror.original(action.folder);
      if (there !== undefined) return { ...action, folder: there };
      const folder = posix.join(job.temp, '_actions', folderName(`${action.repository ?? ''}@${action.commit ?? action.folder}`), posix.basename(action.folder));
      await carryFolder(action.folder, files(), folder, signal);
      return { ...action, folder };
    },
    mirror: mirror.copy,
    hashes: remoteHashes((patterns) => hashFilesThere(patterns, { workspace: job.workspace, files: files(), sums: (paths) => remoteSums(transport, paths, signal) })),
    node: 'node',
    withoutNode: async (searched) => {
      const { exitCode } = await transport.exec(['sh', '-c', HAS_NODE, 'sh', searched.join(':')], { timeoutMs: 30_000 });
      if (exitCode === 0) return undefined;
      return `JavaScript actions need Node, and ${name} has none\n  Install it in a step before (sudo apt-get install -y nodejs), or let the job run on the worker's host (runs-on: worker).`;
    },
  };
}

interface Mirror {
  /** Copies what the path of the workspace holds. @returns the copy's root, as if it were the workspace */
  copy(path: string): Promise<string>;
  /** Where on the machine a folder of the copy is; undefined for another folder. */
  original(folder: string): string | undefined;
}

function mirrorOf({ files, workspace, copies, signal }: Pick<HostActions, 'files'> & Pick<MachineOptions, 'copies' | 'signal'> & Pick<JobFolder, 'workspace'>): Mirror {
  let root = copies;
  return {
    copy: async (path) => {
      await mkdir(copies, { recursive: true });
      root = await realpath(copies);
      const [from, to] = [posix.join(workspace, path), posix.join(root, path)];
      if (to !== root && !to.startsWith(`${root}/`)) return root; // nothing is copied for what leads out: it is refused
      await rm(to, { recursive: true, force: true });
      const there = files();
      if ((await there.entry(from, true))?.kind !== 'folder') return root;
      await mkdir(to, { recursive: true });
      await carryFolder(from, localFiles(), to, signal, there);
      return root;
    },
    original: (folder) => (folder === root || folder.startsWith(`${root}/`) ? posix.join(workspace, folder.slice(root.length)) : undefined),
  };
}
