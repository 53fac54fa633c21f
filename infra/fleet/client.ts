/** fleet's HTTP API (fleet v1.0.0, Documentation/api-v1.md) over a transport to any machine of the cluster. */
import type { UnitName } from '../../language/ids.js';
import { PermanentError, TransientError } from '../errors.js';
import { httpOverStream, type HttpAnswer, type HttpRequest } from '../streamHttp.js';
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

/** fleet.socket's path on a machine. */
export const FLEET_SOCKET = '/run/fleet.sock';
const API = '/fleet/v1';
/** fleet's limits are 100 machines and 1,000 units at 100 a page: more pages than this is a server that loops. */
const MOST_PAGES = 100;

/** All methods throw TransientError (no answer, 5xx) or PermanentError (4xx, with fleet's words). */
export class FleetClient {
  readonly #transport: Transport;
  readonly #options: FleetClientOptions;

  constructor(transport: Transport, options: FleetClientOptions = {}) {
    this.#transport = transport;
    this.#options = options;
  }

  async listMachines(): Promise<readonly FleetMachine[]> {
    const machines = await this.#pages<Partial<FleetMachine>>('/machines', 'machines');
    return machines.map((one) => ({ id: one.id ?? '', primaryIP: one.primaryIP ?? '', metadata: one.metadata ?? {} }));
  }

  async listUnits(): Promise<readonly FleetUnit[]> {
    return (await this.#pages<Partial<FleetUnit>>('/units', 'units')).map(asUnit);
  }

  /** undefined when there is none of that name. */
  async getUnit(name: UnitName): Promise<FleetUnit | undefined> {
    const answer = await this.#ask('GET', unitPath(name), [200, 404]);
    return answer.status === 404 ? undefined : asUnit(parseBody(answer) as Partial<FleetUnit>);
  }

  /** Of all units, or of the one named. */
  async unitStates(unit?: UnitName): Promise<readonly FleetUnitState[]> {
    return this.#pages<FleetUnitState>('/state', 'states', unit ? { unitName: unit } : {});
  }

  /** Creates the unit, or replaces it when its options differ, or only sets its target state. */
  async putUnit(name: UnitName, options: readonly UnitOption[], desiredState: TargetState): Promise<void> {
    const plain = options.map(({ section, name: option, value }) => ({ section, name: option, value }));
    await this.#ask('PUT', unitPath(name), [201, 204], { desiredState, options: plain });
  }

  async setTarget(name: UnitName, desiredState: TargetState): Promise<void> {
    await this.#ask('PUT', unitPath(name), [204], { desiredState });
  }

  /** false when there was none. */
  async destroyUnit(name: UnitName): Promise<boolean> {
    return (await this.#ask('DELETE', unitPath(name), [204, 404])).status === 204;
  }

  async #pages<T>(path: string, list: string, query: Readonly<Record<string, string>> = {}): Promise<T[]> {
    const all: T[] = [];
    let nextPageToken = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const search = new URLSearchParams({ ...query, ...(nextPageToken ? { nextPageToken } : {}) }).toString();
      const body = parseBody(await this.#ask('GET', `${path}${search ? `?${search}` : ''}`, [200])) as Record<string, unknown>;
      // An empty list is left out of fleet's JSON.
      all.push(...((body[list] as T[] | undefined) ?? []));
      nextPageToken = typeof body['nextPageToken'] === 'string' ? body['nextPageToken'] : '';
      if (!nextPageToken) return all;
    }
    throw new TransientError(`fleet's list at ${path} does not end after ${MOST_PAGES} pages`);
  }

  async #ask(method: HttpRequest['method'], path: string, expected: readonly number[], body?: unknown): Promise<HttpAnswer> {
    const answer = await httpOverStream({
      connect: () => this.#transport.connectUnix(FLEET_SOCKET),
      method,
      path: API + path,
      host: 'fleet',
      timeoutMs: this.#options.timeoutMs ?? 15_000,
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
      ...(body === undefined ? {} : { body: { type: 'application/json', text: JSON.stringify(body) } }),
    });
    if (expected.includes(answer.status)) return answer;
    const message = `fleet answered ${answer.status} to ${method} ${path}: ${fleetsWords(answer.text)}`;
    if (answer.status >= 400 && answer.status < 500) throw new PermanentError(message, 'Mend the unit, or look at what fleet holds with "fleetctl list-unit-files" on a machine.');
    throw new TransientError(message);
  }
}

function unitPath(name: UnitName): string {
  return `/units/${encodeURIComponent(name)}`;
}

function asUnit(unit: Partial<FleetUnit>): FleetUnit {
  return {
    name: unit.name as UnitName,
    options: unit.options ?? [],
    desiredState: unit.desiredState ?? 'inactive',
    currentState: unit.currentState ?? 'inactive',
    ...(unit.machineID ? { machineID: unit.machineID } : {}),
  };
}

function parseBody(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    throw new TransientError('fleet answered with something that is not JSON', { cause: error });
  }
}

/** Errors are `{"error": {"code": 409, "message": "…"}}`, or empty. */
function fleetsWords(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message || '(no reason given)';
  } catch {
    return text.trim().slice(0, 500) || '(no reason given)';
  }
}
