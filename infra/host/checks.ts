/** What a host must have for a local cluster: facts in, findings out. */
import { PermanentError } from '../errors.js';
import { hasCapability } from './capabilities.js';
import type { HostFacts } from './facts.js';
import { overlap, parseSubnet } from './subnets.js';

export interface HostCheck {
  /** `node`, `memory`, `disk`, `cgroups`, `capabilities`, `apparmor`, `overlayfs`, `subnets`; or what a provider elsewhere looks at, such as a server's name. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for a person. */
  readonly detail: string;
  /** What to do about it; there when not ok. */
  readonly remedy?: string;
}

export interface HostNeeds {
  /** How many machines are still to be booted; those that run have their memory already. */
  readonly machinesToBoot: number;
}

/** Measured: four machines with ten web servers take 1.2 GiB; a machine that pulls and starts everything at once more. */
const MEMORY_PER_MACHINE = 400 * 1024 ** 2;
const LEAST_NODE = [20, 11] as const;

/** All checks, in the order in which `doctor` shows them. */
export function checkHost(facts: HostFacts, needs: HostNeeds): readonly HostCheck[] {
  return [
    checkNode(facts),
    checkMemory(facts, needs),
    ...checkDisks(facts, needs),
    checkCgroups(facts),
    checkCapabilities(facts),
    ...checkAppArmor(facts),
    checkOverlayfs(facts),
    checkSubnets(facts),
  ];
}

/** @throws PermanentError that names every failed check with its remedy; nothing when all are ok @param what how the error begins */
export function requireHost(checks: readonly HostCheck[], what = 'this host cannot hold the cluster'): void {
  const [first, ...rest] = checks.filter(({ ok }) => !ok);
  if (!first) return;
  const others = rest.map(({ name, detail, remedy }) => `\n${name}: ${detail}\n  ${remedy ?? ''}`).join('');
  throw new PermanentError(`${what}\n${first.name}: ${first.detail}`, `${first.remedy ?? ''}${others}`);
}

/** What kept a check from being made, as its result: an error's own remedy, or the given one. */
export function failedCheck(name: string, error: unknown, remedy: string): HostCheck {
  if (!(error instanceof PermanentError)) return { name, ok: false, detail: error instanceof Error ? error.message : String(error), remedy };
  return { name, ok: false, detail: error.message.slice(0, error.message.length - error.remedy.length).trimEnd(), remedy: error.remedy };
}

function finding(name: string, ok: boolean, detail: string, remedy: string): HostCheck {
  return ok ? { name, ok, detail } : { name, ok, detail, remedy };
}

/** Node itself. */
export function checkNode({ nodeVersion }: Pick<HostFacts, 'nodeVersion'>): HostCheck {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return finding('node', ok, `Node ${nodeVersion}`, `Install Node ${LEAST_NODE.join('.')} or newer.`);
}

function checkMemory({ memoryAvailable }: HostFacts, { machinesToBoot }: HostNeeds): HostCheck {
  if (memoryAvailable === undefined) return finding('memory', true, 'not known on this system', '');
  const needed = machinesToBoot * MEMORY_PER_MACHINE;
  const detail = `${mib(memoryAvailable)} MiB available, ${mib(needed)} MiB needed for ${machinesToBoot} machines`;
  return finding('memory', memoryAvailable >= needed, detail, 'Free some memory, or ask for fewer machines (--machines 3 is the least).');
}

/** A cluster that is up has written what it needs: then only a full disk is a fault. */
function checkDisks({ disks }: HostFacts, { machinesToBoot }: HostNeeds): readonly HostCheck[] {
  return disks.map(({ purpose, path, free, needed }) => {
    const least = machinesToBoot > 0 ? needed : needed / 20;
    const detail = `${gib(free)} GiB free for ${purpose} in ${path}, ${gib(least)} GiB needed`;
    const remedy = purpose.includes('Docker')
      ? 'Free disk space: `docker system df` shows what the engine keeps, `docker system prune` removes what nothing uses.'
      : 'Free disk space there, or set XDG_STATE_HOME to a folder on another disk.';
    return finding('disk', free >= least, detail, remedy);
  });
}

/** A hierarchy for systemd may be missing from version 1: the machine mounts its own. */
function checkCgroups({ cgroupVersion, cgroupMounts }: HostFacts): HostCheck {
  const v1 = cgroupMounts.filter(({ type }) => type === 'cgroup');
  const layout = v1.length === 0 ? 'version 2' : cgroupMounts.some(({ type }) => type === 'cgroup2') ? 'hybrid' : 'version 1';
  const detail = `cgroups ${layout}${cgroupVersion ? `, the engine uses version ${cgroupVersion}` : ''}`;
  if (cgroupMounts.length === 0) return finding('cgroups', cgroupVersion !== undefined, detail, 'Mount cgroups (systemd does, or the package cgroupfs-mount).');
  const readOnly = cgroupMounts.filter(({ writable }) => !writable).map(({ path }) => path);
  return finding('cgroups', readOnly.length === 0, readOnly.length === 0 ? detail : `${readOnly.join(', ')} read-only`, `Mount them read-write: ${readOnly.map((path) => `\`mount -o remount,rw ${path}\``).join(', ')} as root.`);
}

function checkCapabilities({ capabilities, rootlessEngine }: HostFacts): HostCheck {
  if (rootlessEngine) {
    return finding('capabilities', false, 'the Docker engine is rootless', 'Machines run systemd and a Docker of their own: use a rootful engine (unset DOCKER_HOST, or `docker context use default`).');
  }
  const without = hasCapability(capabilities, 'SYS_RESOURCE') ? '' : '; without CAP_SYS_RESOURCE, which machines can do without';
  return finding('capabilities', true, `the Docker engine is rootful${without}`, '');
}

/** Nothing to say where there is none, or where Docker is still to be installed, with all that it needs. */
function checkAppArmor({ appArmorParser }: HostFacts): readonly HostCheck[] {
  if (appArmorParser === undefined) return [];
  const detail = appArmorParser ? 'Docker can load its AppArmor profile' : 'the kernel uses AppArmor, and there is no apparmor_parser: Docker starts no container';
  return [finding('apparmor', appArmorParser, detail, 'Install it: sudo apt-get install apparmor && sudo systemctl restart docker')];
}

function checkOverlayfs({ overlayfs, storageDriver }: HostFacts): HostCheck {
  const ok = overlayfs !== false || storageDriver?.startsWith('overlay') === true;
  const detail = `${ok ? 'overlayfs' : 'no overlayfs in the kernel'}${storageDriver ? `, the engine stores with ${storageDriver}` : ''}`;
  return finding('overlayfs', ok, detail, 'Load it with `modprobe overlay` as root: the Docker in the machines needs it.');
}

function checkSubnets({ subnetsInUse }: HostFacts): HostCheck {
  const taken = subnetsInUse.flatMap((cidr) => parseSubnet(cidr) ?? []).filter(({ prefix }) => prefix >= 16);
  const free = Array.from({ length: 256 }, (_, i) => parseSubnet(`10.210.${i}.0/24`))
    .filter((subnet) => subnet && !taken.some((other) => overlap(subnet, other))).length;
  return finding('subnets', free > 0, `${free} of 256 subnets of 10.210.0.0/16 free`, 'Take down clusters that are no longer used, or remove unused networks with `docker network prune`.');
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

function gib(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
