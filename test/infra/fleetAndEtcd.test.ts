import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseUnitName } from '../../language/ids.js';
import { PermanentError, TransientError } from '../../infra/errors.js';
import { EtcdClient } from '../../infra/etcd/client.js';
import { FleetClient } from '../../infra/fleet/client.js';
import type { Transport } from '../../infra/transport.js';

interface Seen { readonly method: string; readonly url: string; readonly body: string }
type Answer = (seen: Seen) => { status: number; body?: unknown } | 'silence' | 'cut';

let server: Server;
let seen: Seen[];
let answer: Answer;
let open: Duplex[];

beforeEach(async () => {
  seen = [];
  open = [];
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const asked = { method: request.method ?? '', url: request.url ?? '', body };
  seen.push(asked);
  const given = answer(asked);
  if (given === 'silence') return;
  if (given === 'cut') return void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy());
  response.writeHead(given.status).end(given.body === undefined ? '' : JSON.stringify(given.body));
}

/** Every path and port of the "machine" is the server above. */
const machine = {
  connectUnix: () => stream(),
  connectTcp: () => stream(),
} as unknown as Transport;

async function stream(): Promise<Duplex> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  open.push(socket);
  return socket;
}

const web = parseUnitName('web@01.service');

describe('fleet\'s API', () => {
  it('is read page by page', async () => {
    answer = ({ url }) => (url.includes('nextPageToken=two%3D')
      ? { status: 200, body: { states: [{ name: 'b.service' }] } }
      : { status: 200, body: { states: [{ name: 'a.service' }], nextPageToken: 'two=' } });
    expect((await new FleetClient(machine).unitStates(web)).map((one) => one.name)).toEqual(['a.service', 'b.service']);
    expect(seen.map((one) => one.url)).toEqual(['/fleet/v1/state?unitName=web%4001.service', '/fleet/v1/state?unitName=web%4001.service&nextPageToken=two%3D']);
  });

  it('may leave out what is empty', async () => {
    answer = () => ({ status: 200, body: {} });
    expect(await new FleetClient(machine).listUnits()).toEqual([]);
    answer = () => ({ status: 200, body: { machines: [{ id: 'a', primaryIP: '10.0.0.1' }] } });
    expect(await new FleetClient(machine).listMachines()).toEqual([{ id: 'a', primaryIP: '10.0.0.1', metadata: {} }]);
  });

  it('does not read pages for ever', async () => {
    answer = () => ({ status: 200, body: { units: [], nextPageToken: 'again' } });
    await expect(new FleetClient(machine).listUnits()).rejects.toThrow(TransientError);
  });

  it('is sent a unit\'s options and target, and the target alone', async () => {
    answer = () => ({ status: 204 });
    const fleet = new FleetClient(machine);
    const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/true', line: 3 }];
    await fleet.putUnit(web, options, 'launched');
    await fleet.setTarget(web, 'inactive');
    expect(seen.map((one) => [one.method, one.url, JSON.parse(one.body) as unknown])).toEqual([
      ['PUT', '/fleet/v1/units/web%4001.service', { desiredState: 'launched', options: [{ section: 'Service', name: 'ExecStart', value: '/bin/true' }] }],
      ['PUT', '/fleet/v1/units/web%4001.service', { desiredState: 'inactive' }],
    ]);
  });

  it('has no unit that it does not have, and destroys it gladly', async () => {
    answer = () => ({ status: 404, body: { error: { code: 404, message: 'unit does not exist' } } });
    expect(await new FleetClient(machine).getUnit(web)).toBeUndefined();
    expect(await new FleetClient(machine).destroyUnit(web)).toBe(false);
    answer = () => ({ status: 204 });
    expect(await new FleetClient(machine).destroyUnit(web)).toBe(true);
  });

  it('fails for good with fleet\'s words for a 4xx, and for now with a 5xx, silence and a cut answer', async () => {
    const fleet = new FleetClient(machine, { timeoutMs: 200 });
    answer = () => ({ status: 409, body: { error: { code: 409, message: 'options field empty' } } });
    await expect(fleet.setTarget(web, 'launched')).rejects.toThrow(/409.*options field empty/);
    await expect(fleet.setTarget(web, 'launched')).rejects.toThrow(PermanentError);
    for (const bad of [() => ({ status: 500 }), () => ({ status: 503, body: {} }), () => 'silence', () => 'cut'] as Answer[]) {
      answer = bad;
      await expect(fleet.listUnits()).rejects.toThrow(TransientError);
    }
    await Promise.all(open.map((socket) => socket.closed || once(socket, 'close')));
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    answer = () => {
      abort.abort(new Error('cancelled'));
      return 'silence';
    };
    await expect(new FleetClient(machine, { signal: abort.signal }).listUnits()).rejects.toThrow('cancelled');
  });
});

describe('etcd\'s API', () => {
  it('gives the leaves of a directory', async () => {
    answer = () => ({ status: 200, body: { node: { key: '/services', dir: true, nodes: [
      { key: '/services/db', value: '{}', ttl: 30 },
      { key: '/services/web', dir: true, nodes: [{ key: '/services/web/01', value: 'a' }] },
    ] } } });
    const etcd = EtcdClient.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect([...(await etcd.leaves('/services'))]).toEqual([['/services/db', '{}'], ['/services/web/01', 'a']]);
    expect(seen[0]?.url).toBe('/v2/keys/services?recursive=true&sorted=true&quorum=true');
  });

  it('has no key that it does not have', async () => {
    answer = () => ({ status: 404, body: { errorCode: 100, message: 'Key not found', cause: '/x' } });
    const etcd = EtcdClient.onMachine(machine);
    expect([await etcd.get('/x'), (await etcd.leaves('/x')).size, await etcd.delete('/x')]).toEqual([undefined, 0, false]);
    // By the keys, since etcd has a directory in no order.
    expect(seen[0]?.url).toBe('/v2/keys/x?sorted=true&quorum=true');
  });

  it('is sent a value with its time to live', async () => {
    answer = () => ({ status: 201, body: {} });
    await EtcdClient.onMachine(machine).set('/a b', 'x&y=1', { ttlSeconds: 30 });
    expect(seen[0]).toEqual({ method: 'PUT', url: '/v2/keys/a%20b', body: 'value=x%26y%3D1&ttl=30' });
  });

  it.each([[{ health: 'true' }, 200, true], [{ health: true }, 200, true], [{ health: 'false' }, 503, false], ['nonsense', 200, false]])('says of %j with %i that it is healthy: %s', async (body, status, healthy) => {
    answer = () => ({ status, body });
    expect(await EtcdClient.onMachine(machine).healthy()).toBe(healthy);
  });

  it('adds a member once, and removes one that is gone already', async () => {
    const member = { id: 'a1', name: '', peerURLs: ['http://10.0.0.1:2380'], clientURLs: [] };
    const etcd = EtcdClient.onMachine(machine);
    answer = ({ method }) => (method === 'POST' ? { status: 201, body: member } : { status: 200, body: { members: [] } });
    expect(await etcd.addMember(member.peerURLs)).toEqual(member);
    answer = () => ({ status: 200, body: { members: [member] } });
    expect(await etcd.addMember(member.peerURLs)).toEqual(member);
    expect(seen.filter((one) => one.method === 'POST')).toHaveLength(1);
    answer = () => ({ status: 410, body: { message: 'Member permanently removed' } });
    await etcd.removeMember('a1');
  });

  it('fails for now without a leader, and for good with etcd\'s words', async () => {
    answer = () => ({ status: 500, body: { errorCode: 300, message: 'Raft Internal Error' } });
    await expect(EtcdClient.onMachine(machine).get('/x')).rejects.toThrow(TransientError);
    answer = () => ({ status: 403, body: { errorCode: 102, message: 'Not a file', cause: '/x' } });
    await expect(EtcdClient.onMachine(machine).set('/x', '')).rejects.toThrow(/Not a file: \/x/);
  });
});
