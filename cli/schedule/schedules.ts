/** Runs of any file by the clock, kept by Temporal: a Schedule each. */
import {
  type Client, ScheduleAlreadyRunning, type ScheduleDescription, type ScheduleHandle, ScheduleNotFoundError, type ScheduleOptions, ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Plan, Values } from '../../language/plan.js';
import { type RunArguments, TASK_QUEUE } from '../../workflows/messages.js';
import { RefusedError, UsageError } from '../errors.js';
import { attributes } from '../runs/start.js';

/** What happens when it fires while the run before is still open. */
export const OVERLAPS = ['skip', 'buffer-one', 'cancel-other', 'allow-all'] as const;
export type Overlap = (typeof OVERLAPS)[number];

export interface ScheduleRequest {
  /** `nightly`: its id is `schedule/nightly`. */
  readonly name: string;
  readonly plan: Pick<Plan, 'type' | 'inputs'>;
  /** The file's absolute path on the worker's host. */
  readonly file: string;
  /** As given; the file's defaults are those of the day on which it fires. */
  readonly inputs: Values;
  readonly crons: readonly string[];
  readonly timeZone: string;
  readonly overlap: Overlap;
}

export interface ScheduleRow {
  readonly name: string;
  readonly file: string;
  readonly cron: string;
  readonly overlap: string;
  readonly paused: boolean;
  readonly next?: Date;
  readonly last?: string;
}

const PREFIX = 'schedule/';
/** A server that was down for longer does not make up for what it missed. */
const CATCH_UP = '12 hours';
const POLICIES: Readonly<Record<Overlap, ScheduleOverlapPolicy>> = {
  'skip': ScheduleOverlapPolicy.SKIP, 'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE, 'cancel-other': ScheduleOverlapPolicy.CANCEL_OTHER, 'allow-all': ScheduleOverlapPolicy.ALLOW_ALL,
};

/** @returns when it fires next @throws RefusedError when there is one of that name and `replace` is not set; UsageError when its time never comes */
export async function createSchedule(client: Client, request: ScheduleRequest, { replace = false } = {}): Promise<Date> {
  const options = scheduleOptions(request);
  const handle = client.schedule.getHandle(options.scheduleId);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    if (!replace) throw new RefusedError(`there is a schedule ${request.name} already\n  Give this one another --name, or delete that one: fleetwright schedule delete ${request.name}`);
    await handle.delete(); // a schedule's memo cannot be updated
    await client.schedule.create(options);
  }
  const next = (await handle.describe()).info.nextActionTimes[0];
  if (next !== undefined) return next;
  await handle.delete();
  throw new UsageError(`${request.crons.join(', ')} never comes in ${request.timeZone}`);
}

function scheduleOptions({ name, plan, file, inputs, crons, timeZone, overlap }: ScheduleRequest): ScheduleOptions {
  const args: RunArguments = [inputs, { file }];
  const target = String(plan.inputs['cluster'] ?? 'local');
  return {
    scheduleId: `${PREFIX}${name}`,
    spec: { cronExpressions: [...crons], timezone: timeZone },
    action: {
      type: 'startWorkflow', workflowType: plan.type, workflowId: `${plan.type}/${target}#by-${name}`, taskQueue: TASK_QUEUE, args: [...args],
      typedSearchAttributes: attributes({ name: target, type: plan.type }), staticSummary: `${plan.type} ${target}, by the schedule ${name}`,
    },
    policies: { overlap: POLICIES[overlap], catchupWindow: CATCH_UP },
    memo: { file, cron: `${crons.join(', ')} (${timeZone})`, overlap },
  };
}

export async function listSchedules(client: Client): Promise<ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(PREFIX)) continue;
    const description = await client.schedule.getHandle(scheduleId).describe().catch(whenGone);
    if (description !== undefined) rows.push(rowOf(description));
  }
  return rows.sort((a, b) => a.name.localeCompare(b.name));
}

function rowOf({ scheduleId, memo, state, info }: ScheduleDescription): ScheduleRow {
  const [next] = state.paused ? [] : info.nextActionTimes;
  const last = info.recentActions.at(-1)?.action.workflow.workflowId;
  return {
    name: scheduleId.slice(PREFIX.length), file: String(memo?.['file'] ?? ''), cron: String(memo?.['cron'] ?? 'set elsewhere'), overlap: String(memo?.['overlap'] ?? ''), paused: state.paused,
    ...(next === undefined ? {} : { next }), ...(last === undefined ? {} : { last }),
  };
}

/** @throws RefusedError that lists what there is */
export async function onSchedule(client: Client, name: string, act: (handle: ScheduleHandle) => Promise<void>): Promise<void> {
  try {
    await act(client.schedule.getHandle(`${PREFIX}${name}`));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const names = (await listSchedules(client)).map((row) => row.name);
    throw new RefusedError(`there is no schedule ${JSON.stringify(name)}${names.length === 0 ? '' : `: there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`}`);
  }
}

function whenGone(error: unknown): undefined {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
