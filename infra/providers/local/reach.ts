/** How this process reaches a container: directly on its address, as beside a rootful engine, or by the ports published on loopback. */
import { connect } from 'node:net';

/** Milliseconds for a connection that a bridge on this host answers at once. */
const DIRECT_TIMEOUT_MS = 500;

/** Whether a TCP connection to the address opens, or is refused by a host that is there: then packets get through. */
export function reachesDirectly(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(DIRECT_TIMEOUT_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}

/** A URL for each port: on the container's address where it can be reached, else on loopback with the published port. */
export async function baseUrls<Name extends string>(
  address: string, ports: Readonly<Record<Name, number>>, published: Readonly<Record<Name, string | undefined>>,
): Promise<Record<Name, string>> {
  const names = Object.keys(ports) as Name[];
  const first = names[0];
  const direct = first !== undefined && await reachesDirectly(address, ports[first]);
  return Object.fromEntries(names.map((name) => [name, direct || !published[name]
    ? `http://${address}:${ports[name]}`
    : `http://127.0.0.1:${published[name]}`])) as Record<Name, string>;
}

/** Whether the URL answers with 2xx within two seconds. */
export async function answers(url: string, signal?: AbortSignal): Promise<boolean> {
  const deadline = AbortSignal.timeout(2000);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline, redirect: 'manual' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}
