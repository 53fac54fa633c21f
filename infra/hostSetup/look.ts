/** What there is of a host, and what a cluster has written on it. */
import { CommandError, InvalidInputError, PermanentError } from '../errors.js';
import { sudoProblem } from '../ssh/sudo.js';
import type { Transport } from '../transport.js';
import { hostScript } from './scripts.js';

/** Written on a host by `claim`: the provider is the state, and this is where it is kept. */
export interface MachineMark {
  readonly cluster: string;
  readonly run: string;
  /** The machine's name. */
  readonly name: string;
  /** Unlike that of any other claim. */
  readonly id: string;
  /** The discovery URL with which its etcd was configured; empty before. */
  readonly discoveryUrl: string;
}

export interface HostLook {
  /** `debian`, `ubuntu`, ... and `12`: os-release(5). */
  readonly os: string;
  readonly version: string;
  /** `x86_64`, `aarch64`. */
  readonly arch: string;
  readonly systemd: boolean;
  readonly apt: boolean;
  /** Who is logged in. */
  readonly user: string;
  /** machine-id(5): by it fleet tells machines apart. */
  readonly machineId: string;
  /** IPv4 address of the interface with the default route; empty without one. */
  readonly address: string;
  /** Bytes free in /var/lib. */
  readonly free: number;
  readonly etcd: boolean;
  readonly docker: boolean;
  /** The checksum of the archive that its fleet is from; empty without one. */
  readonly fleet: string;
  readonly mark?: MachineMark;
}

const LOOK_MS = 30_000;

/** @throws TransientError, CommandError */
export async function lookAtHost(host: Transport, signal?: AbortSignal): Promise<HostLook> {
  const { exitCode, stdout, stderr } = await host.exec(['sh', '-c', await hostScript('look')], { timeoutMs: LOOK_MS, ...(signal ? { signal } : {}) });
  if (exitCode !== 0) throw new CommandError(['look'], exitCode, stderr);
  const values = parseValues(stdout);
  const text = (name: string): string => values.get(name) ?? '';
  const is = (name: string): boolean => text(name) === 'yes';
  const mark = values.has('machine.cluster') ? markOf((name) => text(`machine.${name}`)) : undefined;
  return {
    os: text('os'), version: text('version'), arch: text('arch'), systemd: is('systemd'), apt: is('apt'), user: text('user'), machineId: text('machine-id'), address: text('address'),
    free: Number(text('free')), etcd: is('etcd'), docker: is('docker'), fleet: text('fleet'), ...(mark ? { mark } : {}),
  };
}

/** Sees that the user may become root there. @throws PermanentError when not */
export async function requireRoot(host: Transport, place: string, user: string): Promise<void> {
  const { exitCode, stderr } = await host.exec(['sudo', '-n', 'true'], { timeoutMs: LOOK_MS });
  if (exitCode === 0) return;
  throw sudoProblem(place, user, stderr) ?? new PermanentError(`${user} cannot become root on ${place}: ${stderr.trim()}`, 'Log in as root, or as a user who may use sudo.');
}

/** Writes on the host that it is a machine of the cluster. @throws InvalidInputError when it is another one's */
export async function claimHost(root: Transport, { cluster, run, name, id }: Omit<MachineMark, 'discoveryUrl'>): Promise<MachineMark> {
  const argv = ['sh', '-c', await hostScript('claim'), 'claim', cluster, run, name, id];
  const { exitCode, stdout, stderr } = await root.exec(argv, { timeoutMs: LOOK_MS });
  if (exitCode !== 0) throw new CommandError(['claim', cluster, run, name, id], exitCode, stderr);
  const values = parseValues(stdout);
  const mark = markOf((key) => values.get(key) ?? '');
  if (mark.cluster === cluster && mark.name === name) return mark;
  throw new InvalidInputError(`${name} is ${mark.name} of the cluster ${mark.cluster} already`, `Take that one down first: fleetwright down --provider static --cluster ${mark.cluster}`);
}

function markOf(text: (name: string) => string): MachineMark {
  return { cluster: text('cluster'), run: text('run'), name: text('name'), id: text('id'), discoveryUrl: text('discovery-url') };
}

function parseValues(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
  }));
}

/** What is wrong with servers of one machine id, and what to do about it. */
export function sameMachineId(names: readonly string[]): readonly [fault: string, remedy: string] {
  return [
    `${names.join(', ')} have the same /etc/machine-id`,
    'fleet takes them for one machine: on all but one, as root, `rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup`, then reboot. Where they come from one image, empty both in it.',
  ];
}
