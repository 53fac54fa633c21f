/**
 * The static provider: servers that the user has, listed in an inventory.
 *
 * 1. A server is of the cluster that is written on the server itself (`/var/lib/fleetwright/machine`), and of none without that: nothing is kept here.
 * 2. "Booting" one is to write that; what makes a machine of it comes after (`site/setUpMachines.ts`). "Deleting" one undoes both.
 */
import { randomUUID } from 'node:crypto';
import type { InventoryHost } from '../../../language/inventory.js';
import type { ClusterName, MachineName } from '../../../language/ids.js';
import { allEnded } from '../../allEnded.js';
import { InvalidInputError, PermanentError, TransientError } from '../../errors.js';
import { asRoot } from '../../hostSetup/asRoot.js';
import { claimHost, requireRoot } from '../../hostSetup/look.js';
import { removeMachine } from '../../hostSetup/removeMachine.js';
import { recordEffect } from '../../ledger.js';
import { once } from '../../once.js';
import type { Provider, ProviderSettings, Removal, Server, ServerRequest } from '../../provider.js';
import type { Secret } from '../../secret.js';
import { checkHosts } from './check.js';
import { hostLogin, onHost, type HostAccess, see, serverOf, silentServer } from './hosts.js';
import { loadInventory } from './inventory.js';

export interface StaticProviderOptions {
  /** `inventory`: path; `accept-new`: `true` adds unknown host keys to known_hosts; `ssh-key`: path of a private key. */
  readonly settings: ProviderSettings;
  /** The password of sudo, where it asks for one. */
  readonly sudoPassword: () => Promise<Secret | undefined>;
}

const REMOVAL_MS = 30 * 60_000;
const NOTHING: Removal = { removed: [], left: [] };

export function staticProvider({ settings, sudoPassword }: StaticProviderOptions): Provider {
  // A key that was given for the run goes for every server for which the inventory names none.
  const key = settings['ssh-key'] ? { key: settings['ssh-key'] } : {};
  const hosts = once(async () => (await loadInventory(settings['inventory'] ?? '')).hosts.map((host) => ({ ...key, ...host })));
  const access = once(async (): Promise<HostAccess> => ({ acceptNew: settings['accept-new'] === 'true', sudoPassword: await sudoPassword() }));
  const hostNamed = async (name: MachineName): Promise<InventoryHost> => {
    const found = (await hosts()).find((host) => host.name === name);
    if (found) return found;
    throw new InvalidInputError(`the inventory has no server ${name}`, `It has ${(await hosts()).map((host) => host.name).join(', ')}.`);
  };
  return {
    name: 'static',
    place: 'elsewhere',
    machineNames: async (count) => firstNames(await hosts(), count),
    check: async (cluster, { machines }) => checkHosts((await hosts()).slice(0, machines), machines, cluster, await access()),
    listServers: async (cluster) => listServers(await hosts(), cluster, await access()),
    ensureServer: async (request, signal) => ensureServer(await hostNamed(request.name), request, await access(), signal),
    login: async (_cluster, { name }) => hostLogin(await hostNamed(name), await access()),
    deleteServer: async (cluster, name) => deleteServer(await hostNamed(name), cluster, await access()),
    deleteCluster: async (cluster) => {
      const removals = await allEnded((await hosts()).map(async (host) => deleteServer(host, cluster, await access())));
      return { removed: removals.flatMap(({ removed }) => removed), left: removals.flatMap(({ left }) => left) };
    },
  };
}

function firstNames(hosts: readonly InventoryHost[], count: number): readonly MachineName[] {
  if (hosts.length >= count) return hosts.slice(0, count).map(({ name }) => name);
  throw new InvalidInputError(`the inventory has ${hosts.length} servers, and ${count} machines are asked for`, `Add servers to it, or ask for --machines ${hosts.length}.`);
}

/** In the order of the inventory. @throws PermanentError that names every host which does not let us in; TransientError when none answers */
async function listServers(hosts: readonly InventoryHost[], cluster: ClusterName, access: HostAccess): Promise<readonly Server[]> {
  const looks = await Promise.all(hosts.map((host) => see(host, access).catch((error: unknown) => error as Error)));
  const refused = looks.filter((look): look is PermanentError => look instanceof PermanentError);
  if (refused.length > 0) throw new PermanentError([...new Set(refused.map(({ message, remedy }) => message.slice(0, message.length - remedy.length).trimEnd()))].join('\n'), refused[0]!.remedy);
  const failed = looks.find((look): look is Error => look instanceof Error && !(look instanceof TransientError));
  if (failed) throw failed;
  const silent = looks.filter((look): look is TransientError => look instanceof TransientError);
  if (silent.length === hosts.length) throw silent[0]!;
  const servers = await Promise.all(looks.map(async (look, i) => {
    if (look instanceof Error) return [silentServer(hosts[i]!, cluster)];
    const { mark } = look.look;
    return mark?.cluster === cluster ? [await serverOf(look, mark)] : [];
  }));
  return servers.flat();
}

async function ensureServer(host: InventoryHost, { name, tags: { cluster, run } }: ServerRequest, access: HostAccess, signal?: AbortSignal): Promise<Server> {
  const seen = await see(host, access, signal);
  const before = seen.look.mark;
  const mark = await onHost(seen.login, async (machine) => {
    await requireRoot(machine, name, seen.login.username);
    return claimHost(asRoot(machine), { cluster, run, name, id: randomUUID() });
  }, signal);
  if (before === undefined) recordEffect({ effect: 'create-server', cluster, key: name, run });
  return serverOf(seen, mark);
}

async function deleteServer(host: InventoryHost, cluster: ClusterName, access: HostAccess): Promise<Removal> {
  const signal = AbortSignal.timeout(REMOVAL_MS);
  try {
    const { login, look } = await see(host, access, signal);
    if (look.mark?.cluster !== cluster) return NOTHING;
    const removal = await onHost(login, (machine) => removeMachine(machine, host.name, signal), signal);
    if (removal.left.length > 0) return removal;
    recordEffect({ effect: 'delete-server', cluster, key: host.name });
    return { removed: [`server ${host.name}`, ...removal.removed], left: [] };
  } catch (error) {
    return { removed: [], left: [`server ${host.name}: ${(error as Error).message.split('\n', 1)[0]}`] };
  }
}
