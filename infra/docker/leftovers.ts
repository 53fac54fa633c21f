/** What a Docker engine changes on the host and leaves when it ends: bridges, firewall rules, forwarding, mounts. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { processId } from '../processId.js';
import { asRoot, findProgram, runOnHost } from './hostCommand.js';

export interface NetworkBefore {
  /** Whether Docker's chains were there already: then they belong to somebody else. */
  readonly hadChains: boolean;
  /** `ACCEPT` or `DROP`: Docker sets the forward chain's policy to DROP when it turns forwarding on. */
  readonly forwardPolicy?: string;
  /** `0` or `1`: net.ipv4.ip_forward. */
  readonly forwarding?: string;
}

const TABLES = ['filter', 'nat', 'raw', 'mangle'] as const;
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** The state that `removeLeftovers` goes back to. */
export async function readNetwork(): Promise<NetworkBefore> {
  const rules = await listRules('filter');
  const forwardPolicy = rules.map((rule) => /^-P FORWARD (\w+)$/.exec(rule)?.[1]).find(Boolean);
  const forwarding = (await readFile(FORWARDING, 'utf8').catch(() => '')).trim();
  return {
    hadChains: rules.some((rule) => rule.startsWith('-N DOCKER')),
    ...(forwardPolicy ? { forwardPolicy } : {}),
    ...(forwarding ? { forwarding } : {}),
  };
}

/** Removes them. Does nothing while another engine is on this host, as the rules may be its own; never fails for what is not there. */
export async function removeLeftovers(before: NetworkBefore, bridges: readonly string[]): Promise<void> {
  if (before.hadChains || await anyEngineRuns()) return;
  const ours = ['docker0', ...bridges];
  for (const table of TABLES) {
    for (const argv of cleanUpRules(await listRules(table), ours)) await attempt(['iptables', '--wait', '-t', table, ...argv]);
  }
  if (before.forwardPolicy) await attempt(['iptables', '--wait', '-P', 'FORWARD', before.forwardPolicy]);
  for (const bridge of ours) await attempt(['ip', 'link', 'delete', bridge]);
  if (before.forwarding === '0') await attempt(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=0']);
}

/** Unmounts what an engine that was killed left mounted in its folder: the folder itself, network namespaces, containers' file systems. */
export async function unmountUnder(folder: string): Promise<void> {
  const mounts = mountPointsUnder(folder, await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
  for (const path of mounts) await attempt(['umount', '--', path]);
}

/**
 * The mount points in a folder, innermost first.
 * @param mountinfo as proc(5) describes it: the fifth field is the mount point, with octal escapes
 */
export function mountPointsUnder(folder: string, mountinfo: string): readonly string[] {
  return mountinfo.split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/**
 * The iptables arguments that take Docker's rules and chains out of one table.
 * @param rules as `iptables -S` prints them
 * @param bridges interfaces whose rules are Docker's
 */
export function cleanUpRules(rules: readonly string[], bridges: readonly string[]): readonly (readonly string[])[] {
  const chains = rules.flatMap((rule) => /^-N (DOCKER\S*)$/.exec(rule)?.[1] ?? []);
  // Docker writes no comments, so a rule of its own has no quoted words.
  const foreign = rules.map((rule) => rule.split(' '))
    .filter(([kind, chain = '']) => kind === '-A' && !chains.includes(chain))
    .filter((words) => words.every((word) => !word.includes('"')) && words.some((word) => chains.includes(word) || bridges.includes(word)));
  return [
    ...foreign.map(([, ...rest]) => ['-D', ...rest]),
    ...chains.map((chain) => ['-F', chain]),
    ...chains.map((chain) => ['-X', chain]),
  ];
}

/** Whether a dockerd runs in this network namespace: those in machines have their own. */
async function anyEngineRuns(): Promise<boolean> {
  // One that has ended and that nobody has waited for yet is none.
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name) && processId(Number(name)) !== undefined);
  const namespace = (pid: string): Promise<string> => readlink(`/proc/${pid}/ns/net`).catch(() => '');
  const here = await namespace('self');
  const engines = await Promise.all(pids.map(async (pid) => {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return name.trim() === 'dockerd' && [here, ''].includes(await namespace(pid));
  }));
  return engines.includes(true);
}

async function listRules(table: (typeof TABLES)[number]): Promise<readonly string[]> {
  if (!await findProgram('iptables')) return [];
  const out = await asRoot(['iptables', '--wait', '-t', table, '-S'], 'read the firewall').then((argv) => runOnHost(argv)).catch(() => '');
  return out.split('\n').filter(Boolean);
}

async function attempt(argv: readonly string[]): Promise<void> {
  await asRoot(argv, 'remove what Docker left').then((command) => runOnHost(command, { timeoutMs: 10_000 })).catch(() => undefined);
}
