/** Connections to the machines of a cluster, one a machine, for the length of one activity. */
import { createHash } from 'node:crypto';
import { connectSsh, type SshOptions, type SshTransport } from './connection.js';
import type { KeptConnections } from './kept.js';
import { waitForSsh } from './wait.js';

/** Where a machine's sshd is. */
export interface MachineAddress {
  /** Reachable from here: a server's `publicAddress`. */
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
}

export interface PoolOptions extends Omit<SshOptions, 'host' | 'port'> {
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
  async machine(address: MachineAddress): Promise<SshTransport> {
    if (this.#closed) throw new Error('the pool is closed');
    const key = placeOf(address);
    const known = this.#connections.get(key);
    if (known) {
      const connection = await known;
      if (!connection.closed) return connection;
      if (this.#connections.get(key) === known) this.#connections.delete(key);
      return this.machine(address);
    }
    const made = this.#connect(address);
    this.#connections.set(key, made);
    made.then(
      (connection) => this.#closed && connection.close(),
      () => this.#connections.get(key) === made && this.#connections.delete(key),
    );
    return made;
  }

  /** The first of the machines, in order, that lets us in. @throws the last machine's error when none does */
  async any(addresses: readonly MachineAddress[]): Promise<SshTransport> {
    let last: unknown = new Error('there is no machine to connect to');
    for (const address of addresses) {
      try {
        return await this.machine(address);
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
    for (const [place, connection] of this.#connections) connection.then((open) => last(open, this.#keptAs(place)), () => undefined);
    this.#connections.clear();
  }

  async #connect(address: MachineAddress): Promise<SshTransport> {
    const { patienceMs, kept, ...options } = this.options;
    const found = kept?.take(this.#keptAs(placeOf(address)));
    if (found) return found;
    return patienceMs ? waitForSsh({ ...options, ...address, timeoutMs: patienceMs }) : connectSsh({ ...options, ...address });
  }

  /** Who is let in, and where. */
  #keptAs(place: string): string {
    const { username, privateKey } = this.options;
    return `${username}@${place} ${createHash('sha256').update(privateKey).digest('hex')}`;
  }
}

function placeOf({ host, port = 22 }: MachineAddress): string {
  return `${host}:${port}`;
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
