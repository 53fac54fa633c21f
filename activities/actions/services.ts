/** `start-cluster-services`, `delete-cluster-services` and `create-discovery-url`: what a cluster needs before its machines. */
import { discoveryUrlOf } from '../../infra/discovery/discovery.js';
import { action, numberInput, optionalInput, undo, type Action, type Undo } from '../action.js';
import { openCluster, siteCall } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { deleteRest, together } from './rest.js';

export function startClusterServicesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { site } = await openCluster(deps, input, attendance);
    const services = await site.services.start(siteCall(input, attendance));
    if (services) attendance.log.line(`registry ${services.registry}, discovery ${services.discoveryService}`);
    else attendance.log.line('they run on the first machine, and start with it');
    return {
      changed: services?.changed ?? false,
      outputs: { registry: services?.registry ?? '', 'discovery-service': services?.discoveryService ?? '' },
    };
  });
}

/** Only what this run started: those of a cluster that was there stay. */
export function deleteClusterServicesUndo(deps: ActivityDependencies): Undo {
  return undo(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const services = await cluster.site.services.remove(input.run);
    return together(services, await deleteRest(cluster));
  });
}

export function createDiscoveryUrlAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const existing = await discoveryUrlOf(cluster.provider, cluster.name);
    if (existing) return { changed: false, outputs: { url: existing } };
    const url = await cluster.site.services.discoveryUrl(optionalInput(input.with, 'url'), numberInput(input.with, 'size'), siteCall(input, attendance));
    if (url === '') attendance.log.line('the service on the first machine gives one');
    return { changed: url !== '', outputs: { url } };
  });
}
