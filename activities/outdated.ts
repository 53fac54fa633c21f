/**
 * Units that run an image which has been replaced.
 *
 * 1. A unit's container keeps the image that it was started with; the machine gets the registry's newest under the same name (see
 *    `machineImages.ts`). A container whose image is not the one that its name stands for now is outdated.
 * 2. Outdated units are started again by systemd, one machine after the other, so that those of the others answer meanwhile. fleet is not
 *    asked: for it, nothing has changed.
 */
import type { ClusterName, RunId, UnitName } from '../language/ids.js';
import { machineContainers } from '../infra/docker/onMachine.js';
import { CommandError } from '../infra/errors.js';
import { recordEffect } from '../infra/ledger.js';
import type { Transport } from '../infra/transport.js';
import type { Attendance } from './attend.js';
import { imagesOf } from './machineImages.js';

export interface RestartRequest {
  readonly cluster: ClusterName;
  readonly run: RunId;
  /** The units that may be started again, by the names of their containers. */
  readonly units: ReadonlyMap<string, UnitName>;
  /** Waits until the units, of one machine, do their work again. */
  readonly settled: (units: readonly UnitName[]) => Promise<void>;
}

export interface NamedMachine {
  readonly name: string;
  readonly transport: Transport;
}

const RESTART_TIMEOUT_MS = 2 * 60_000;
const LOOK_TIMEOUT_MS = 30_000;
/** @returns the units that were started again @throws TransientError, CommandError */
export async function restartOutdated(machines: readonly NamedMachine[], request: RestartRequest, attendance: Attendance): Promise<readonly UnitName[]> {
  const { signal, log } = attendance;
  const found = await Promise.all(machines.map(async (machine) => ({ ...machine, outdated: await outdatedUnits(machine, request, attendance) })));
  for (const { name, transport, outdated } of found) {
    if (outdated.length === 0) continue;
    log.line(`${name}: ${outdated.join(', ')} started again, with the new image`);
    const argv = ['sudo', '-n', 'systemctl', 'restart', '--', ...outdated];
    const { exitCode, stderr } = await transport.exec(argv, { timeoutMs: RESTART_TIMEOUT_MS, signal });
    if (exitCode !== 0) throw new CommandError(argv, exitCode, stderr);
    for (const unit of outdated) recordEffect({ effect: 'restart-unit', cluster: request.cluster, key: unit, run: request.run });
    await request.settled(outdated);
    // The old image is of no use any more. One that still is stays, and so does all when this fails.
    await transport.exec(['docker', 'image', 'prune', '--force'], { timeoutMs: LOOK_TIMEOUT_MS, signal });
  }
  return found.flatMap(({ outdated }) => outdated);
}

async function outdatedUnits({ name, transport }: NamedMachine, { units }: RestartRequest, attendance: Attendance): Promise<readonly UnitName[]> {
  const [images, containers] = await Promise.all([
    imagesOf(name, transport, attendance),
    machineContainers(transport, { timeoutMs: LOOK_TIMEOUT_MS, signal: attendance.signal }),
  ]);
  return containers.flatMap(({ name: container, image, imageId }) => {
    const unit = units.get(container);
    const current = images.get(image) ?? images.get(`${image}:latest`);
    return unit !== undefined && current !== undefined && current !== imageId ? [unit] : [];
  });
}
