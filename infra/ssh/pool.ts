/** Connections to the machines of a cluster, one a machine, for the length of one activity. */
import { connectSsh, type SshOptions, type SshTransport } from './connection.js';
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
}

export class MachinePool {
  readonly #connections = new Map<string, Promise<SshTransport>>();
  #closed = false;

  constructor(readonly options: PoolOptions) {}

  /** The machine's connection; made when there is none or it was lost. Do not close it. @throws as `connectSsh` */
  async machine(address: MachineAddress): Promise<SshTransport> {
    if (this.#closed) throw new Error('the pool is closed');
    const key = `${address.host}:${address.port ?? 22}`;
    const known = this.#connections.get(key);
    if (known) {
      const connection = await known;
      if (!connection.closed) return connection;
      if (this.#connections.get(key) === known) this.#connections.delete(key);
      return this.machine(address);
    }
    const { patienceMs, ...options } = this.options;
    const made = patienceMs ? waitForSsh({ ...options, ...address, timeoutMs: patienceMs }) : connectSsh({ ...options, ...address });
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

  /** Closes every connection. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.then((open) => open.close(), () => undefined);
    this.#connections.clear();
  }
}

/** Gives `use` a pool and closes it afterwards, whatever happens. */
export async function withMachines<T>(options: PoolOptions, use: (pool: MachinePool) => Promise<T>): Promise<T> {
  const pool = new MachinePool(options);
  try {
    return await use(pool);
  } finally {
    pool.close();
  }
}
