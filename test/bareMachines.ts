/** Bare Debian machines for tests: containers with systemd and sshd, and nothing of a cluster on them. */
import { readFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { followProgress } from '../infra/docker/client.js';
import { packagePath } from '../infra/paths.js';
import { localProvider } from '../infra/providers/local/provider.js';
import { numberedNames, type Server } from '../infra/provider.js';
import { parseRunId, type ClusterName } from '../language/ids.js';

export const BARE_IMAGE = 'fleetwright-test/bare:latest';

/** Builds the image: apt's downloads once, then from the engine's cache. */
export async function buildBareImage(docker: Docker): Promise<void> {
  const context = pack();
  context.entry({ name: 'Dockerfile' }, await readFile(packagePath('test/infra/fixtures/bare-machine/Dockerfile')));
  context.entry({ name: 'boot', mode: 0o755 }, await readFile(packagePath('docker-images/machine/boot')));
  context.finalize();
  await followProgress(await docker.buildImage(Readable.from([await buffer(context)]) as NodeJS.ReadableStream, { t: BARE_IMAGE }), () => undefined);
}

/** Boots so many as the provider local would, on a network of their own; `removeBareMachines` removes them. The users `admin` and `careful` have the key. */
export async function bootBareMachines(docker: Docker, lab: ClusterName, count: number, publicKey: string): Promise<readonly Server[]> {
  const provider = localProvider(docker, { image: BARE_IMAGE });
  const tags = { cluster: lab, run: parseRunId('lab/bare#1'), discoveryUrl: '' };
  const servers = await Promise.all(numberedNames(count).map((name) => provider.ensureServer({ name, tags, userData: '', publicKey })));
  await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', ALLOW, 'sh', publicKey)));
  return servers;
}

export async function removeBareMachines(docker: Docker, lab: ClusterName): Promise<void> {
  await localProvider(docker).deleteCluster(lab);
}

/** Runs a command in the machine past SSH; gives what it printed. */
export async function onMachine(docker: Docker, { id }: Pick<Server, 'id'>, ...Cmd: string[]): Promise<string> {
  const run = await docker.getContainer(id).exec({ Cmd, AttachStdout: true, AttachStderr: true });
  const stream = await run.start({});
  const out = new PassThrough();
  docker.modem.demuxStream(stream, out, out);
  stream.on('end', () => out.end());
  return (await buffer(out)).toString().trim();
}

const ALLOW = `for user in root admin careful; do
  home=$(getent passwd $user | cut -d: -f6)
  install -d -m 700 -o $user -g $user $home/.ssh
  printf '%s\\n' "$1" > $home/.ssh/authorized_keys
  chown $user:$user $home/.ssh/authorized_keys
done`;
