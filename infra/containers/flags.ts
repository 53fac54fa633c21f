/** What each flag of `options:` does to the request that creates the container. The names are those of `docker create`. */
import type Docker from 'dockerode';
import { InvalidInputError } from '../errors.js';
import { bad, booleanOf, bytesOf, nanosecondsOf, numberOf, pairOf } from './values.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The part of the engine's request that flags write; lists grow with each flag. */
export interface CreateDraft {
  readonly config: Mutable<Pick<Docker.ContainerCreateOptions, 'Hostname' | 'Domainname' | 'User' | 'WorkingDir' | 'StopSignal' | 'StopTimeout' | 'MacAddress' | 'Tty' | 'platform'>>;
  readonly host: Mutable<Docker.HostConfig>;
  readonly health: Mutable<Docker.HealthConfig>;
  readonly env: string[];
  readonly labels: Record<string, string>;
  readonly volumes: string[];
  readonly ports: string[];
  readonly exposed: string[];
  readonly aliases: string[];
  entrypoint?: string[];
}

export interface Flag {
  /** False: it stands alone, or with `=true`. @default true */
  readonly value?: boolean;
  readonly apply: (draft: CreateDraft, value: string, flag: string) => void;
}

const switchOf = (apply: (draft: CreateDraft, on: boolean) => void): Flag => ({ value: false, apply: (draft, value, flag) => apply(draft, booleanOf(value, flag)) });
const text = (apply: (draft: CreateDraft, value: string) => void): Flag => ({ apply });
const number = (apply: (draft: CreateDraft, value: number) => void): Flag => ({ apply: (draft, value, flag) => apply(draft, numberOf(value, flag)) });
const size = (apply: (draft: CreateDraft, value: number) => void): Flag => ({ apply: (draft, value, flag) => apply(draft, value === '-1' ? -1 : bytesOf(value, flag)) });
const duration = (apply: (draft: CreateDraft, value: number) => void): Flag => ({ apply: (draft, value, flag) => apply(draft, nanosecondsOf(value, flag)) });
const nothing = switchOf(() => undefined);

type ListKey = 'CapAdd' | 'CapDrop' | 'Dns' | 'DnsSearch' | 'DnsOptions' | 'ExtraHosts' | 'GroupAdd' | 'SecurityOpt' | 'VolumesFrom';
const list = (key: ListKey): Flag => text(({ host }, value) => void (host[key] = [...(host[key] as string[] | undefined ?? []), value]));

/** By name in full. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  'add-host': list('ExtraHosts'),
  'cap-add': list('CapAdd'),
  'cap-drop': list('CapDrop'),
  'cgroupns': text(({ host }, value) => void Object.assign(host, { CgroupnsMode: value })),
  'cpu-period': number(({ host }, value) => void (host.CpuPeriod = value)),
  'cpu-quota': number(({ host }, value) => void (host.CpuQuota = value)),
  'cpu-shares': number(({ host }, value) => void (host.CpuShares = value)),
  'cpus': number(({ host }, value) => void (host.NanoCpus = Math.round(value * 1e9))),
  'cpuset-cpus': text(({ host }, value) => void (host.CpusetCpus = value)),
  'device': text(({ host }, value) => {
    const [outside = '', inside = outside, rights = 'rwm'] = value.split(':');
    host.Devices = [...(host.Devices ?? []), { PathOnHost: outside, PathInContainer: inside, CgroupPermissions: rights }];
  }),
  'dns': list('Dns'),
  'dns-option': list('DnsOptions'),
  'dns-search': list('DnsSearch'),
  'domainname': text(({ config }, value) => void (config.Domainname = value)),
  'entrypoint': text((draft, value) => void (draft.entrypoint = value === '' ? [] : [value])),
  'env': {
    apply: ({ env }, value, flag) => {
      if (!/^[^=]+=/.test(value)) throw bad(flag, value, 'NAME=VALUE (nothing of the worker\'s own environment is handed over)');
      env.push(value);
    },
  },
  'expose': text(({ exposed }, value) => void exposed.push(value)),
  'group-add': list('GroupAdd'),
  'health-cmd': text(({ health }, value) => void (health.Test = ['CMD-SHELL', value])),
  'health-interval': duration(({ health }, value) => void (health.Interval = value)),
  'health-retries': number(({ health }, value) => void (health.Retries = value)),
  'health-start-period': duration(({ health }, value) => void (health.StartPeriod = value)),
  'health-timeout': duration(({ health }, value) => void (health.Timeout = value)),
  'hostname': text(({ config }, value) => void (config.Hostname = value)),
  'init': switchOf(({ host }, on) => void (host.Init = on)),
  // It reads nothing, and it is removed when the job ends, with or without these.
  'interactive': nothing,
  'rm': nothing,
  'ipc': text(({ host }, value) => void (host.IpcMode = value)),
  'label': text(({ labels }, value) => {
    const [name, content] = pairOf(value);
    labels[name] = content;
  }),
  'log-driver': text(({ host }, value) => void (host.LogConfig = { Type: value, Config: host.LogConfig?.Config ?? {} })),
  'log-opt': text(({ host }, value) => {
    const [name, content] = pairOf(value);
    host.LogConfig = { Type: host.LogConfig?.Type ?? '', Config: { ...host.LogConfig?.Config, [name]: content } };
  }),
  'mac-address': text(({ config }, value) => void (config.MacAddress = value)),
  'memory': size(({ host }, value) => void (host.Memory = value)),
  'memory-reservation': size(({ host }, value) => void (host.MemoryReservation = value)),
  'memory-swap': size(({ host }, value) => void (host.MemorySwap = value)),
  'memory-swappiness': number(({ host }, value) => void (host.MemorySwappiness = value)),
  'network-alias': text(({ aliases }, value) => void aliases.push(value)),
  'no-healthcheck': switchOf(({ health }, on) => void (on && (health.Test = ['NONE']))),
  'oom-kill-disable': switchOf(({ host }, on) => void (host.OomKillDisable = on)),
  'oom-score-adj': number(({ host }, value) => void (host.OomScoreAdj = value)),
  'pid': text(({ host }, value) => void (host.PidMode = value)),
  'pids-limit': number(({ host }, value) => void (host.PidsLimit = value)),
  'platform': text(({ config }, value) => void (config.platform = value)),
  'privileged': switchOf(({ host }, on) => void (host.Privileged = on)),
  'publish': text(({ ports }, value) => void ports.push(value)),
  'publish-all': switchOf(({ host }, on) => void (host.PublishAllPorts = on)),
  'read-only': switchOf(({ host }, on) => void (host.ReadonlyRootfs = on)),
  'restart': text(({ host }, value) => {
    const [name = '', retries = '0'] = value.split(':');
    host.RestartPolicy = { Name: name, MaximumRetryCount: Number(retries) };
  }),
  'runtime': text(({ host }, value) => void (host.Runtime = value)),
  'security-opt': list('SecurityOpt'),
  'shm-size': size(({ host }, value) => void (host.ShmSize = value)),
  'stop-signal': text(({ config }, value) => void (config.StopSignal = value)),
  'stop-timeout': number(({ config }, value) => void (config.StopTimeout = value)),
  'sysctl': text(({ host }, value) => {
    const [name, content] = pairOf(value);
    host.Sysctls = { ...host.Sysctls, [name]: content };
  }),
  'tmpfs': text(({ host }, value) => {
    const at = value.indexOf(':');
    host.Tmpfs = { ...(host.Tmpfs as Record<string, string> | undefined), [at < 0 ? value : value.slice(0, at)]: at < 0 ? '' : value.slice(at + 1) };
  }),
  'tty': switchOf(({ config }, on) => void (config.Tty = on)),
  'ulimit': {
    apply: ({ host }, value, flag) => {
      const [, name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
      if (name === undefined) throw bad(flag, value, 'a limit like nofile=1024:2048');
      host.Ulimits = [...(host.Ulimits as object[] | undefined ?? []), { Name: name, Soft: Number(soft), Hard: Number(hard) }];
    },
  },
  'user': text(({ config }, value) => void (config.User = value)),
  'userns': text(({ host }, value) => void (host.UsernsMode = value)),
  'volume': text(({ volumes }, value) => void volumes.push(value)),
  'volumes-from': list('VolumesFrom'),
  'workdir': text(({ config }, value) => void (config.WorkingDir = value)),
};

export const SHORT: Readonly<Record<string, string>> = {
  a: 'attach', c: 'cpu-shares', e: 'env', h: 'hostname', i: 'interactive', l: 'label', m: 'memory', p: 'publish', P: 'publish-all', t: 'tty', u: 'user', v: 'volume', w: 'workdir',
};

const REFUSED: Readonly<Record<string, string>> = {
  'name': 'The container\'s name is how it is found again: leave it out. Steps and services reach a service by its key.',
  'network': 'All containers of a job are in the job\'s own network: leave it out.',
  'net': 'All containers of a job are in the job\'s own network: leave it out.',
};

/** @throws InvalidInputError for a flag that GitHub refuses, or that is not known here */
export function flagOf(name: string, written: string): Flag {
  if (Object.hasOwn(REFUSED, name)) throw new InvalidInputError(`options: ${written} is not supported for a job's containers`, REFUSED[name]!);
  if (Object.hasOwn(FLAGS, name)) return FLAGS[name]!;
  throw new InvalidInputError(`options: ${written} is not known here`, `Take it out, or use one of: ${Object.keys(FLAGS).map((known) => `--${known}`).join(', ')}.`);
}
