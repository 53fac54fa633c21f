/** A cloud with nothing in it but time: it speaks as much of Keystone and Nova as a boot asks for, and a server is active a fixed time after its request. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Machine {
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly at: number;
}

/** @param buildMs from the request for a server until it is active */
export async function openSlowCloud(buildMs: number): Promise<{ readonly identity: string; readonly server: Server }> {
  const machines: Machine[] = [];
  const keys = new Map<string, unknown>();
  const server = createServer((request, response) => {
    void (async () => {
      const path = new URL(request.url ?? '/', 'http://cloud').pathname;
      const body = request.method === 'POST' ? await json(request) as { server?: Omit<Machine, 'id' | 'at'>; keypair?: { name: string } } : {};
      const answer = (status: number, value: unknown): void => void response.writeHead(status, { 'content-type': 'application/json', 'x-subject-token': 'token' }).end(JSON.stringify(value));
      const { port } = server.address() as AddressInfo;
      if (path === '/v3/auth/tokens') {
        const catalog = [{ name: 'nova', type: 'compute', endpoints: [{ region: 'one', interface: 'public', url: `http://127.0.0.1:${port}/compute` }] }];
        return answer(201, { token: { expires_at: new Date(Date.now() + 3_600_000).toISOString(), project: { id: 'p', name: 'p' }, user: {}, catalog } });
      }
      if (path === '/compute/servers' && body.server) {
        machines.push({ id: String(machines.length + 1), name: body.server.name, metadata: body.server.metadata, at: performance.now() });
        return answer(202, { server: { id: String(machines.length) } });
      }
      if (path === '/compute/servers/detail') return answer(200, { servers: machines.map((one) => shown(one, buildMs)) });
      if (path === '/compute/flavors') return answer(200, { flavors: [{ id: '1', name: 'small' }] });
      if (path === '/compute/images') return answer(200, { images: [{ id: '1', name: 'debian' }] });
      if (path === '/compute/os-keypairs' && body.keypair) {
        keys.set(body.keypair.name, body.keypair);
        return answer(200, { keypair: body.keypair });
      }
      const key = keys.get(decodeURIComponent(path.slice('/compute/os-keypairs/'.length)));
      return key ? answer(200, { keypair: key }) : answer(404, { itemNotFound: { message: 'not found' } });
    })();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { identity: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function shown({ id, name, metadata, at }: Machine, buildMs: number): unknown {
  const active = performance.now() - at >= buildMs;
  return { id, name, metadata, status: active ? 'ACTIVE' : 'BUILD', created: '2026-01-01T00:00:00Z', addresses: { lan: [{ addr: `10.0.0.${id}`, version: 4 }] } };
}
