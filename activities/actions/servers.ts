/** `boot-servers`, `delete-servers` and `delete-cluster`: what the provider has of a cluster. */
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseMachineName, type ClusterName, type MachineName } from '../../language/ids.js';
import { cloudConfig } from '../../infra/cloudInit/userData.js';
import { clusterDir } from '../../infra/paths.js';
import { ensureClusterServices } from '../../infra/providers/local/services.js';
import { ensureClusterKey, type ClusterKey } from '../../infra/ssh/keys.js';
import { forgetHost } from '../../infra/ssh/knownHosts.js';
import { action, numberInput, optionalInput, textInput, undo, type Action, type Undo } from '../action.js';
import { openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';

/** `core01`, `core02`, ... */
export function machineNames(count: number): readonly MachineName[] {
  return Array.from({ length: count }, (_, i) => parseMachineName(`core${String(i + 1).padStart(2, '0')}`));
}

export function bootServersAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal, log } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const { publicKey } = await clusterKey(cluster.name, optionalInput(input.with, 'ssh-key'));
    const services = await ensureClusterServices(cluster.docker, cluster.name, input.run, { signal });
    const discoveryUrl = textInput(input.with, 'discovery-url');
    const template = optionalInput(input.with, 'user-data');
    const userData = await cloudConfig({ 'discovery-url': discoveryUrl, registry: `${services.address}:5000` }, template || undefined);
    const before = new Map((await cluster.provider.listServers(cluster.name)).map((server) => [server.name, server]));
    const tags = { cluster: cluster.name, run: input.run, discoveryUrl };
    const servers = await all(
      machineNames(numberInput(input.with, 'machines')).map(async (name) => {
        const server = await cluster.provider.ensureServer({ name, tags, userData, publicKey }, signal);
        const old = before.get(name);
        if (old?.id !== server.id) await forgetHost(cluster.name, server.publicAddress);
        log.line(`${name} ${server.publicAddress} ${old?.id === server.id ? (old.state === 'running' ? 'was running' : 'started again') : 'booted'}`);
        return server;
      }),
    );
    const changed = servers.some(({ name, id }) => before.get(name)?.id !== id || before.get(name)?.state !== 'running');
    const rows = servers.map(({ name, privateAddress, publicAddress }) => ({ name, privateAddress, publicAddress }));
    return { changed, outputs: { servers: rows } };
  });
}

/** Waits for every one, also when one fails: nothing goes on behind the back of the undo that follows. */
async function all<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}

/** A key that was given becomes the cluster's by a link, so that whoever reaches the machines later finds it. */
async function clusterKey(cluster: ClusterName, given: string): Promise<ClusterKey> {
  const key = await ensureClusterKey(cluster, given);
  if (given === '') return key;
  const path = clusterDir(cluster, 'id_ed25519');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(`${path}.new`, { force: true });
  await symlink(resolve(given), `${path}.new`);
  await rename(`${path}.new`, path);
  return key;
}

/** The servers that this run booted, found by its tag: also one whose answer was lost. */
export function deleteServersUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance) => {
    const { name, provider } = await openCluster(deps, input, attendance);
    const mine = (await provider.listServers(name)).filter(({ tags }) => tags.run === input.run);
    const removals = await Promise.all(
      mine.map(async (server) => {
        const removal = await provider.deleteServer(name, server.name);
        await forgetHost(name, server.publicAddress);
        return removal;
      }),
    );
    const removed = removals.flatMap((removal) => removal.removed);
    const left = removals.flatMap((removal) => removal.left);
    if (left.length > 0 || (await provider.listServers(name)).length > 0) return { removed, left };
    const rest = await provider.deleteCluster(name);
    await rm(clusterDir(name), { recursive: true, force: true });
    return { removed: [...removed, ...rest.removed], left: rest.left };
  });
}

export function deleteClusterAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { name, provider } = await openCluster(deps, input, attendance);
    const { removed, left } = await provider.deleteCluster(name);
    if (left.length === 0) await rm(clusterDir(name), { recursive: true, force: true });
    for (const thing of removed) attendance.log.line(`removed ${thing}`);
    const failure = left.length > 0 ? `this could not be removed:\n${left.join('\n')}` : undefined;
    return { changed: removed.length > 0, outputs: { removed, left }, ...(failure === undefined ? {} : { failure }) };
  });
}
