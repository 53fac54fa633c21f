import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseClusterName, parseMachineName, parseRunId, parseUnitName } from '../../language/ids.js';
import { TransientError } from '../../infra/errors.js';
import { readLedger } from '../../infra/ledger.js';
import type { ExecResult, Transport } from '../../infra/transport.js';
import type { Attendance } from '../../activities/attend.js';
import type { Machines } from '../../activities/cluster.js';
import { loadImages, type LoadRequest } from '../../activities/machineImages.js';
import { restartOutdated } from '../../activities/outdated.js';

const share = vi.fn<() => Promise<boolean>>();

const WEB = 'registry.fleetwright.internal:5000/fleetwright/web';
const DB = 'registry.fleetwright.internal:5000/fleetwright/db';
const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));

/** A machine's Docker, as far as it is asked. */
class Machine implements Partial<Transport> {
  readonly said: string[] = [];
  /** What a restart of Docker finds in the volume that machines share. */
  shared: Record<string, string> = {};
  containers: readonly (readonly [name: string, image: string, id: string])[] = [];
  /** Images that have lost their names. */
  nameless: readonly string[] = [];
  /** Containers that are in the list, and gone when they are asked about. */
  going: readonly string[] = [];
  /** How often Docker does not answer before it does. */
  starting = 0;
  constructor(readonly images: Record<string, string>, readonly registry: Record<string, string> = {}) {}

  async exec(argv: readonly string[]): Promise<ExecResult> {
    const command = argv.join(' ');
    const ok = (stdout = ''): ExecResult => ({ exitCode: 0, stdout, stderr: '' });
    if (command === 'true') return ok();
    this.said.push(command);
    if (command === 'sudo -n systemctl restart docker.service') Object.assign(this.images, this.shared);
    if (command.startsWith('docker pull')) this.images[argv.at(-1)!] = this.registry[argv.at(-1)!]!;
    return ok();
  }

  /** As Docker 20.10 answers; not at all while it starts. */
  async connectUnix(path: string): Promise<Duplex> {
    if (path !== '/var/run/docker.sock') throw new TransientError(`there is no ${path}`);
    if (this.starting-- > 0) throw new TransientError('open failed');
    const server = createServer((request, response) => {
      const answer = this.answer(request.url ?? '');
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(JSON.stringify(answer ?? { message: 'no such container' }));
      server.close();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return connect((server.address() as AddressInfo).port, '127.0.0.1');
  }

  private answer(path: string): unknown {
    const full = (name: string): string => (/:[^/]*$/.test(name) ? name : `${name}:latest`);
    if (path === '/images/json') return [...Object.entries(this.images).map(([name, Id]) => ({ Id, RepoTags: [`${name}:latest`] })), ...this.nameless.map((Id) => ({ Id, RepoTags: null }))];
    // An image is named by its id once its name stands for another one.
    const listed = this.containers.map(([name, image, id]) => ({ Id: `id-of-${name}`, Names: [`/${name}`], Image: this.images[full(image).replace(/:latest$/, '')] === id ? image : id, ImageID: id }));
    if (path === '/containers/json') return [...listed, ...this.going.map((name) => ({ Id: `id-of-${name}`, Names: [`/${name}`], Image: 'sha256:gone', ImageID: 'sha256:gone' }))];
    const asked = this.containers.find(([name]) => path === `/containers/id-of-${name}/json`);
    return asked && { Config: { Image: asked[1] } };
  }
}

const transport = (machine: Machine): Transport => machine as unknown as Transport;
const cluster = parseClusterName('demo');
const run = parseRunId('deploy/demo#1');
let log: string[];
let attendance: Attendance;

beforeAll(() => vi.stubEnv('XDG_STATE_HOME', state));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true, force: true });
});
beforeEach(() => {
  share.mockReset().mockResolvedValue(true);
  log = [];
  attendance = { signal: new AbortController().signal, attempt: 1, log: { line: (line: string) => void log.push(line) } } as unknown as Attendance;
});

describe('loading images on the machines', () => {
  const request: LoadRequest = { images: [{ name: 'web', id: 'sha256:web2' }, { name: 'db', id: 'sha256:db' }], share };
  const load = (machines: readonly Machine[]): Promise<boolean> => {
    const servers = machines.map((_, i) => ({ name: parseMachineName(`core0${i + 1}`) }));
    return loadImages({ servers, at: async (server: (typeof servers)[number]) => transport(machines[servers.indexOf(server)]!) } as unknown as Machines, request, attendance);
  };
  const registry = { [WEB]: 'sha256:web2', [DB]: 'sha256:db' };

  it('does nothing where each has what the registry has', async () => {
    const machine = new Machine({ ...registry });
    expect(await load([machine])).toBe(false);
    expect(machine.said).toEqual([]);
    expect(share).not.toHaveBeenCalled();
  });

  it('pulls what has changed, and only that', async () => {
    const machine = new Machine({ [WEB]: 'sha256:web1', [DB]: 'sha256:db' }, registry);
    expect(await load([machine, new Machine({ ...registry })])).toBe(true);
    expect(machine.said).toEqual([`docker pull --quiet ${WEB}`]);
    expect(share).not.toHaveBeenCalled();
  });

  it('waits for a Docker that does not answer yet', async () => {
    const machine = new Machine({ ...registry });
    machine.starting = 2;
    expect(await load([machine])).toBe(false);
    expect(machine.starting).toBeLessThan(0);
  });

  it('does not wait for a machine to which the connection is lost', async () => {
    const machine = new Machine({ ...registry });
    machine.starting = Infinity;
    machine.exec = async () => { throw new TransientError('the connection is lost'); };
    await expect(load([machine])).rejects.toThrow('the connection is lost');
  });

  it('gives empty machines what they share, filled once, without a pull', async () => {
    const machines = [new Machine({}), new Machine({})];
    for (const machine of machines) machine.shared = registry;
    expect(await load(machines)).toBe(true);
    expect(machines.map(({ said }) => said)).toEqual([['sudo -n systemctl restart docker.service'], ['sudo -n systemctl restart docker.service']]);
    expect(share).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['there is nothing that they share', false],
    ['they get nothing out of it', true],
  ])('has empty machines pull when %s', async (_, shared) => {
    share.mockResolvedValue(shared);
    const machine = new Machine({}, registry);
    expect(await load([machine])).toBe(true);
    expect(machine.said.filter((command) => command.startsWith('docker pull'))).toEqual([`docker pull --quiet ${WEB}`, `docker pull --quiet ${DB}`]);
  });
});

describe('units that run an image which has been replaced', () => {
  const units = new Map([['web01', parseUnitName('web@01.service')], ['web02', parseUnitName('web@02.service')]]);
  const events: string[] = [];
  const settled = async (names: readonly string[]): Promise<void> => void events.push(`settled ${names.join(' ')}`);
  const restart = (...machines: Machine[]) =>
    restartOutdated(machines.map((machine, i) => ({ name: `core0${i + 1}`, transport: transport(machine) })), { cluster, run, units, settled }, attendance);

  it('are started again, and nothing else is; the old image goes', async () => {
    const machine = new Machine({ [WEB]: 'sha256:new', [DB]: 'sha256:db' });
    machine.containers = [['web01', WEB, 'sha256:old'], ['web02', WEB, 'sha256:new'], ['web03', WEB, 'sha256:old'], ['mine', 'sha256:x', 'sha256:x']];
    machine.nameless = ['sha256:older'];
    machine.going = ['web09'];
    expect(await restart(machine)).toEqual(['web@01.service']);
    expect(machine.said).toEqual(['sudo -n systemctl restart -- web@01.service', 'docker image prune --force']);
    expect(readLedger(cluster).map(({ effect, key }) => `${effect} ${key}`)).toEqual(['restart-unit web@01.service']);
  });

  it('are done machine by machine, each when the one before answers again', async () => {
    const [one, two] = [new Machine({ [WEB]: 'sha256:new' }), new Machine({ [WEB]: 'sha256:new' })];
    one.containers = [['web01', WEB, 'sha256:old']];
    two.containers = [['web02', `${WEB}:latest`, 'sha256:old']];
    events.length = 0;
    for (const machine of [one, two]) machine.said.push = (...said) => events.push(...said);
    await restart(one, two);
    expect(events.filter((event) => !event.includes('prune'))).toEqual([
      'sudo -n systemctl restart -- web@01.service', 'settled web@01.service', 'sudo -n systemctl restart -- web@02.service', 'settled web@02.service',
    ]);
  });

  it('are none where every container has its machine\'s newest', async () => {
    const machine = new Machine({ [WEB]: 'sha256:new' });
    machine.containers = [['web01', WEB, 'sha256:new']];
    expect(await restart(machine)).toEqual([]);
    expect(machine.said).toEqual([]);
  });
});
