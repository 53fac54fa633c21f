/** The files of a machine's set-up: those of the machine image and of its cloud-config, so that a server of the user's becomes the same. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { parse } from 'yaml';
import { cloudConfig } from '../cloudInit/userData.js';
import { CommandError } from '../errors.js';
import { packagePath } from '../paths.js';
import type { Transport } from '../transport.js';
import { asRoot } from './asRoot.js';

/** Where the scripts find them. */
const FOLDER = '/var/lib/fleetwright/files';
const UNITS = ['fleet.service', 'fleet.socket', 'etcd.service.d/10-discovery.conf'] as const;

export interface MachineFilesRequest {
  readonly discoveryUrl: string;
  readonly registryAddress: string;
  /** Path of a cloud-config template; empty for the one that ships. */
  readonly template: string;
}

/** By path below FOLDER. @throws InvalidInputError for a template that cannot be filled in */
export async function machineFiles({ discoveryUrl, registryAddress, template }: MachineFilesRequest): Promise<ReadonlyMap<string, string>> {
  const text = await cloudConfig({ 'discovery-url': discoveryUrl, 'registry-address': registryAddress }, template || undefined);
  const { write_files: written = [] } = parse(text) as { readonly write_files?: readonly { readonly path: string; readonly content: string }[] };
  const content = (path: string): string => written.find((file) => file.path === path)?.content ?? '';
  const units = await Promise.all(UNITS.map(async (unit) => [`units/${unit}`, await readFile(packagePath('docker-images', 'machine', 'units', unit), 'utf8')] as const));
  const own = await Promise.all(['firewall', 'firewall.service'].map(async (name) => [name, await readFile(packagePath('host-setup', name), 'utf8')] as const));
  return new Map([...units, ...own, ['daemon.json', content('/etc/docker/daemon.json')], ['coreos-cluster-setup', content('/usr/local/sbin/coreos-cluster-setup')]]);
}

/** Puts files below FOLDER, all at once. @throws TransientError, CommandError */
export async function sendFiles(machine: Transport, files: ReadonlyMap<string, string | Buffer>): Promise<void> {
  const archive = pack();
  for (const [name, content] of files) archive.entry({ name, mode: 0o600, uid: 0, gid: 0 }, content as string);
  archive.finalize();
  const argv = ['sh', '-c', 'umask 077; mkdir -p -- "$1" && tar -x -o -C "$1"', 'sh', FOLDER];
  const { exitCode, stderr } = await asRoot(machine).exec(argv, { stdin: await buffer(archive), timeoutMs: 300_000 });
  if (exitCode !== 0) throw new CommandError(['tar', '-x', '-C', FOLDER], exitCode, stderr);
}
