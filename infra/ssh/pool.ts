/** Connections to the machines of a cluster, one a machine, for the length of one activity. */
import type { SshOptions, SshTransport } from './connection.js';

/** What a pool needs of a server: `Server` of the provider fits when its `publicAddress` is renamed. */
export interface MachineAddress {
  /** Reachable from here. */
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
}

export type PoolOptions = Omit<SshOptions, 'host' | 'port'>;

export declare class MachinePool {
  constructor(options: PoolOptions);
  /** The machine's connection; made when there is none or it was lost. Do not close it. @throws as `connectSsh` */
  machine(address: MachineAddress): Promise<SshTransport>;
  /** The first of the machines that lets us in. @throws the last machine's error when none does */
  any(addresses: readonly MachineAddress[]): Promise<SshTransport>;
  /** Closes every connection. */
  close(): void;
}

/** Gives `use` a pool and closes it afterwards, whatever happens. */
export declare function withMachines<T>(options: PoolOptions, use: (pool: MachinePool) => Promise<T>): Promise<T>;
