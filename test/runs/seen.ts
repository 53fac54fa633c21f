/** Workflow files that are run, for what shows runs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { requestRun } from '../../cli/runs/request.js';
import { startRun } from '../../cli/runs/start.js';
import type { CommonFlags, RunFlags } from '../../cli/flags.js';
import type { OnFailure, Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO, PLAN_QUERY, TASK_QUEUE } from '../../workflows/messages.js';
import { fakeTerminal } from '../cli/fakeTerminal.js';
import type { World } from './world.js';

/** The flags by which a command finds the world's server. */
export function flagsFor({ client }: World): CommonFlags {
  return { address: (client.connection as Connection).options.address };
}

/** Starts a run of the text as the file `NAME.yml`. @returns its id */
export async function startText(world: World, name: string, text: string, { cluster = 'seen', onFailure, flags = {} }: { readonly cluster?: string; readonly onFailure?: OnFailure; readonly flags?: RunFlags } = {}): Promise<string> {
  const folder = join(world.folder, 'files', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.yml`);
  writeFileSync(file, text);
  const requested = await requestRun(fakeTerminal({}), file, flags);
  if ('notTriggered' in requested) throw new Error(requested.notTriggered);
  const { plan, facts, inputs } = requested;
  return startRun(world.client, { type: plan.type, name: cluster, inputs, options: { file, facts, ...(onFailure ? { onFailure } : {}) }, file });
}

/** The run's record when it has ended, however it did. */
export async function endOfRun({ client }: World, id: string): Promise<ProgressRecord> {
  const handle = client.workflow.getHandle(id);
  await handle.result().catch(() => undefined);
  return (await handle.describe()).memo?.[MEMO.record] as ProgressRecord;
}

/** The next attempt of a run that has ended, to its end. */
export async function runAgain(world: World, id: string): Promise<ProgressRecord> {
  const { client } = world;
  const [plan, record] = [await client.workflow.getHandle(id).query<Plan>(PLAN_QUERY), await endOfRun(world, id)];
  await client.workflow.start(plan.type, { workflowId: id, taskQueue: TASK_QUEUE, args: [plan.inputs, { continueFrom: { plan, record } }], workflowIdReusePolicy: 'ALLOW_DUPLICATE' });
  return endOfRun(world, id);
}
