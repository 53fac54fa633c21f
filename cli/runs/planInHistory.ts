/** The plan of a run from its history: no worker is needed for that. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { payloadCodecs } from '../../infra/temporal/payloads.js';
import type { Plan } from '../../language/plan.js';
import { asPlan, isObject } from './read.js';

/** The plan is made, or given, at the very beginning. */
const FIRST_EVENTS = 60;

/** Undefined for a run that has none yet, or that never had one. */
export async function planInHistory(client: Client, id: string): Promise<Plan | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace, execution: { workflowId: id }, maximumPageSize: FIRST_EVENTS,
  });
  for (const { workflowExecutionStartedEventAttributes: started, activityTaskCompletedEventAttributes: done } of history?.events ?? []) {
    for (const payload of [...started?.input?.payloads ?? [], ...done?.result?.payloads ?? []]) {
      const value = await decoded(payload);
      const plan = asPlan(value) ?? (isObject(value) && isObject(value['continueFrom']) ? asPlan(value['continueFrom']['plan']) : undefined);
      if (plan !== undefined) return plan;
    }
  }
  return undefined;
}

async function decoded(payload: Payload): Promise<unknown> {
  let payloads = [payload];
  for (const codec of payloadCodecs().toReversed()) payloads = await codec.decode(payloads);
  return payloads[0] === undefined ? undefined : defaultPayloadConverter.fromPayload<unknown>(payloads[0]);
}
