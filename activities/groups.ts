/** What a run cannot see of other workflows: who is at the places of a concurrency group. */
import type { ActivityDependencies } from './dependencies.js';
import { keepAlive } from './keepAlive.js';

/** Input of `group-places`: the workflow ids of the places, in their order. */
export interface GroupPlacesInput {
  readonly ids: readonly string[];
}

/** Who is at each place, as the memo there says; null where nobody is. */
export interface GroupPlaces {
  readonly places: readonly (Readonly<Record<string, unknown>> | null)[];
}

/** Input of `cancel-workflow`: requests the cancel of the open workflow with this id; without one it does nothing. */
export interface CancelWorkflowInput {
  readonly workflowId: string;
}

export function groupPlacesActivity({ openMemo }: Pick<ActivityDependencies, 'openMemo'>): (input: GroupPlacesInput) => Promise<GroupPlaces> {
  return ({ ids }) => keepAlive(async () => ({ places: await Promise.all(ids.map(async (id) => (await openMemo(id)) ?? null)) }));
}

export function cancelWorkflowActivity({ cancelWorkflow }: Pick<ActivityDependencies, 'cancelWorkflow'>): (input: CancelWorkflowInput) => Promise<void> {
  return ({ workflowId }) => keepAlive(() => cancelWorkflow(workflowId));
}
