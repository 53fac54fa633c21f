/** Reads the facts about this host and its Docker engine that `checks.ts` judges. Absent facts are undefined, never guessed. */
import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type Docker from 'dockerode';
import { stateDir } from '../paths.js';
import { engineCall } from '../docker/engineCall.js';
import { engineSubnets } from '../providers/local/network.js';
import { hasAppArmorParser } from './appArmor.js';
import { boundingSet } from './capabilities.js';
import { hostSubnets } from './subnets.js';

export interface HostFacts {
  /** `20.20.2` */
  readonly nodeVersion: string;
  /** Bytes. */
  readonly memoryAvailable?: number | undefined;
  readonly disks: readonly DiskFact[];
  /** As Docker says: 1 (also hybrid) or 2. */
  readonly cgroupVersion?: 1 | 2 | undefined;
  /** The host's mounts under /sys/fs/cgroup. */
  readonly cgroupMounts: readonly CgroupMount[];
  /** The bounding set of capabilities of this process. */
  readonly capabilities?: bigint | undefined;
  readonly rootlessEngine: boolean;
  readonly storageDriver?: string | undefined;
  /** Whether the kernel has overlayfs. */
  readonly overlayfs?: boolean | undefined;
  /** Whether the program that loads AppArmor's profiles is there; undefined where the kernel does without AppArmor. */
  readonly appArmorParser?: boolean | undefined;
  /** Subnets in use: of the engine's networks, of the host's routes and addresses. CIDR. */
  readonly subnetsInUse: readonly string[];
}

export interface DiskFact {
  /** What it is for: `the Docker engine`, `Fleetwright's state`. */
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

const GIB = 1024 ** 3;
/** Base, machine and service images with their build layers, and what four machines write. */
const ENGINE_NEEDS = 6 * GIB;
/** Temporal's database, logs, downloads. */
const STATE_NEEDS = 1 * GIB;

/** What `docker info` says, as far as it is asked. */
interface EngineInfo {
  readonly DockerRootDir?: string;
  readonly CgroupVersion?: string;
  readonly Driver?: string;
  readonly SecurityOptions?: readonly string[];
}

/**
 * The facts of this host; those of the engine only when one is given.
 * @throws TransientError, PermanentError when the engine cannot be asked
 */
export async function hostFacts(docker?: Docker): Promise<HostFacts> {
  const engine: EngineInfo = docker ? await engineCall('ask the engine about itself', () => docker.info() as Promise<EngineInfo>) : {};
  const [meminfo, mounts, filesystems, host, networks] = await Promise.all([
    read('/proc/meminfo'), read('/proc/mounts'), read('/proc/filesystems'), hostSubnets(), docker ? engineSubnets(docker) : [],
  ]);
  const version = Number(engine.CgroupVersion);
  const disks = await diskFacts(engine.DockerRootDir);
  // What /proc says of this host tells nothing about an engine on another one, or outside of the container that we are in.
  const isElsewhere = engine.DockerRootDir !== undefined && !disks.some(({ path }) => path === engine.DockerRootDir);
  return {
    nodeVersion: process.versions.node,
    memoryAvailable: isElsewhere ? undefined : availableMemory(meminfo),
    disks,
    cgroupVersion: version === 1 || version === 2 ? version : undefined,
    cgroupMounts: isElsewhere ? [] : parseCgroupMounts(mounts),
    capabilities: boundingSet(),
    rootlessEngine: engine.SecurityOptions?.some((option) => option.includes('rootless')) ?? false,
    storageDriver: engine.Driver,
    overlayfs: filesystems === '' ? undefined : /\boverlay$/m.test(filesystems),
    appArmorParser: docker && !isElsewhere ? await hasAppArmorParser() : undefined,
    subnetsInUse: [...networks, ...host],
  };
}

/** `MemAvailable` of /proc/meminfo in bytes. */
export function availableMemory(meminfo: string): number | undefined {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** The cgroup mounts of /proc/mounts. */
export function parseCgroupMounts(mounts: string): readonly CgroupMount[] {
  return mounts.split('\n').flatMap((line) => {
    const [, path = '', type = '', options = ''] = line.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const list = options.split(',');
    return [{ path, type, writable: list.includes('rw'), options: list }] as CgroupMount[];
  });
}

async function diskFacts(engineRoot: string | undefined): Promise<readonly DiskFact[]> {
  const state = await diskFact("Fleetwright's state", await nearestFolder(stateDir()), STATE_NEEDS);
  const engine = engineRoot ? await diskFact('the Docker engine', engineRoot, ENGINE_NEEDS) : undefined;
  return [engine, state].filter((fact) => fact !== undefined);
}

/** Undefined where the folder is not on this host. */
async function diskFact(purpose: string, path: string, needed: number): Promise<DiskFact | undefined> {
  const found = await statfs(path).catch(() => undefined);
  return found && { purpose, path, free: found.bavail * found.bsize, needed };
}

/** The folder, or the nearest of its parents that is there. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await statfs(path).then(() => true, () => false);
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
