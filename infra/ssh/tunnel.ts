/** A port of this host's loopback that leads to a port as a machine sees it, for programs that know nothing of SSH. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Transport } from '../transport.js';

export interface Tunnel {
  /** On 127.0.0.1. */
  readonly port: number;
  close(): void;
}

export async function openTunnel(machine: Pick<Transport, 'connectTcp'>, host: string, port: number): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    machine.connectTcp(host, port).then((stream) => {
      stream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => stream.destroy());
      socket.pipe(stream).pipe(socket);
    }, () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Gives `use` the tunnel, and closes it afterwards. */
export async function withTunnel<T>(machine: Pick<Transport, 'connectTcp'>, host: string, port: number, use: (tunnel: Tunnel) => Promise<T>): Promise<T> {
  const tunnel = await openTunnel(machine, host, port);
  try {
    return await use(tunnel);
  } finally {
    tunnel.close();
  }
}
