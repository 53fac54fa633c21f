import type { Transport } from '../transport.js';

/** A machine as its root sees it: every command begins with `sudo -n`, which the transport turns into what the machine needs. Sockets are as the user's. */
export function asRoot(transport: Transport): Transport {
  return {
    exec: (argv, options) => transport.exec(['sudo', '-n', '--', ...argv], options),
    connectUnix: (path) => transport.connectUnix(path),
    connectTcp: (host, port) => transport.connectTcp(host, port),
    writeFile: (path, content, options) => transport.writeFile(path, content, { ...options, sudo: true }),
    close: () => transport.close(),
  };
}
