/** The undos of the actions with units: which units are the step's own, and what becomes of them. */
import type { ClusterName, UnitName } from '../language/ids.js';
import type { FleetClient, FleetUnit } from '../infra/fleet/client.js';
import { templateOf } from '../infra/fleet/instances.js';
import { runOf } from '../infra/fleet/unitTag.js';
import { recordEffect } from '../infra/ledger.js';
import { listInput, undo, type Undo } from './action.js';
import { onMachines, openCluster } from './cluster.js';
import type { ActionInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { STARTED_BY } from './shippedUnits.js';

/** Undoes what a step did with units. @returns what it did, a line each */
export type UndoUnits = (fleet: FleetClient, cluster: ClusterName, input: ActionInput) => Promise<readonly string[]>;

/** A cluster that cannot be reached any more has its units removed with its servers. */
export function unitsUndo(deps: ActivityDependencies, undoUnits: UndoUnits): Undo {
  return undo(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const servers = await cluster.provider.listServers(cluster.name);
    const goWithServers = !input.partly && servers.every(({ tags }) => tags.run === input.run);
    const removed = goWithServers ? [] : await onMachines(cluster, attendance, async (machines) => undoUnits(await machines.fleet(), cluster.name, input));
    return { removed, left: [] };
  });
}

/** Destroys the units that the run submitted; where a part of the run is undone, those that the step did. */
export const destroySubmitted: UndoUnits = async (fleet, cluster, input) => {
  // As it was registered before there was an undo for what only starts units.
  if (input.partly && STARTED_BY[input.of ?? ''] !== undefined) return stopStarted(fleet, cluster, input);
  const mine = await ownUnits(fleet, input);
  return destroy(fleet, cluster, input, input.partly ? mine.filter(isOneOf(listInput(input.with, 'units'))) : mine);
};

/** Of the units that the step started, those that the run submitted: where a part of the run is undone they stay with fleet, on their machines; else nothing of the run stays. */
export const stopStarted: UndoUnits = async (fleet, cluster, input) => {
  const started = (await ownUnits(fleet, input)).filter(isOneOf(STARTED_BY[input.of ?? ''] ?? []));
  return input.partly ? stop(fleet, cluster, input, started) : destroy(fleet, cluster, input, started);
};

async function ownUnits(fleet: FleetClient, { run }: ActionInput): Promise<readonly FleetUnit[]> {
  return (await fleet.listUnits()).filter((unit) => runOf(unit) === run);
}

/** Of a template, its instances too. */
function isOneOf(files: readonly string[]): (unit: { readonly name: UnitName }) => boolean {
  return ({ name }) => files.includes(name) || files.includes(templateOf(name) ?? '');
}

async function destroy(fleet: FleetClient, cluster: ClusterName, { run }: ActionInput, units: readonly FleetUnit[]): Promise<readonly string[]> {
  for (const { name } of units) {
    if (await fleet.destroyUnit(name)) recordEffect({ effect: 'delete-unit', cluster, key: name, run });
  }
  return units.map(({ name }) => `unit ${name}`);
}

async function stop(fleet: FleetClient, cluster: ClusterName, { run }: ActionInput, units: readonly FleetUnit[]): Promise<readonly string[]> {
  const launched = units.filter(({ desiredState }) => desiredState === 'launched');
  for (const { name } of launched) {
    await fleet.setTarget(name, 'loaded');
    recordEffect({ effect: 'load-unit', cluster, key: name, run });
  }
  return launched.map(({ name }) => `${name} (stopped)`);
}
