/** What a machine's own Docker engine has, asked at its socket: a `docker` command would cost the machine ten times as much. */
import { TransientError } from '../errors.js';
import { httpOverStream } from '../streamHttp.js';
import type { Transport } from '../transport.js';

export interface AskOptions {
  /** Of each request, in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A running container. */
export interface MachineContainer {
  readonly name: string;
  /** The image's name, as the container was started with it. */
  readonly image: string;
  /** `sha256:` and 64 digits: what that name stood for then. */
  readonly imageId: string;
}

const SOCKET = '/var/run/docker.sock';
const NAMELESS = '<none>:<none>';

/** Its images: names with their tags, and the ids that they stand for. All without a name count as one, `<none>:<none>`. @throws TransientError */
export async function machineImages(machine: Transport, options: AskOptions = {}): Promise<ReadonlyMap<string, string>> {
  const images = await ask<readonly { readonly Id: string; readonly RepoTags: readonly string[] | null }[]>(machine, '/images/json', options) ?? [];
  return new Map(images.flatMap(({ Id, RepoTags }) => (RepoTags?.length ? RepoTags : [NAMELESS]).map((name) => [name, Id] as const)));
}

/** Its running containers. @throws TransientError */
export async function machineContainers(machine: Transport, options: AskOptions = {}): Promise<readonly MachineContainer[]> {
  const listed = await ask<readonly Listed[]>(machine, '/containers/json', options) ?? [];
  const containers = await Promise.all(listed.map(async ({ Id, Names, Image, ImageID }) => {
    const image = Image === ImageID ? await startedWith(machine, Id, options) : Image;
    return image === undefined ? [] : [{ name: (Names[0] ?? '').replace(/^\//, ''), image, imageId: ImageID }];
  }));
  return containers.flat();
}

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
}

/** The list names the image by its id once its name stands for another one. Undefined for a container that has gone meanwhile. */
async function startedWith(machine: Transport, id: string, options: AskOptions): Promise<string | undefined> {
  return (await ask<{ readonly Config: { readonly Image: string } }>(machine, `/containers/${id}/json`, options))?.Config.Image;
}

/** Undefined where there is no such thing. */
async function ask<T>(machine: Transport, path: string, { timeoutMs = 30_000, signal }: AskOptions): Promise<T | undefined> {
  const connect = () => machine.connectUnix(SOCKET);
  const { status, text } = await httpOverStream({ connect, method: 'GET', path, host: 'docker', timeoutMs, ...(signal ? { signal } : {}) });
  if (status === 404) return undefined;
  if (status !== 200) throw new TransientError(`Docker answers GET ${path} with ${status}: ${text.trim()}`);
  return JSON.parse(text) as T;
}
