/** What tests look at in a cluster, past the product: the engine, the machines, and all that was written about it. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { stateDir } from '../../infra/paths.js';
import type { ClusterName } from '../../language/ids.js';
import type { Product } from './product.js';

export interface ClusterThings {
  /** Containers, networks and volumes with the cluster's label. */
  list(): Promise<readonly string[]>;
  /** A file in a machine, as root. */
  read(machine: Docker.Container, path: string): Promise<string>;
  destroyUnit(unit: string): Promise<void>;
  /** Names of the unit files that fleet has, sorted. */
  unitFiles(): Promise<readonly string[]>;
  /** The ids of the images that the machines' containers run, by the names of the containers. */
  runningImages(): Promise<ReadonlyMap<string, string>>;
  /** Units, unit files, the inspection of every container, all logs and files of the state folder but keys, and every history, as text. */
  everythingSaid(product: Product): Promise<string>;
}

export function clusterThings(docker: Docker, cluster: ClusterName): ClusterThings {
  const filters = { label: [`fleetwright.cluster=${cluster}`] };
  const exec = async (machine: Docker.Container, ...Cmd: string[]): Promise<string> => {
    const run = await machine.exec({ Cmd, AttachStdout: true, AttachStderr: true });
    const stream = await run.start({});
    const out = new PassThrough();
    docker.modem.demuxStream(stream, out, new PassThrough());
    stream.on('end', () => out.end());
    let text = '';
    for await (const chunk of out) text += String(chunk);
    return text;
  };
  const machines = async (): Promise<Docker.Container[]> =>
    (await docker.listContainers({ filters: { label: [...filters.label, 'fleetwright.server'] } })).map(({ Id }) => docker.getContainer(Id));
  return {
    list: async () => {
      const containers = await docker.listContainers({ all: true, filters });
      const networks = await docker.listNetworks({ filters });
      const { Volumes } = await docker.listVolumes({ filters });
      return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name), ...(Volumes ?? []).map(({ Name }) => Name)];
    },
    read: (machine, path) => exec(machine, 'cat', path),
    destroyUnit: async (unit) => {
      const [machine] = await machines();
      await exec(machine!, 'fleetctl', 'destroy', unit);
    },
    unitFiles: async () => {
      const [machine] = await machines();
      return (await exec(machine!, 'sh', '-c', 'fleetctl list-unit-files --no-legend | cut -f1')).split('\n').filter(Boolean).sort();
    },
    runningImages: async () => {
      const listed = await Promise.all((await machines()).map((machine) => exec(machine, 'sh', '-c', 'docker inspect --format "{{.Name}} {{.Image}}" $(docker ps --quiet)')));
      return new Map(listed.join('').split('\n').filter(Boolean).map((line) => line.replace(/^\//, '').split(' ') as [string, string]));
    },
    everythingSaid: async (product) => {
      const said: string[] = [];
      for (const machine of await machines()) {
        said.push(await exec(machine, 'sh', '-c', 'fleetctl list-unit-files --no-legend | cut -f1 | xargs -n1 fleetctl cat'));
        said.push(await exec(machine, 'journalctl', '--no-pager', '-o', 'cat'));
        said.push(await exec(machine, 'sh', '-c', "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"));
        said.push(JSON.stringify(await machine.inspect()));
      }
      said.push(...stateFiles());
      const client = await product.client();
      for await (const { workflowId, runId } of client.workflow.list()) {
        const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        // Payloads are bytes: as text they are searched like the rest.
        said.push(JSON.stringify(events, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value)));
      }
      await client.connection.close();
      return said.join('\n');
    },
  };
}

/** Files that are small enough to be text, the keys apart: those are secret and stay where they are. */
function stateFiles(folder = stateDir()): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'docker' ? [] : stateFiles(path);
    return entry.isFile() && !entry.name.startsWith('id_') && statSync(path).size < 50_000_000 ? [readFileSync(path, 'latin1')] : [];
  });
}
