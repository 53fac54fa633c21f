/**
 * Images on the machines.
 *
 * 1. What counts is what the registry has: a machine that has another image under a name, or none, gets it.
 * 2. A machine without any image takes them from the volume that machines of the same host share, which is filled first where it is not; it is
 *    a cache: a machine that gets nothing out of it pulls.
 */
import { TransientError } from '../infra/errors.js';
import { machineImages } from '../infra/docker/onMachine.js';
import { type ImageName, machinesReference } from '../infra/images/catalogue.js';
import type { PublishedDigest } from '../infra/images/publishImages.js';
import type { Transport } from '../infra/transport.js';
import { waitFor } from '../infra/wait.js';
import type { Attendance } from './attend.js';
import { BOOT_PATIENCE_MS, type Machines } from './cluster.js';

export interface LoadRequest {
  /** What the registry has. */
  readonly images: readonly PublishedDigest[];
  /** Lays the images where machines without any find them when their Docker starts. @returns whether they are there */
  readonly share: () => Promise<boolean>;
  /** Has a machine fetch one from elsewhere. @default it pulls from the cluster's registry */
  readonly fetch?: ((machine: Transport, name: ImageName) => Promise<void>) | undefined;
}

/** A pull on a slow disk, all machines at once. */
const PULL_TIMEOUT_MS = 10 * 60_000;
/** Between two tries while a machine's Docker engine still starts. */
const RETRY_MS = 200;

interface Machine {
  readonly name: string;
  readonly transport: Transport;
  /** Its images: references, and the ids that they stand for. */
  readonly has: ReadonlyMap<string, string>;
}

/** Gives every machine the registry's images. @returns whether one lacked any @throws TransientError */
export async function loadImages(machines: Machines, request: LoadRequest, attendance: Attendance): Promise<boolean> {
  const look = async (name: string, transport: Transport): Promise<Machine> => ({ name, transport, has: await imagesOf(name, transport, attendance) });
  const found = await Promise.all(machines.servers.map(async (server) => look(server.name, await machines.at(server))));
  const empty = found.filter(({ has }) => has.size === 0);
  if (empty.length > 0 && await request.share()) {
    await Promise.all(empty.map(({ transport }) => restartDocker(transport, attendance)));
  }
  const pulls = found.map(async (machine) => {
    const now = machine.has.size === 0 ? await look(machine.name, machine.transport) : machine;
    const lacking = request.images.filter((image) => !has(now, image));
    if (lacking.length === 0) attendance.log.line(`${machine.name}: ${machine === now ? 'has the images' : 'shares the images'}`);
    for (const { name } of lacking) await (request.fetch ? fetched(machine, name, request.fetch, attendance) : pull(machine, machinesReference(name), attendance));
    return lacking.length > 0 || machine !== now;
  });
  return (await Promise.all(pulls)).includes(true);
}

function has({ has: images }: Machine, { name, id }: PublishedDigest): boolean {
  return id !== undefined && images.get(`${machinesReference(name)}:latest`) === id;
}

/** Docker takes the shared images over as it starts. */
async function restartDocker(machine: Transport, { signal }: Attendance): Promise<void> {
  await machine.exec(['sudo', '-n', 'systemctl', 'restart', 'docker.service'], { timeoutMs: BOOT_PATIENCE_MS, signal });
}

/** A machine's images as soon as its Docker answers: references with their tags, and the ids that they stand for. @throws TransientError */
export async function imagesOf(name: string, machine: Transport, { signal }: Attendance): Promise<ReadonlyMap<string, string>> {
  let problem = '';
  const look = async (): Promise<ReadonlyMap<string, string> | undefined> => {
    try {
      return await machineImages(machine, { signal });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      problem = error.message;
      // A connection that is lost does not come back: it throws.
      await machine.exec(['true'], { timeoutMs: BOOT_PATIENCE_MS, signal });
      return undefined;
    }
  };
  const listed = await waitFor(look, { timeoutMs: BOOT_PATIENCE_MS, intervalMs: RETRY_MS, signal });
  if (listed === undefined) throw new TransientError(`Docker on ${name} does not answer: ${problem}`);
  return listed;
}

async function fetched({ name: machine, transport }: Machine, name: ImageName, fetch: NonNullable<LoadRequest['fetch']>, { log }: Attendance): Promise<void> {
  await fetch(transport, name);
  log.line(`${machine}: fetched ${name} from the registry that was named`);
}

async function pull(machine: Machine, image: string, { signal, log }: Attendance): Promise<void> {
  let problem = '';
  const pulled = await waitFor(
    async () => {
      const { exitCode, stderr } = await machine.transport.exec(['docker', 'pull', '--quiet', image], { timeoutMs: PULL_TIMEOUT_MS, signal });
      problem = stderr.trim();
      return exitCode === 0 || undefined;
    },
    { timeoutMs: BOOT_PATIENCE_MS, intervalMs: RETRY_MS, signal },
  );
  if (!pulled) throw new TransientError(`${machine.name} could not pull ${image}: ${problem}`);
  log.line(`${machine.name}: pulled ${image}`);
}
