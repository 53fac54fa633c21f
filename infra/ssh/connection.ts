/** A transport over SSH: one connection, many commands and streams on it. */
import ssh2, { Client, type AnyAuthMethod, type AuthenticationType, type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { setMaxListeners } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError, PermanentError, TransientError, shellWord } from '../errors.js';
import type { ExecOptions, ExecResult, Transport } from '../transport.js';
import type { Agent } from './agent.js';
import { endCommand, runOnChannel } from './channel.js';
import { remoteCommand } from './command.js';
import { AuthenticationError } from './errors.js';
import { interactOnChannel, type Interaction } from './interact.js';
import type { HostKeyCheck } from './knownHosts.js';
import { elevate, type SudoWay } from './sudo.js';
import { Slots } from '../slots.js';

/** A private key. */
export interface Identity {
  /** OpenSSH or PEM, not encrypted. Never to be logged. */
  readonly privateKey: Buffer | string;
  /** Where it came from, for messages. */
  readonly path?: string;
}

export interface SshOptions {
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
  readonly username: string;
  /** Shown to the server one after the other; after those of the agent, where there is one. */
  readonly identities: readonly Identity[];
  /** Whose keys are shown first. @default none */
  readonly agent?: Agent;
  /** What could not be shown and why, for the message when none of the others is accepted: a line each. @default none */
  readonly unusable?: readonly string[];
  readonly hostKey: HostKeyCheck;
  /** How commands that begin with `sudo -n` get root. @default free: sudo asks for nothing */
  readonly sudo?: SudoWay;
  /** The machine from which this one is reached. @default none: it is reached from here */
  readonly via?: SshLogin;
  /** Milliseconds for connection and authentication together, of each machine on the way. @default 10000 */
  readonly readyTimeoutMs?: number;
  /** Ends the attempt to connect; a live connection is ended by `close`. */
  readonly signal?: AbortSignal;
}

/** How to log in to one machine. */
export type SshLogin = Omit<SshOptions, 'readyTimeoutMs' | 'signal'>;

/** A transport over one SSH connection. */
export interface SshTransport extends Transport {
  /** Whether the connection is gone: closed by us, by the server, or by silence for 6 s. */
  readonly closed: boolean;
  /** A session with a person or a pipe at its ends, until its command ends. @returns the exit code; of one that a signal ended, 128 and its number */
  interact(interaction: Interaction): Promise<number>;
}

/** Signature algorithms of host keys, the best first. */
const HOST_KEY_TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] as const;
const KEEPALIVE_MS = 2000;
const KEEPALIVES_MISSED = 3;
/** sshd's MaxSessions is 10 by default; two are left for a person's own. */
const COMMANDS_AT_ONCE = 8;
/** For a channel to open: a machine that has stopped is noticed by the keepalive long before, one that is overloaded takes its time. */
const OPEN_TIMEOUT_MS = 60_000;
/** For room among the sessions of a connection. */
const ROOM_MS = 15_000;
const ROOM_INTERVAL_MS = 25;
/** SSH_OPEN_CONNECT_FAILED (RFC 4254, 5.1): what sshd answers beyond MaxSessions. */
const CONNECT_FAILED = 2;

/** @throws TransientError when the host does not answer; AuthenticationError; HostKeyError; PermanentError for a bad key */
export async function connectSsh(options: SshOptions): Promise<SshTransport> {
  const { signal, host, port = 22, via } = options;
  signal?.throwIfAborted();
  for (const identity of options.identities) checkIdentity(identity);
  if (!via) return connectOver(options, undefined);
  const { readyTimeoutMs } = options;
  const jump = await connectSsh({ ...via, ...(signal ? { signal } : {}), ...(readyTimeoutMs === undefined ? {} : { readyTimeoutMs }) });
  try {
    return await connectOver(options, { stream: await jump.connectTcp(host, port), close: () => jump.close() });
  } catch (error) {
    jump.close();
    throw error;
  }
}

/** The way to a machine that is not reached from here. */
interface Way {
  readonly stream: Duplex;
  /** Called when the connection that goes over it has ended. */
  readonly close: () => void;
}

async function connectOver(options: SshOptions, way: Way | undefined): Promise<SshTransport> {
  const { signal, host, port = 22 } = options;
  const client = new Client();
  let refused: Error | undefined;
  const onAbort = () => client.destroy();
  const types = await options.hostKey.knownTypes?.(host, port) ?? [];
  try {
    return await new Promise<SshTransport>((resolve, reject) => {
      signal?.addEventListener('abort', onAbort, { once: true });
      client.once('ready', () => resolve(new Connection(client, where(host, port), options.sudo ?? 'free', way?.close)));
      client.on('error', (error) => reject(refused ?? translate(error, options)));
      client.once('close', () => reject(refused ?? new TransientError(`${where(host, port)} closed the connection`)));
      // A request is a few small packets: each would wait for the answer to the one before (Nagle, with delayed acknowledgements).
      client.once('connect', () => client.setNoDelay());
      client.connect({
        host, port, username: options.username,
        ...(way ? { sock: way.stream as Readable } : {}),
        ...authentication(options),
        ...(types.length > 0 ? { algorithms: { serverHostKey: [...new Set([...types, ...HOST_KEY_TYPES])] as ServerHostKeyAlgorithm[] } } : {}),
        readyTimeout: options.readyTimeoutMs ?? 10_000,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVES_MISSED,
        hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
          options.hostKey.check(host, port, key).then(() => verify(true), (error: Error) => {
            refused = error;
            verify(false);
          });
        },
      });
    });
  } catch (error) {
    client.destroy();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function checkIdentity({ privateKey, path }: Identity): void {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw new PermanentError(`the key ${path ?? ''} cannot be used: ${parsed.message}`, 'Give an unencrypted private key in OpenSSH or PEM format.');
}

/** Every key is tried, in order, as OpenSSH does. */
function authentication({ username, identities, agent }: SshOptions): Pick<ConnectConfig, 'authHandler' | 'agent'> {
  const methods: AuthenticationType[] | AnyAuthMethod[] = [
    ...(agent ? [{ type: 'agent' as const, username, agent: agent.keys }] : []),
    ...identities.map(({ privateKey }) => ({ type: 'publickey' as const, username, key: privateKey })),
  ];
  return { authHandler: methods };
}

function where(host: string, port: number): string {
  return port === 22 ? host : `${host}:${port}`;
}

function translate(error: Error & { level?: string }, options: SshOptions): Error {
  const { host, port = 22, username, identities, agent, unusable = [] } = options;
  if (error.level !== 'client-authentication') return new TransientError(`${where(host, port)}: ${error.message || 'no connection'}`, { cause: error });
  const shown = [...(agent ? [agent.name] : []), ...identities.map(({ path }) => (path ? `the key ${path}` : 'the given key'))];
  const text = `${where(host, port)} lets ${username} not in with ${shown.join(', ') || 'nothing to show'}`;
  return new AuthenticationError([text, ...unusable].join('\n'), `Check the user, and that one of the keys is in ${username}'s authorized_keys there.`);
}

type Opened<C> = (error: Error | undefined, channel: C) => void;

/** How a channel is opened. */
interface Opening<C, T> {
  ask(done: Opened<C>): void;
  /** Called before anything more is read from the connection: a short command's exit code may be in the packet behind. */
  use(channel: C): T | Promise<T>;
  /** Called with a channel that opens after the caller has given up. */
  late(channel: C): void;
}

function asStream(ask: (done: Opened<Duplex>) => void): Opening<Duplex, Duplex> {
  return { ask, use: (stream) => stream, late: (stream) => stream.destroy() };
}

class Connection implements SshTransport {
  readonly #lost = new AbortController();
  readonly #slots = new Slots(COMMANDS_AT_ONCE);

  /** @param closed called once when the connection has ended */
  constructor(readonly client: Client, readonly place: string, readonly sudo: SudoWay, closed?: () => void) {
    // Every command and stream of the connection listens.
    setMaxListeners(0, this.#lost.signal);
    client.removeAllListeners('error').removeAllListeners('close');
    const lose = (why: string) => {
      if (!this.#lost.signal.aborted) this.#lost.abort(new TransientError(`the connection to ${place} is lost: ${why}`));
    };
    client.on('error', (error) => {
      lose(error.message);
      client.destroy();
    });
    client.on('close', () => {
      lose('it was closed');
      closed?.();
    });
  }

  get closed(): boolean {
    return this.#lost.signal.aborted;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { argv: words, ...input } = elevate(argv, options.stdin, this.sudo);
    const command = remoteCommand(words);
    const what = `${argv.slice(0, 3).map(shellWord).join(' ')} on ${this.place}`;
    const { signal } = options;
    const release = await this.#slots.take(signal ? AbortSignal.any([signal, this.#lost.signal]) : this.#lost.signal);
    try {
      const opening: Opening<ClientChannel, ExecResult> = {
        ask: (done) => this.client.exec(command, done),
        use: (channel) => runOnChannel(channel, { what, options: { ...options, ...input }, lost: this.#lost.signal, client: this.client }),
        late: (channel) => endCommand(channel, this.client),
      };
      return await this.#whenThereIsRoom(() => this.#open(what, opening, signal), signal);
    } finally {
      release();
    }
  }

  interact(interaction: Interaction): Promise<number> {
    const { argv, terminal } = interaction;
    const pty = terminal ? { term: terminal.term, cols: terminal.size().columns, rows: terminal.size().rows } : undefined;
    return this.#open(`a session on ${this.place}`, {
      ask: (done) => {
        if (argv === undefined) this.client.shell(pty ?? false, done);
        else this.client.exec(remoteCommand(argv), pty ? { pty } : {}, done);
      },
      use: (channel) => interactOnChannel(channel, interaction, this.#lost.signal),
      late: (channel: ClientChannel) => endCommand(channel, this.client),
    });
  }

  connectUnix(path: string): Promise<Duplex> {
    return this.#open(`the socket ${path} on ${this.place}`, asStream((done) => this.client.openssh_forwardOutStreamLocal(path, done)));
  }

  connectTcp(host: string, port: number): Promise<Duplex> {
    return this.#open(`${host}:${port} from ${this.place}`, asStream((done) => this.client.forwardOut('127.0.0.1', 0, host, port, done)));
  }

  async writeFile(path: string, content: string | Buffer, options: { readonly mode: number; readonly sudo?: boolean }): Promise<void> {
    const mode = options.mode.toString(8).padStart(4, '0');
    const argv = [...(options.sudo ? ['sudo', '-n'] : []), 'sh', '-c', WRITE_WHOLE, 'write-file', path, mode, String(Buffer.byteLength(content))];
    const { exitCode, stderr } = await this.exec(argv, { stdin: content, timeoutMs: 60_000 });
    if (exitCode !== 0) throw new CommandError(['write', path], exitCode, stderr);
  }

  close(): void {
    if (!this.closed) this.#lost.abort(new TransientError(`the connection to ${this.place} was closed`));
    this.client.end();
    this.client.destroy();
  }

  /** sshd counts a session until it has reaped its process, a moment after its end. What was not opened did not run: it is tried again. */
  async #whenThereIsRoom<T>(open: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const deadline = performance.now() + ROOM_MS;
    for (;;) {
      try {
        return await open();
      } catch (error) {
        const { reason } = ((error as Error).cause ?? {}) as { reason?: unknown };
        if (reason !== CONNECT_FAILED || this.closed || performance.now() > deadline) throw error;
        await delay(ROOM_INTERVAL_MS, undefined, signal ? { signal } : {});
      }
    }
  }

  #open<C, T>(what: string, { ask, use, late }: Opening<C, T>, signal?: AbortSignal): Promise<T> {
    const lost = this.#lost.signal;
    return new Promise((resolve, reject) => {
      let given = false;
      const give = (error: Error) => {
        given = true;
        settle();
        reject(error);
      };
      const onLost = () => give(lost.reason as Error);
      const onAbort = () => give(signal?.reason as Error);
      const timer = setTimeout(() => give(new TransientError(`${what} did not open after ${OPEN_TIMEOUT_MS} ms`)), OPEN_TIMEOUT_MS);
      const settle = () => {
        clearTimeout(timer);
        lost.removeEventListener('abort', onLost);
        signal?.removeEventListener('abort', onAbort);
      };
      if (lost.aborted) return onLost();
      if (signal?.aborted) return onAbort();
      lost.addEventListener('abort', onLost, { once: true });
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        ask((error, channel) => {
          if (given) return channel && late(channel);
          if (error) return give(new TransientError(`${what}: ${error.message}`, { cause: error }));
          settle();
          resolve(use(channel));
        });
      } catch (error) {
        give(new TransientError(`${what}: ${(error as Error).message}`, { cause: error }));
      }
    });
  }
}

/**
 * `$1` path, `$2` mode, `$3` size. The size is compared before the rename, so that neither a connection that ends early nor a full disk
 * leaves half a file under the real name.
 */
const WRITE_WHOLE = `set -e; umask 077; t=$(mktemp -- "$1.XXXXXXXX"); trap 'rm -f -- "$t"' EXIT; cat > "$t"
[ "$(wc -c < "$t")" -eq "$3" ] || { echo "only a part of $1 arrived" >&2; exit 74; }
chmod -- "$2" "$t"; mv -f -- "$t" "$1"`;
