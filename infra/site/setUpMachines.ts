/** Servers elsewhere become machines: every script on all of them at once, the services on the first in between. */
import type Docker from 'dockerode';
import type { MachineName } from '../../language/ids.js';
import { allEnded } from '../allEnded.js';
import { dockerOver } from '../docker/overTransport.js';
import { PermanentError } from '../errors.js';
import { buildFleet, cachedFleet, type FleetArchive, fleetFromUrl } from '../hostSetup/fleetArchive.js';
import { asRoot } from '../hostSetup/asRoot.js';
import { claimHost, type HostLook, lookAtHost, type MachineMark, sameMachineId } from '../hostSetup/look.js';
import { machineFiles, sendFiles } from '../hostSetup/machineFiles.js';
import { forgetPhases, runPhase } from '../hostSetup/phase.js';
import { hostScript } from '../hostSetup/scripts.js';
import { MACHINES_REGISTRY } from '../images/catalogue.js';
import { recordEffect } from '../ledger.js';
import type { Server } from '../provider.js';
import { workerConnections } from '../ssh/workerConnections.js';
import type { Elsewhere } from './elsewhere.js';
import { ensureMachineServices, machineDiscoveryUrl } from './machineServices.js';
import { type Reached, reachAll } from './reach.js';
import type { SeedRequest, SiteCall } from './site.js';

/** `configure` ends with it when it has changed nothing. */
const NOTHING = 'changed: nothing';
const ARCHES: readonly string[] = ['x86_64', 'aarch64'];

interface Host extends Reached {
  readonly look: HostLook;
  readonly mark: MachineMark;
}

/** @returns the names of those that were changed */
export async function setUpMachines(where: Elsewhere, servers: readonly Server[], request: SeedRequest, call: SiteCall): Promise<readonly MachineName[]> {
  const { provider, cluster, settings, engine } = where;
  const here = await engine();
  const hosts = await reachAll(provider, cluster, servers, call.signal, async (reached) => {
    const looked = await allEnded(reached.map((one) => claim(one, where, call)));
    refuseSameMachines(looked);
    const fleet = await fleetFor(settings['fleet-url'] ?? '', here, looked[0]!, call);
    await allEnded(looked.map((host) => install(host, fleet, call)));
    return looked;
  });
  // A login that began before its user was let to Docker does not see it.
  workerConnections.clear();
  return reachAll(provider, cluster, servers, call.signal, async (reached) => {
    const { server: first, machine } = reached[0]!;
    const place = { cluster, machine, docker: dockerOver(machine), privateAddress: first.privateAddress };
    await ensureMachineServices(place, here, call);
    const known = hosts.map(({ mark }) => mark.discoveryUrl).find((url) => url !== '') ?? request.discoveryUrl;
    const discoveryUrl = known || await machineDiscoveryUrl(place, servers.length, call);
    const files = await machineFiles({ discoveryUrl, registryAddress: first.privateAddress, template: request.template });
    const peers = servers.map(({ privateAddress }) => privateAddress);
    const changed = await allEnded(reached.map((one) => configure(one, { files, discoveryUrl, peers }, call)));
    for (const [i, { server }] of reached.entries()) if (changed[i]) recordEffect({ effect: 'set-up-machine', cluster, key: server.name, run: call.run });
    return reached.flatMap(({ server }, i) => (changed[i] ? [server.name] : []));
  });
}

async function claim({ server, machine }: Reached, { cluster }: Elsewhere, { run, signal }: SiteCall): Promise<Host> {
  const look = await lookAtHost(machine, signal);
  if (!look.apt || !look.systemd) throw new PermanentError(`${server.name} runs ${look.os} ${look.version}`.trim(), 'Use Debian 12 or a current Ubuntu with systemd.');
  if (!ARCHES.includes(look.arch)) throw new PermanentError(`${server.name} is a ${look.arch}`, `Use a server with one of ${ARCHES.join(', ')}.`);
  const mark = look.mark ?? await claimHost(asRoot(machine), { cluster, run, name: server.name, id: server.id });
  return { server, machine, look, mark };
}

/** @throws PermanentError for servers that fleet would take for one machine */
export function refuseSameMachines(hosts: readonly { readonly server: Pick<Server, 'name'>; readonly look: Pick<HostLook, 'machineId'> }[]): void {
  const ids = hosts.map(({ look }) => look.machineId);
  const again = ids.find((id, i) => id !== '' && ids.indexOf(id) !== i);
  if (again === undefined) return;
  throw new PermanentError(...sameMachineId(hosts.filter(({ look }) => look.machineId === again).map(({ server }) => server.name)));
}

/** From the URL, the cache, an engine here, or that of the first machine, which gets Docker for it before all else. */
async function fleetFor(url: string, here: Docker | undefined, first: Host, call: SiteCall): Promise<FleetArchive> {
  if (url !== '') return fleetFromUrl(url);
  const cached = await cachedFleet();
  if (cached) return cached;
  if (here) return buildFleet(here, call);
  await runPhase(first.machine, { name: 'install', script: await hostScript('install'), environment: { FLEET_SHA256: '', FLEET_URL: '', LOGIN: first.look.user }, ...call });
  return buildFleet(dockerOver(first.machine), call);
}

async function install({ server, machine, look }: Host, fleet: FleetArchive, call: SiteCall): Promise<void> {
  const listed = progress(server, call);
  if ('content' in fleet && look.fleet !== fleet.sha256) await sendFiles(machine, new Map([['fleet.tar.gz', fleet.content]]));
  const environment = { FLEET_SHA256: fleet.sha256, FLEET_URL: 'url' in fleet ? fleet.url : '', LOGIN: look.user };
  await runPhase(machine, { name: 'install', script: await hostScript('install'), environment, ...listed });
}

interface Configuration {
  readonly files: ReadonlyMap<string, string>;
  readonly discoveryUrl: string;
  readonly peers: readonly string[];
}

/** @returns whether anything was changed */
async function configure({ server, machine }: Reached, { files, discoveryUrl, peers }: Configuration, call: SiteCall): Promise<boolean> {
  await sendFiles(machine, files);
  const environment = {
    MACHINE: server.name,
    PRIVATE_IPV4: server.privateAddress,
    PUBLIC_IPV4: server.publicAddress,
    METADATA: Object.entries(server.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(','),
    REGISTRY: MACHINES_REGISTRY,
    DISCOVERY_URL: discoveryUrl,
    PEERS: peers.join(' '),
  };
  const output = await runPhase(machine, { name: 'configure', script: await hostScript('configure'), environment, ...progress(server, call) });
  await forgetPhases(machine);
  return !output.trimEnd().endsWith(NOTHING);
}

function progress({ name }: Server, call: SiteCall): SiteCall {
  return { ...call, onProgress: (line) => call.onProgress(`${name}: ${line}`) };
}
