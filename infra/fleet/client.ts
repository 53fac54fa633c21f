/** fleet's HTTP API (fleet v1.0.0, Documentation/api-v1.md) over a transport to any machine of the cluster. */
import type { UnitName } from '../../language/ids.js';
import type { Transport } from '../transport.js';
import type { UnitOption } from './unitFile.js';

export type TargetState = 'inactive' | 'loaded' | 'launched';

export interface FleetMachine {
  /** 32 hexadecimal digits: the machine's /etc/machine-id. */
  readonly id: string;
  readonly primaryIP: string;
  /** `hostname` is the machine's name. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FleetUnit {
  readonly name: UnitName;
  readonly options: readonly UnitOption[];
  readonly desiredState: TargetState;
  readonly currentState: TargetState;
  /** Where fleet placed it; absent while it is placed nowhere. */
  readonly machineID?: string;
}

/** What systemd says of a unit on one machine. */
export interface FleetUnitState {
  readonly name: UnitName;
  readonly hash: string;
  readonly machineID: string;
  readonly systemdLoadState: string;
  readonly systemdActiveState: string;
  readonly systemdSubState: string;
}

export interface FleetClientOptions {
  /** Of each request, in milliseconds. @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** All methods throw TransientError (no answer, 5xx) or PermanentError (4xx, with fleet's words). */
export declare class FleetClient {
  constructor(transport: Transport, options?: FleetClientOptions);
  listMachines(): Promise<readonly FleetMachine[]>;
  listUnits(): Promise<readonly FleetUnit[]>;
  /** undefined when there is none of that name. */
  getUnit(name: UnitName): Promise<FleetUnit | undefined>;
  /** Of all units, or of the one named. */
  unitStates(unit?: UnitName): Promise<readonly FleetUnitState[]>;
  /** Creates the unit, or replaces it when its options differ, or only sets its target state. */
  putUnit(name: UnitName, options: readonly UnitOption[], desiredState: TargetState): Promise<void>;
  setTarget(name: UnitName, desiredState: TargetState): Promise<void>;
  /** false when there was none. */
  destroyUnit(name: UnitName): Promise<boolean>;
}
