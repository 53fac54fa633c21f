/** Ports of this host. */
import { createServer } from 'node:net';

/** Whether something listens on the port. `host` is the address to listen on: `127.0.0.1`, or `0.0.0.0` for any. */
export function portInUse(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(true) : reject(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
