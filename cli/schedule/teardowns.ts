/** Teardowns by the clock, kept by Temporal: a Schedule for each cluster, which starts the `teardown` workflow. */
import { type CalendarSpec, type Client, ScheduleAlreadyRunning, type ScheduleDescription, ScheduleNotFoundError, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import type { ClusterName } from '../../language/ids.js';
import type { Values } from '../../language/plan.js';
import type { RunArguments } from '../../workflows/messages.js';
import { TASK_QUEUE, WORKFLOW_TASK_TIMEOUT } from '../../workflows/messages.js';
import { UsageError } from '../errors.js';
import { attributes } from '../runs/start.js';
import type { WallTime, When } from './when.js';

export interface Teardown {
  readonly cluster: string;
  /** `once` or the cron text, with its time zone. */
  readonly when: string;
  /** Absent when it has fired and will not again. */
  readonly next?: Date;
}

const PREFIX = 'teardown/';
const MEMO_WHEN = 'when';
const MONTHS = ['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const;

/**
 * Sets the cluster's teardown by the clock, in place of one that is there.
 * @param inputs of teardown.yml, beside the cluster: where its servers are
 * @returns when it fires next
 * @throws UsageError when the time never comes (a time of day that the clocks skip)
 */
export async function setTeardown(client: Client, cluster: ClusterName, when: When, inputs: Values = {}): Promise<Date> {
  const options = optionsFor(cluster, when, inputs);
  const handle = client.schedule.getHandle(options.scheduleId);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.delete(); // a schedule's memo cannot be updated, and one that has fired is no use
    await client.schedule.create(options);
  }
  const next = (await handle.describe()).info.nextActionTimes[0];
  if (next !== undefined) return next;
  await handle.delete();
  throw new UsageError(`that time never comes in ${when.timeZone}: the clocks skip it, or no day is like that`);
}

/** The schedule of a teardown: fires though the server was down at that moment, once for all it missed. */
export function optionsFor(cluster: ClusterName, when: When, inputs: Values = {}): ScheduleOptions {
  const args: RunArguments = [{ ...inputs, cluster }];
  const once = when.kind === 'once';
  return {
    scheduleId: `${PREFIX}${cluster}`,
    spec: { timezone: when.timeZone, ...(once ? { calendars: [calendar(when.at)] } : { cronExpressions: [when.cron] }) },
    action: {
      type: 'startWorkflow', workflowType: 'teardown', workflowId: `${PREFIX}${cluster}#at`, taskQueue: TASK_QUEUE, args: [...args],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      typedSearchAttributes: attributes({ name: cluster, type: 'teardown' }), staticSummary: `teardown ${cluster}, by the clock`,
    },
    // A cron that missed Friday must not tear down what is made on Monday.
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: once ? '30 days' : '12 hours' },
    state: once ? { remainingActions: 1 } : {},
    memo: { [MEMO_WHEN]: `${once ? 'once' : when.cron} (${when.timeZone})` },
  };
}

function calendar(at: WallTime): CalendarSpec {
  const month = MONTHS[at.month - 1];
  if (month === undefined) throw new RangeError(`month ${at.month}`);
  return { year: at.year, month, dayOfMonth: at.day, hour: at.hour, minute: at.minute, second: at.second };
}

/** The teardowns that are set, by cluster. */
export async function listTeardowns(client: Client): Promise<Teardown[]> {
  const found: Teardown[] = [];
  for await (const summary of client.schedule.list()) {
    if (!summary.scheduleId.startsWith(PREFIX)) continue;
    const teardown = await describeTeardown(client, summary.scheduleId);
    if (teardown !== undefined) found.push(teardown);
  }
  return found.sort((a, b) => a.cluster.localeCompare(b.cluster));
}

/** The cluster's, if one is set. */
export function findTeardown(client: Client, cluster: ClusterName): Promise<Teardown | undefined> {
  return describeTeardown(client, `${PREFIX}${cluster}`);
}

/** Asked one by one: the list lags behind what was set a moment ago. */
async function describeTeardown(client: Client, scheduleId: string): Promise<Teardown | undefined> {
  try {
    return teardownOf(await client.schedule.getHandle(scheduleId).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function teardownOf({ scheduleId, memo, info, state }: ScheduleDescription): Teardown {
  const next = state.remainingActions === 0 ? undefined : info.nextActionTimes[0];
  return { cluster: scheduleId.slice(PREFIX.length), when: String(memo?.[MEMO_WHEN] ?? 'set elsewhere'), ...(next === undefined ? {} : { next }) };
}

/** What the cluster's teardown gives teardown.yml: which provider its servers are at, and what that needs to know. Empty when none is set. */
export async function teardownInputs(client: Client, cluster: ClusterName): Promise<Values> {
  try {
    const { action } = await client.schedule.getHandle(`${PREFIX}${cluster}`).describe();
    const [inputs] = (action.args ?? []) as RunArguments;
    return inputs ?? {};
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return {};
    throw error;
  }
}

/** Whether there was one to remove. */
export async function removeTeardown(client: Client, cluster: ClusterName): Promise<boolean> {
  try {
    await client.schedule.getHandle(`${PREFIX}${cluster}`).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
