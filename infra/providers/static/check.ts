/** What can be known of the user's servers before anything is changed on them. */
import type { InventoryHost } from '../../../language/inventory.js';
import type { ClusterName } from '../../../language/ids.js';
import { failedCheck, type HostCheck } from '../../host/checks.js';
import { type HostLook, requireRoot, sameMachineId } from '../../hostSetup/look.js';
import { type HostAccess, onHost, see, type SeenHost } from './hosts.js';

/** Packages, images and their layers. */
const NEEDED_BYTES = 4 * 1024 ** 3;
const UNREACHED = 'See that it runs, that its address and port are right, and that ssh gets there.';

/** A check a host. Never throws for one host. */
export async function checkHosts(hosts: readonly InventoryHost[], machines: number, cluster: ClusterName, access: HostAccess): Promise<readonly HostCheck[]> {
  const enough: HostCheck = { name: 'inventory', ok: hosts.length >= machines, detail: `${hosts.length} servers for ${machines} machines`, remedy: 'Add servers to it, or ask for fewer machines.' };
  const seen = await Promise.all(hosts.map((host) => look(host, access)));
  const names = (id: string): readonly string[] => seen.flatMap((one, i) => (!(one instanceof Error) && one.look.machineId === id ? [hosts[i]!.name] : []));
  return [enough, ...seen.map((one, i) => (one instanceof Error ? failedCheck(hosts[i]!.name, one, UNREACHED) : finding(one, cluster, names(one.look.machineId))))];
}

async function look(host: InventoryHost, access: HostAccess): Promise<SeenHost | Error> {
  try {
    const seen = await see(host, access);
    await onHost(seen.login, (machine) => requireRoot(machine, host.name, seen.login.username));
    return seen;
  } catch (error) {
    return error as Error;
  }
}

/** @param same the servers with this machine id */
function finding({ host, login, look }: SeenHost, cluster: ClusterName, same: readonly string[]): HostCheck {
  const fault = same.length > 1 ? sameMachineId(same) : faultOf(look, cluster);
  const detail = `${login.username}@${login.host}, ${look.os} ${look.version} ${look.arch}, ${(look.free / 1024 ** 3).toFixed(1)} GiB free`;
  return { name: host.name, ok: fault === undefined, detail: fault ? `${detail}: ${fault[0]}` : detail, ...(fault ? { remedy: fault[1] } : {}) };
}

/** What is wrong and what to do about it. */
function faultOf({ apt, systemd, arch, etcd, free, mark }: HostLook, cluster: ClusterName): readonly [string, string] | undefined {
  if (mark && mark.cluster !== cluster) return [`it is ${mark.name} of the cluster ${mark.cluster}`, `Take that one down first: fleetwright down --provider static --cluster ${mark.cluster}`];
  if (!apt || !systemd) return ['no Debian with systemd', 'Use Debian 12 or a current Ubuntu.'];
  if (arch !== 'x86_64' && arch !== 'aarch64') return ['no processor that is supported', 'Use x86_64 or aarch64.'];
  if (etcd && !mark) return ['it runs an etcd already', 'The cluster needs one of its own: remove that one (apt-get purge etcd-server), or use another server.'];
  if (free < (mark ? NEEDED_BYTES / 20 : NEEDED_BYTES)) return [`${NEEDED_BYTES / 1024 ** 3} GiB are needed in /var/lib`, 'Free disk space there.'];
  return undefined;
}
