/** A real SSH server on loopback that runs commands with this host's shell, for tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { constants } from 'node:os';
import ssh2, { type Connection, type Session } from 'ssh2';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';

export interface TestSshServer {
  readonly port: number;
  /** `SHA256:…` of its host key is in here, in wire format. */
  readonly hostKey: Buffer;
  /** Processes that it has started. */
  readonly processes: ChildProcess[];
  /** How many commands ran at once, at most. */
  readonly mostAtOnce: () => number;
  /** Ends every connection the hard way, as a machine that loses its power. */
  dropConnections(): void;
  /** Stops answering without ending a connection. */
  freeze(): void;
  stop(): Promise<void>;
}

export interface TestSshServerOptions {
  readonly user?: string;
  /** Line of authorized_keys. */
  readonly publicKey: string;
  /** Sockets that forwards are led to, by the path that the client asks for. */
  readonly unixSockets?: Readonly<Record<string, string>>;
  readonly port?: number;
}

export async function startSshServer(options: TestSshServerOptions): Promise<TestSshServer> {
  const { utils } = ssh2;
  const keys = makeKeyPair('host');
  const allowed = utils.parseKey(options.publicKey);
  if (allowed instanceof Error) throw allowed;
  const hostKey = utils.parseKey(keys.privateKey);
  if (hostKey instanceof Error) throw hostKey;
  const processes: ChildProcess[] = [];
  const connections = new Set<Connection>();
  let most = 0;

  const byChannel = new Map<string, ChildProcess>();
  // ssh2's server drops what follows a channel's EOF, sshd does not: signals are taken from what it says that it has received.
  const debug = (line: string) => {
    const signal = /Inbound: CHANNEL_REQUEST \(r:(\d+), signal: (\w+)\)/.exec(line);
    if (signal) byChannel.get(signal[1]!)?.kill(`SIG${signal[2]}` as NodeJS.Signals);
  };
  const server = new ssh2.Server({ hostKeys: [keys.privateKey], ident: 'OpenSSH_9.2', debug }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection)).on('error', () => undefined);
    connection.on('authentication', (context) => {
      const good = context.method === 'publickey' && context.username === (options.user ?? 'core')
        && context.key.data.equals(allowed.getPublicSSH())
        && (!context.signature || allowed.verify(context.blob!, context.signature, context.hashAlgo));
      if (good) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => serveSession(accept(), (child, channel) => {
      processes.push(child);
      byChannel.set(channel, child);
      most = Math.max(most, processes.filter((one) => one.exitCode === null && one.signalCode === null).length);
    }));
    connection.on('openssh.streamlocal', (accept, reject, info) => {
      const path = options.unixSockets?.[info.socketPath];
      if (!path) return reject();
      const socket = connect(path);
      socket.on('error', () => reject());
      socket.on('connect', () => join(accept(), socket));
    });
    connection.on('tcpip', (accept, reject, info) => {
      const socket = connect(info.destPort, info.destIP);
      socket.on('error', () => reject());
      socket.on('connect', () => join(accept(), socket));
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = () => [...connections].map((one) => (one as unknown as { _sock: import('node:net').Socket })._sock);
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: hostKey.getPublicSSH(),
    processes,
    mostAtOnce: () => most,
    dropConnections: () => sockets().forEach((socket) => socket.destroy()),
    freeze: () => sockets().forEach((socket) => { socket.pause(); }),
    stop: async () => {
      sockets().forEach((socket) => socket.destroy());
      processes.forEach((child) => child.exitCode === null && child.kill('SIGKILL'));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function join(one: import('node:stream').Duplex, other: import('node:stream').Duplex): void {
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
  one.pipe(other).pipe(one);
}

function serveSession(session: Session, started: (child: ChildProcess, channel: string) => void): void {
  session.on('exec', (accept, _reject, info) => {
    const channel = accept();
    const child = spawn('sh', ['-c', info.command]);
    started(child, String((session as unknown as { _chanInfo: { incoming: { id: number } } })._chanInfo.incoming.id));
    channel.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code, signal) => {
      if (signal) channel.exit(signal.slice(3) as never, false, '');
      else channel.exit(code ?? constants.signals.SIGKILL);
      channel.end();
    });
  });
}
