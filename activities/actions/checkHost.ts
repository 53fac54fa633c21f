/** `check-host`: the faults of this host and of the inputs that can be known before anything is made. */
import { requireHost } from '../../infra/host/checks.js';
import { ensureClusterKey } from '../../infra/ssh/keys.js';
import { action, numberInput, optionalInput, type Action } from '../action.js';
import { openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';

export function checkHostAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const given = optionalInput(input.with, 'ssh-key');
    if (given) await ensureClusterKey(cluster.name, given);
    const checks = await cluster.provider.check(cluster.name, { machines: numberInput(input.with, 'machines') });
    for (const { name, ok, detail } of checks) attendance.log.line(`${ok ? 'ok' : 'NOT OK'} ${name}: ${detail}`);
    requireHost(checks, cluster.provider.place === 'here' ? undefined : 'the cluster cannot be made there');
    return { changed: false };
  });
}
