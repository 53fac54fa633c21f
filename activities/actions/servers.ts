/** `boot-servers`, `delete-servers` and `delete-cluster`: what the provider has of a cluster. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ClusterName, RunId } from '../../language/ids.js';
import { allEnded } from '../../infra/allEnded.js';
import { InvalidInputError } from '../../infra/errors.js';
import { imageNames } from '../../infra/images/catalogue.js';
import { clusterDir } from '../../infra/paths.js';
import type { Removal, Server } from '../../infra/provider.js';
import { deleteWorkspace, workspacesOf } from '../../infra/script/workspaces.js';
import { ensureClusterKey, type ClusterKey } from '../../infra/ssh/keys.js';
import { forgetHost } from '../../infra/ssh/knownHosts.js';
import { action, numberInput, optionalInput, undo, type Action, type Undo } from '../action.js';
import { openCluster, siteCall, type Cluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { deleteAll, deleteRest, together } from './rest.js';

export function bootServersAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal, log } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const before = new Map((await cluster.provider.listServers(cluster.name)).map((server) => [server.name, server]));
    const { publicKey } = await clusterKey(cluster.name, optionalInput(input.with, 'ssh-key'), before.size > 0);
    const call = siteCall(input, attendance);
    const request = {
      discoveryUrl: optionalInput(input.with, 'discovery-url'),
      template: optionalInput(input.with, 'user-data'),
      images: imageNames(optionalInput(input.with, 'images').split(/\s+/).filter(Boolean)),
    };
    const seed = await cluster.site.machines.seed(request, call);
    const tags = { cluster: cluster.name, run: input.run, discoveryUrl: request.discoveryUrl };
    const names = await cluster.provider.machineNames(numberInput(input.with, 'machines'));
    const servers = await allEnded(
      names.map(async (name) => {
        const server = await cluster.provider.ensureServer({ name, tags, publicKey, ...seed }, signal);
        const old = before.get(name);
        if (old?.id !== server.id) await forgetHost(cluster.name, server.publicAddress);
        log.line(`${name} ${server.publicAddress} ${old?.id === server.id ? (old.state === 'running' ? 'was running' : 'started again') : 'booted'}`);
        return server;
      }),
    );
    const completed = await cluster.site.machines.complete(servers, request, call);
    const changed = completed.length > 0 || servers.some(({ name, id }) => before.get(name)?.id !== id || before.get(name)?.state !== 'running');
    const rows = servers.map(({ name, privateAddress, publicAddress }) => ({ name, privateAddress, publicAddress }));
    return { changed, outputs: { servers: rows } };
  });
}

/** A key that was given becomes the cluster's by a link, so that whoever reaches the machines later finds it. */
async function clusterKey(cluster: ClusterName, given: string, hasServers: boolean): Promise<ClusterKey> {
  const key = await ensureClusterKey(cluster, given);
  if (given === '') return key;
  const path = clusterDir(cluster, 'id_ed25519');
  if (hasServers && existsSync(path)) {
    if (sameKey(await ensureClusterKey(cluster), key)) return key;
    throw new InvalidInputError(`the machines of ${cluster} were booted with another SSH key than ${given}`, 'Leave it out, or take the cluster down first.');
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(`${path}.new`, { force: true });
  await symlink(resolve(given), `${path}.new`);
  await rename(`${path}.new`, path);
  return key;
}

/** Type and key, without the comment. */
function sameKey(one: ClusterKey, other: ClusterKey): boolean {
  const parts = ({ publicKey }: ClusterKey): string => publicKey.split(' ', 2).join(' ');
  return parts(one) === parts(other);
}

/** The servers that this run booted, found by its tag: also one whose answer was lost. */
export function deleteServersUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    let done: Removal = { removed: [], left: [] };
    // Looks again when some were found: the engine may still be at what a killed worker asked for.
    for (let mine = await serversOf(cluster, input.run); mine.length > 0 && done.left.length === 0; mine = await serversOf(cluster, input.run)) {
      attendance.signal.throwIfAborted();
      done = (await Promise.all(mine.map((server) => deleteOne(cluster, server)))).reduce(together, done);
    }
    const rest = await cluster.provider.listServers(cluster.name);
    // One that does not answer may be this run's or another's: it is not touched, and not forgotten.
    const silent = rest.filter(({ tags }) => tags.run === '').map(({ name }) => `server ${name}: it does not answer, so that it is not known whose it is`);
    if (done.left.length > 0 || rest.length > 0) return together(done, { removed: [], left: silent });
    // A boot starts the services where no step did.
    const services = await cluster.site.services.remove(input.run);
    return [services, await deleteRest(cluster)].reduce(together, done);
  });
}

async function serversOf({ name, provider }: Cluster, run: RunId): Promise<readonly Server[]> {
  return (await provider.listServers(name)).filter(({ tags }) => tags.run === run);
}

async function deleteOne({ name, provider }: Cluster, server: Server): Promise<Removal> {
  const removal = await provider.deleteServer(name, server.name);
  await forgetHost(name, server.publicAddress);
  return removal;
}

export function deleteClusterAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const { removed, left } = await deleteAll(cluster);
    const workspaces = await deleteWorkspaces(deps, cluster.name, input.run);
    const all = [...removed, ...workspaces];
    for (const thing of all) attendance.log.line(`removed ${thing}`);
    const failure = left.length > 0 ? `this could not be removed:\n${left.join('\n')}` : undefined;
    return { changed: all.length > 0, outputs: { removed: all, left }, ...(failure === undefined ? {} : { failure }) };
  });
}

/** Of the cluster's runs that are closed: their logs stay. */
async function deleteWorkspaces({ workflowIsOpen }: ActivityDependencies, cluster: ClusterName, self: RunId): Promise<readonly string[]> {
  const deleted: string[] = [];
  for (const run of await workspacesOf(cluster)) {
    if (run === self || await workflowIsOpen(run)) continue;
    await deleteWorkspace(run);
    deleted.push(`workspace of ${run}`);
  }
  return deleted;
}
