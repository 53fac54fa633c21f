/** The engine that we start by hand where no systemd runs: its own folders, socket, subnets and log; it leaves nothing behind. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logTail, startDaemon } from '../daemon.js';
import { PermanentError } from '../errors.js';
import { stateDir } from '../paths.js';
import { isAlive, processId, type ProcessId } from '../processId.js';
import { waitFor } from '../wait.js';
import { openDocker } from './client.js';
import { ownSocket, ping } from './find.js';
import { asRoot, findProgram, runOnHost } from './hostCommand.js';
import { type NetworkBefore, readNetwork, removeLeftovers, unmountUnder } from './leftovers.js';

/** The Docker inside the machines takes 172.17.0.0/16, so ours does not. */
const BRIDGE = '172.30.0.1/24';
const ADDRESS_POOL = 'base=10.210.0.0/16,size=24';
const START_MS = 60_000;
/** The engine ends its containers first. */
const STOP_MS = 60_000;

export interface OwnEngineOptions {
  /** Further arguments of dockerd. @default none */
  readonly engineArguments?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** A path in the folder where our engine keeps everything: data, sockets, pid files, log. */
export function engineRoot(...parts: string[]): string {
  return stateDir('docker', ...parts);
}

/** @throws PermanentError with the end of its log when it ends, or does not answer in a minute */
export async function startOwnEngine(options: OwnEngineOptions = {}): Promise<void> {
  const argv = await engineArgv(options);
  await mkdir(engineRoot(), { recursive: true, mode: 0o711 });
  if (!await ownProcess()) {
    await removeStalePidFiles();
    // After a crash the file is there, and what it says is from before our engine's rules.
    await writeFile(networkFile(), JSON.stringify(await readNetwork()), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  }
  const { pid } = await startDaemon('docker', argv, { logFile: logFile(), signal: options.signal });
  const docker = await openDocker({ socketPath: ownSocket() });
  const answered = await waitFor(async () => {
    if (await ping(docker, options.signal).then(() => true, () => false)) return true;
    return processId(pid) ? undefined : false;
  }, { timeoutMs: START_MS, signal: options.signal });
  if (answered) return;
  throw new PermanentError(
    `the Docker engine ${answered === false ? 'ended at once' : 'does not answer'}:\n${logTail(logFile())}`,
    `See ${logFile()}; starting an engine takes full rights, overlayfs and iptables.`,
  );
}

/**
 * Stops the engine that we started, and its containers, then takes its bridges and firewall rules away where no other engine is on
 * this host. A no-op when it does not run: a process that only has its number is left alone.
 * @returns whether it ran
 * @throws PermanentError when it does not end
 */
export async function stopOwnEngine(signal?: AbortSignal): Promise<boolean> {
  const id = await ownProcess();
  if (!id) return false;
  const bridges = await engineBridges();
  await endProcess(id, signal);
  await unmountUnder(engineRoot());
  const before = await readFile(networkFile(), 'utf8').then((text) => JSON.parse(text) as NetworkBefore, () => undefined);
  if (before) await removeLeftovers(before, bridges);
  await Promise.all([networkFile(), pidFile(), ownSocket()].map((path) => rm(path, { force: true })));
  return true;
}

async function engineArgv({ engineArguments = [] }: OwnEngineOptions): Promise<readonly string[]> {
  const dockerd = await findProgram('dockerd') ?? 'dockerd';
  return asRoot([
    // Machines open many files; where the limit may not be raised, the given one must do.
    '/bin/sh', '-c', 'ulimit -n 1048576 2>/dev/null || true; exec "$@"', 'sh', dockerd,
    '--host', `unix://${ownSocket()}`, '--group', String(process.getgid?.() ?? 0),
    '--data-root', engineRoot('data'), '--exec-root', engineRoot('exec'), '--pidfile', pidFile(),
    '--bip', BRIDGE, '--default-address-pool', ADDRESS_POOL, '--log-level', 'warn', ...engineArguments,
  ], 'start Docker');
}

/** Our engine's process. The pid file alone may be stale: the process must also have been told to listen on our socket. */
async function ownProcess(): Promise<ProcessId | undefined> {
  const pid = Number.parseInt(await readFile(pidFile(), 'utf8').catch(() => ''), 10);
  const id = Number.isInteger(pid) ? processId(pid) : undefined;
  const argv = id ? (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0') : [];
  return argv.includes(`unix://${ownSocket()}`) ? id : undefined;
}

/**
 * The engine and its containerd take any process with the number in their pid files for themselves, even one that has ended and
 * that nobody waits for: they would wait for it in vain.
 */
async function removeStalePidFiles(): Promise<void> {
  await rm(pidFile(), { force: true });
  const path = engineRoot('exec', 'containerd', 'containerd.pid');
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (!processId(pid) || command.trim() !== 'containerd') await rm(path, { force: true });
}

async function endProcess(id: ProcessId, signal: AbortSignal | undefined): Promise<void> {
  const gone = (): true | undefined => (isAlive(id) ? undefined : true);
  for (const [name, timeoutMs] of [['TERM', STOP_MS], ['KILL', 10_000]] as const) {
    if (isAlive(id)) await runOnHost(await asRoot(['kill', `-${name}`, String(id.pid)], 'stop Docker')).catch(() => undefined);
    if (await waitFor(gone, { timeoutMs, signal })) return;
  }
  throw new PermanentError(`the Docker engine (process ${id.pid}) does not end`, 'It waits in the kernel, on a disk perhaps: see `ps` and `dmesg`.');
}

/** Names of the bridges of the engine's networks, while it still answers. */
async function engineBridges(): Promise<readonly string[]> {
  const docker = await openDocker({ socketPath: ownSocket() });
  const networks = await docker.listNetworks({ abortSignal: AbortSignal.timeout(10_000) }).catch(() => []);
  return networks.filter(({ Driver }) => Driver === 'bridge')
    .map(({ Id, Options }) => (Options as Record<string, string> | null)?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`);
}

function logFile(): string {
  return engineRoot('dockerd.log');
}

function pidFile(): string {
  return join(engineRoot(), 'docker.pid');
}

/** What the network was like before the engine was started. */
function networkFile(): string {
  return join(engineRoot(), 'network-before.json');
}
