/** The Docker engine of a machine, through its socket there: the same API as this host's. */
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import Docker from 'dockerode';
import type { Transport } from '../transport.js';
import { HOST_SOCKET } from './find.js';

/** @param machine stays open; the user must be in the machine's group docker, or be root */
export function dockerOver(machine: Pick<Transport, 'connectUnix'>): Docker {
  const agent = new Agent({ keepAlive: false });
  const connect = callbackify(async () => asSocket(await machine.connectUnix(HOST_SOCKET)));
  Object.assign(agent, { createConnection: (_options: unknown, done: (error: Error | null, stream: Duplex) => void) => connect(done) });
  return new Docker({ protocol: 'http', host: 'docker', port: 80, agent } as ConstructorParameters<typeof Docker>[0]);
}

/** What Node's HTTP client calls on a socket, and an SSH channel does not have: its connection has its own keepalive and deadlines. */
function asSocket(stream: Duplex): Duplex {
  const self = (): Duplex => stream;
  return Object.assign(stream, { setKeepAlive: self, setNoDelay: self, setTimeout: self, ref: self, unref: self });
}
