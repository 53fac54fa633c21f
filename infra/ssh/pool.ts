/** Connections to the machines of a cluster, one a machine, for the length of one activity. */
import { createHash } from 'node:crypto';
import { connectSsh, type SshLogin, type SshOptions, type SshTransport } from './connection.js';
import type { KeptConnections } from './kept.js';
import { waitForSsh } from './wait.js';

export interface PoolOptions extends Pick<SshOptions, 'readyTimeoutMs' | 'signal'> {
  /** How long a machine may take until it lets us in: it may still boot. Milliseconds. @default 0: one try */
  readonly patienceMs?: number;
  /** Where connections come from and are left. @default none: each is made, and closed at the end */
  readonly kept?: KeptConnections;
}

export class MachinePool {
  readonly #connections = new Map<string, Promise<SshTransport>>();
  #closed = false;

  constructor(readonly options: PoolOptions) {}

  /** The machine's connection; made when there is none or it was lost. Do not close it. @throws as `connectSsh` */
  async machine(login: SshLogin): Promise<SshTransport> {
    if (this.#closed) throw new Error('the pool is closed');
    const key = keyOf(login);
    const known = this.#connections.get(key);
    if (known) {
      const connection = await known;
      if (!connection.closed) return connection;
      if (this.#connections.get(key) === known) this.#connections.delete(key);
      return this.machine(login);
    }
    const made = this.#connect(login, key);
    this.#connections.set(key, made);
    made.then(
      (connection) => this.#closed && connection.close(),
      () => this.#connections.get(key) === made && this.#connections.delete(key),
    );
    return made;
  }

  /** The first of the machines, in order, that lets us in. @throws the last machine's error when none does */
  async any(logins: readonly SshLogin[]): Promise<SshTransport> {
    let last: unknown = new Error('there is no machine to connect to');
    for (const login of logins) {
      try {
        return await this.machine(login);
      } catch (error) {
        this.options.signal?.throwIfAborted();
        last = error;
      }
    }
    throw last;
  }

  /** Ends the pool, and leaves its connections to whoever comes next, where such are kept. For when nothing runs on them any more. */
  leave(): void {
    this.#end((connection, key) => (this.options.kept ? this.options.kept.give(key, connection) : connection.close()));
  }

  /** Closes every connection. */
  close(): void {
    this.#end((connection) => connection.close());
  }

  #end(last: (connection: SshTransport, key: string) => void): void {
    this.#closed = true;
    for (const [key, connection] of this.#connections) connection.then((open) => last(open, key), () => undefined);
    this.#connections.clear();
  }

  async #connect(login: SshLogin, key: string): Promise<SshTransport> {
    const { patienceMs, kept, ...options } = this.options;
    return kept?.take(key) ?? (patienceMs ? waitForSsh({ ...options, ...login, timeoutMs: patienceMs }) : connectSsh({ ...options, ...login }));
  }
}

/** The jump host through which the machine of that name is reached; undefined where it is reached from here. @throws as `connectSsh` */
export async function jumpHost(pool: MachinePool, logins: ReadonlyMap<{ readonly name: string }, SshLogin>, name: string): Promise<SshTransport | undefined> {
  const via = [...logins].find(([machine]) => machine.name === name)?.[1].via;
  return via && pool.machine(via);
}

/** Who is let in, where, and on which way. */
function keyOf({ username, host, port = 22, identities, agent, via }: SshLogin): string {
  const keys = identities.map(({ privateKey }) => createHash('sha256').update(privateKey).digest('hex'));
  return [`${username}@${host}:${port}`, ...keys, agent?.name ?? '', ...(via ? [keyOf(via)] : [])].join(' ');
}

/** Gives `use` a pool and ends it afterwards; after a failure nobody is left its connections. */
export async function withMachines<T>(options: PoolOptions, use: (pool: MachinePool) => Promise<T>): Promise<T> {
  const pool = new MachinePool(options);
  try {
    const result = await use(pool);
    pool.leave();
    return result;
  } finally {
    pool.close();
  }
}
