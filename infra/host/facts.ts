/** Reads the facts about this host and its Docker engine that `checks.ts` judges. Absent facts are undefined, never guessed. */
import type Docker from 'dockerode';

export interface HostFacts {
  /** `20.20.2` */
  readonly nodeVersion: string;
  /** Bytes. */
  readonly memoryAvailable?: number;
  readonly disks: readonly DiskFact[];
  /** As Docker says: 1 (also hybrid) or 2. */
  readonly cgroupVersion?: 1 | 2;
  /** The host's mounts under /sys/fs/cgroup. */
  readonly cgroupMounts: readonly CgroupMount[];
  /** The bounding set of capabilities of this process. */
  readonly capabilities?: bigint;
  readonly rootlessEngine: boolean;
  readonly storageDriver?: string;
  /** Whether the kernel has overlayfs. */
  readonly overlayfs?: boolean;
  /** Subnets in use: of the engine's networks, of the host's routes and addresses. CIDR. */
  readonly subnetsInUse: readonly string[];
}

export interface DiskFact {
  /** What it is for: `the Docker engine's images`, `Fleetwright's state`. */
  readonly purpose: string;
  readonly path: string;
  /** Bytes free for users. */
  readonly free: number;
  /** Bytes that a deploy needs there. */
  readonly needed: number;
}

export interface CgroupMount {
  readonly path: string;
  readonly type: 'cgroup' | 'cgroup2';
  readonly writable: boolean;
  /** Controllers and `name=…` of version 1. */
  readonly options: readonly string[];
}

/** The facts of this host; those of the engine only when there is one. */
export async function readHostFacts(_docker?: Docker): Promise<HostFacts> {
  throw new Error('to be filled');
}
