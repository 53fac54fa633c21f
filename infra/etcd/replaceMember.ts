/**
 * A machine that lost its disk and came back under its old name: etcd's discovery knows the name and refuses it, so the old member
 * is taken out of the cluster and the machine put in, as etcd's runtime reconfiguration guide says
 * (etcd v3.4, op-guide/runtime-configuration: "Replace a failed machine").
 */
import type { MachineName } from '../../language/ids.js';
import { CommandError } from '../errors.js';
import type { ExecResult, Transport } from '../transport.js';
import type { EtcdClient } from './client.js';

/** What etcd writes when discovery has the name and the disk has nothing (etcd v3.4, etcdmain/etcd.go). */
const LOST_DISK = 'has previously registered with discovery service token';
/** After the unit's own settings; UnsetEnvironment is applied last of all (systemd.exec(5)). */
const DROP_IN = '/etc/systemd/system/etcd.service.d/20-member.conf';
const DATA_DIR = '/var/lib/etcd/default';

export interface LostMember {
  readonly name: MachineName;
  /** Its address in the cluster, as its etcd advertises it. */
  readonly privateAddress: string;
  readonly machine: Transport;
}

/**
 * Puts the machine into the cluster in its old member's place, if it lost its disk; any other trouble is left alone. Safe to
 * repeat: each part finds what an earlier try has done.
 * @param healthy the etcd of a machine that has a leader
 * @returns whether it did
 * @throws TransientError, PermanentError
 */
export async function replaceLostMember(healthy: EtcdClient, { name, privateAddress, machine }: LostMember): Promise<boolean> {
  if (!(await hasLostDisk(machine))) return false;
  const peerUrl = `http://${privateAddress}:2380`;
  const old = (await healthy.members()).find((member) => member.name === name);
  if (old) await healthy.removeMember(old.id);
  await healthy.addMember([peerUrl]);
  const peers = (await healthy.members()).map((member) => `${member.name || name}=${member.peerURLs[0]}`);
  await command(machine, ['sudo', '-n', 'systemctl', 'stop', 'etcd.service']);
  await command(machine, ['sudo', '-n', 'rm', '-rf', '--', DATA_DIR]);
  await machine.writeFile(DROP_IN, dropIn(peers), { mode: 0o644, sudo: true });
  await command(machine, ['sudo', '-n', 'systemctl', 'daemon-reload']);
  await command(machine, ['sudo', '-n', 'systemctl', 'start', '--no-block', 'etcd.service']);
  // It may be in the middle of a minute's pause, having found no etcd.
  await command(machine, ['sudo', '-n', 'systemctl', 'restart', '--no-block', 'fleet.service']);
  return true;
}

/** Only what etcd's last start says counts: an earlier one may have been before it was put in. */
async function hasLostDisk(machine: Transport): Promise<boolean> {
  const { stdout: id } = await machine.exec(['systemctl', 'show', '--property', 'InvocationID', '--value', 'etcd.service'], { timeoutMs: 10_000 });
  if (id.trim() === '') return false;
  const { stdout } = await machine.exec(['journalctl', '--no-pager', '--output', 'cat', `_SYSTEMD_INVOCATION_ID=${id.trim()}`], { timeoutMs: 10_000 });
  return stdout.includes(LOST_DISK);
}

function dropIn(peers: readonly string[]): string {
  return [
    '# This machine took the place of a lost one: it joins the cluster that is there, not by discovery.',
    '[Service]',
    'UnsetEnvironment=ETCD_DISCOVERY ETCD_DISCOVERY_FALLBACK',
    `Environment=ETCD_INITIAL_CLUSTER=${peers.join(',')} ETCD_INITIAL_CLUSTER_STATE=existing`,
    '',
  ].join('\n');
}

/** @throws CommandError */
async function command(machine: Transport, argv: readonly string[]): Promise<ExecResult> {
  const result = await machine.exec(argv, { timeoutMs: 60_000 });
  if (result.exitCode !== 0) throw new CommandError(argv, result.exitCode, result.stderr);
  return result;
}
