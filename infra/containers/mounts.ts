/** Which folders of the host a container sees, and where: as GitHub's runner mounts them. */
import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { InvalidInputError } from '../errors.js';
import type { JobFolder } from '../script/folders.js';

export interface Mount {
  readonly host: string;
  readonly inside: string;
  readonly readOnly?: boolean;
}

export interface MountFolders {
  readonly folders: JobFolder;
  readonly actions?: string | undefined;
  readonly toolCache?: string | undefined;
  /** Of the engine. */
  readonly socket: string;
}

/** Where the Node that runs JavaScript actions is in the job's container. */
export const NODE_INSIDE = '/__e/node/bin/node';
export const HOME_INSIDE = '/github/home';

/** What the job's container sees. The folders are made where they are missing: the engine would make them as root. */
export async function jobMounts({ folders, actions, toolCache, socket }: MountFolders): Promise<readonly Mount[]> {
  const made: readonly Mount[] = [
    { host: folders.temp, inside: '/__w/_temp' },
    { host: folders.steps, inside: '/__w/_steps' },
    { host: posix.join(folders.temp, '_github_home'), inside: HOME_INSIDE },
    { host: posix.join(folders.temp, '_github_workflow'), inside: '/github/workflow' },
    { host: folders.workspace, inside: workspaceInside(folders) },
    ...(actions ? [{ host: actions, inside: '/__w/_actions' }] : []),
    ...(toolCache ? [{ host: toolCache, inside: '/__t' }] : []),
  ];
  await Promise.all(made.map(({ host }) => mkdir(host, { recursive: true })));
  await openToAll(folders);
  return [
    ...made, { host: process.execPath, inside: NODE_INSIDE, readOnly: true },
    ...(existsSync(socket) ? [{ host: socket, inside: '/var/run/docker.sock' }] : []),
  ];
}

/** A container's user need not be the host's. The run's folder above them is its owner's alone; a workspace elsewhere is left as it is. */
async function openToAll({ workspace, temp, steps }: JobFolder): Promise<void> {
  const own = posix.dirname(workspace) === posix.dirname(steps) ? [workspace] : [];
  await chmod(steps, 0o711);
  await Promise.all([...own, temp, posix.join(temp, '_github_home'), posix.join(temp, '_github_workflow')].map((folder) => chmod(folder, 0o777)));
}

/** GitHub's is `/__w/<repository>/<repository>`. */
export function workspaceInside({ workspace }: Pick<JobFolder, 'workspace'>): string {
  const name = posix.basename(workspace).replaceAll(/[^\w.-]/g, '_') || 'workspace';
  return `/__w/${name}/${name}`;
}

/** A path of the host as the container sees it: the innermost mount counts. @returns undefined for what it does not see */
export function pathInside(path: string, mounts: readonly Mount[]): string | undefined {
  const within = mounts.filter(({ host }) => path === host || path.startsWith(`${host}/`)).sort((a, b) => b.host.length - a.host.length);
  const [mount] = within;
  return mount && mount.inside + path.slice(mount.host.length);
}

/** As the engine's `HostConfig.Mounts`: a path may hold any character, colons too. */
export function mountRequest(mounts: readonly Mount[]): { readonly Type: 'bind'; readonly Source: string; readonly Target: string; readonly ReadOnly: boolean }[] {
  return mounts.map(({ host, inside, readOnly = false }) => ({ Type: 'bind', Source: host, Target: inside, ReadOnly: readOnly }));
}

/**
 * `volumes:`: `name:/inside`, `/on/host:/inside`, with `:ro` and its like, and `/inside` for one that ends with the container.
 * @throws InvalidInputError
 */
export function volumeRequest(volumes: readonly string[]): { readonly Binds: string[]; readonly Volumes: Readonly<Record<string, object>> } {
  const [binds, own]: [string[], Record<string, object>] = [[], {}];
  for (const volume of volumes.map((text) => text.trim()).filter(Boolean)) {
    const [source = '', target] = volume.split(':');
    if (target === undefined && source.startsWith('/')) own[source] = {};
    else if (target?.startsWith('/') && /^(?:\/|[A-Za-z0-9][\w.-]*$)/.test(source)) binds.push(volume);
    else throw new InvalidInputError(`volumes: ${JSON.stringify(volume)} is no volume`, 'Say "name:/inside", "/on/host:/inside" or "/inside"; paths are absolute.');
  }
  return { Binds: binds, Volumes: own };
}
