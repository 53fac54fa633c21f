/** `start-cluster-services`, `delete-cluster-services` and `create-discovery-url`: what a cluster needs before its machines. */
import { createDiscoveryUrl, discoveryUrlOf } from '../../infra/discovery/discovery.js';
import { deleteClusterServices, ensureClusterServices, findClusterServices } from '../../infra/providers/local/services.js';
import { action, numberInput, optionalInput, undo, type Action, type Undo } from '../action.js';
import { openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { deleteRest, together } from './rest.js';

export function startClusterServicesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const before = await findClusterServices(cluster.docker, cluster.name);
    const services = await ensureClusterServices(cluster.docker, cluster.name, input.run, { signal: attendance.signal });
    attendance.log.line(`registry ${services.address}:5000, discovery ${services.discoveryService}`);
    return {
      changed: before === undefined,
      outputs: { registry: `${services.address}:5000`, 'discovery-service': services.discoveryService },
    };
  });
}

/** Only what this run started: those of a cluster that was there stay. */
export function deleteClusterServicesUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const services = await deleteClusterServices(cluster.docker, cluster.name, { startedBy: input.run });
    return together(services, await deleteRest(cluster));
  });
}

export function createDiscoveryUrlAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const existing = await discoveryUrlOf(cluster.provider, cluster.name);
    if (existing) return { changed: false, outputs: { url: existing } };
    const services = await ensureClusterServices(cluster.docker, cluster.name, input.run, { signal });
    const url = await createDiscoveryUrl({
      url: optionalInput(input.with, 'url'),
      service: services.discoveryFromHere,
      publicService: services.discoveryService,
      etcd: services.etcdFromHere,
      size: numberInput(input.with, 'size'),
      cluster: cluster.name,
      run: input.run,
      signal,
    });
    return { changed: true, outputs: { url } };
  });
}
