/** Leases of clusters: a teardown by the clock that can be put off. */
import type { Client } from '@temporalio/client';
import type { ClusterName } from '../../language/ids.js';
import { formatDuration } from '../../language/durations.js';
import { RefusedError } from '../errors.js';
import type { Values } from '../../language/plan.js';
import { findTeardown, setTeardown, type Teardown, teardownInputs } from './teardowns.js';
import { onceAt } from './when.js';

/** A lease that ends sooner than this is warned of. Milliseconds. */
const WARN_MS = 60 * 60_000;

/** Sets when the cluster's lease ends, in place of what was set. @param ms from now @param inputs of teardown.yml: where its servers are @default on this host @returns when it ends */
export function startLease(client: Client, cluster: ClusterName, ms: number, inputs: Values = {}): Promise<Date> {
  return setTeardown(client, cluster, onceAt(Date.now() + ms), inputs);
}

/** Puts the end of the lease off. @returns the new end @throws RefusedError when there is none, or its teardown comes again and again */
export async function extendLease(client: Client, cluster: ClusterName, ms: number): Promise<Date> {
  const { next, when } = await leaseOf(client, cluster);
  if (!when.startsWith('once')) throw new RefusedError(`${cluster} is torn down again and again (${when}): that is no lease to extend\n  Set another time with \`fleetwright down --cluster ${cluster} --in 8h\`, or remove it with --remove.`);
  return setTeardown(client, cluster, onceAt(next.getTime() + ms), await teardownInputs(client, cluster));
}

/** @throws RefusedError when there is none */
export async function leaseOf(client: Client, cluster: ClusterName): Promise<Teardown & { readonly next: Date }> {
  const found = await findTeardown(client, cluster);
  if (found?.next === undefined) throw new RefusedError(`${cluster} has no lease${found === undefined ? '' : ': it has ended'}\n  Give it one with \`fleetwright up --ttl 8h\`, or \`fleetwright down --cluster ${cluster} --in 8h\`.`);
  return { ...found, next: found.next };
}

/** Lines for leases that end soon. @param now milliseconds since the epoch */
export function leaseWarnings(teardowns: readonly Teardown[], now: number): string[] {
  return teardowns.flatMap(({ cluster, next }) => {
    const left = next === undefined ? Infinity : next.getTime() - now;
    return left > WARN_MS ? [] : [`${cluster} is torn down in ${formatDuration(Math.max(0, left))}: \`fleetwright extend 2h --cluster ${cluster}\` puts it off`];
  });
}
