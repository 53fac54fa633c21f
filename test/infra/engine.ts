/** What the tests of this folder need of a Docker engine: whether there is one, and a small image that stays up. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { parseClusterName, type ClusterName } from '../../language/ids.js';

export const docker = new Docker();

/** Whether an engine answers; tests are skipped where none does. */
export const engineAnswers: boolean = await docker.ping().then(() => true, () => false);

/** One for each test file that runs. */
export const STUB_IMAGE = `fleetwright-test/stub:${randomBytes(5).toString('hex')}`;

/** A name that no other test or cluster has. */
export function uniqueCluster(): ClusterName {
  return parseClusterName(`test-${randomBytes(5).toString('hex')}`);
}

/** An image with nothing but `sleep`, of this host's own files: no download. */
export function makeStubImage(): Promise<void> {
  return importPrograms(STUB_IMAGE, ['sleep'], ['ENTRYPOINT ["/bin/sleep","3600"]']);
}

/**
 * An image of this host's own programs, in /bin, and the libraries that they need.
 * @param needed programs whose libraries alone are put in, by their paths. @default none
 */
export async function importPrograms(image: string, programs: readonly string[], changes: readonly string[] = [], needed: readonly string[] = []): Promise<void> {
  const paths = programs.map((name) => [name, execFileSync('which', [name], { encoding: 'utf8' }).trim()] as const);
  const libraries = [...paths.map(([, path]) => path), ...needed].flatMap((path) => [...execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+) \(/g)].map((match) => match[1] ?? ''));
  const archive = pack();
  for (const folder of ['var', 'var/lib', 'tmp', 'run', 'bin']) archive.entry({ name: `${folder}/`, type: 'directory', mode: 0o755 });
  for (const [name, path] of paths) archive.entry({ name: `bin/${name}`, mode: 0o755 }, await readFile(await realpath(path)));
  for (const folder of new Set(libraries.map((library) => dirname(library)))) archive.entry({ name: `${folder.slice(1)}/`, type: 'directory', mode: 0o755 });
  for (const library of new Set(libraries)) archive.entry({ name: library.slice(1), mode: 0o755 }, await readFile(await realpath(library)));
  archive.finalize();
  const [repo, tag] = image.split(':');
  const progress = await docker.importImage(Readable.from([await buffer(archive)]) as unknown as string, {
    repo, tag, changes,
  }) as unknown as NodeJS.ReadableStream;
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())));
}

export async function removeStubImage(): Promise<void> {
  await docker.getImage(STUB_IMAGE).remove({ force: true });
}

/** Whether the engine has the image. */
export async function hasImage(name: string): Promise<boolean> {
  return docker.getImage(name).inspect().then(() => true, () => false);
}

/** All that carries a cluster's label, as `container NAME`, `volume NAME`, `network NAME`. */
export async function thingsOf(cluster: ClusterName): Promise<readonly string[]> {
  const filters = { label: [`fleetwright.cluster=${cluster}`] };
  const [containers, volumes, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }), docker.listVolumes({ filters }), docker.listNetworks({ filters }),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names[0]?.slice(1)}`),
    ...volumes.Volumes.map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ].sort();
}
