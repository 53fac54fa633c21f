/** `fleetwright machines`, `units` and `unit-files`: what fleet holds, as fleetctl prints it. */
import { machineRows, unitFileRow, unitRows } from '../../infra/fleet/rows.js';
import { type ClusterFlags, type OpenCluster, withCluster } from '../cluster/open.js';
import { tellRows } from '../cluster/tellRows.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Row } from '../tables.js';
import type { Terminal } from '../terminal.js';

/** Each throws as `withCluster`. */
export const machines = (terminal: Terminal, flags: ClusterFlags): Promise<ExitCode> =>
  show(terminal, flags, async (cluster) => machineRows(await (await cluster.fleet()).listMachines()));

export const units = (terminal: Terminal, flags: ClusterFlags): Promise<ExitCode> =>
  show(terminal, flags, async (cluster) => unitRows(await cluster.fleet(), cluster.servers));

export const unitFiles = (terminal: Terminal, flags: ClusterFlags): Promise<ExitCode> =>
  show(terminal, flags, async (cluster) => (await (await cluster.fleet()).listUnits()).map(unitFileRow).sort((a, b) => a['UNIT']!.localeCompare(b['UNIT']!)));

async function show(terminal: Terminal, flags: ClusterFlags, rowsOf: (cluster: OpenCluster) => Promise<readonly Row[]>): Promise<ExitCode> {
  tellRows(terminal, flags, await withCluster(flags, rowsOf));
  return EXIT.ok;
}
