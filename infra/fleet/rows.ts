/** What fleet holds as rows of tables, with the columns of fleetctl (and the machines' names, which fleetctl does not know). */
import { createHash } from 'node:crypto';
import type { Server } from '../provider.js';
import type { FleetClient, FleetMachine, FleetUnit } from './client.js';
import { serialiseUnit } from './unitFile.js';
import { withoutTag } from './unitTag.js';

export type FleetRow = Readonly<Record<string, string>>;

/** As `fleetctl list-machines`, by metadata. */
export function machineRows(machines: readonly FleetMachine[]): readonly FleetRow[] {
  return machines.map(({ id, primaryIP, metadata }) => ({
    MACHINE: `${id.slice(0, 8)}...`, IP: primaryIP, METADATA: Object.entries(metadata).map(([name, value]) => `${name}=${value}`).join(','),
  })).sort((a, b) => a.METADATA.localeCompare(b.METADATA));
}

/** A row of `fleetctl list-unit-files`. */
export function unitFileRow({ name, options, desiredState, currentState }: FleetUnit): FleetRow {
  const hash = createHash('sha1').update(serialiseUnit(withoutTag(options))).digest('hex');
  return { UNIT: name, HASH: hash.slice(0, 7), DSTATE: desiredState, STATE: currentState };
}

/** Rows of `fleetctl list-units`, by unit. */
export async function unitRows(fleet: FleetClient, servers: readonly Server[]): Promise<readonly FleetRow[]> {
  const [states, members] = [await fleet.unitStates(), await fleet.listMachines()];
  const address = new Map(members.map(({ id, primaryIP }) => [id, primaryIP]));
  return [...states]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, machineID, systemdActiveState, systemdSubState }) => {
      const ip = address.get(machineID) ?? '';
      const server = servers.find(({ privateAddress }) => privateAddress === ip);
      return { UNIT: name, MACHINE: `${machineID.slice(0, 8)}.../${ip}`, HOST: server?.name ?? '', ACTIVE: systemdActiveState, SUB: systemdSubState };
    });
}
