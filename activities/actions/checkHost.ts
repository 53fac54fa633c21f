/** `check-host`: the faults of this host and of the inputs that can be known before anything is made. */
import { checkHost, requireHost } from '../../infra/host/checks.js';
import { hostFacts } from '../../infra/host/facts.js';
import { ensureClusterKey } from '../../infra/ssh/keys.js';
import { action, numberInput, optionalInput, type Action } from '../action.js';
import { openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';

export function checkHostAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const given = optionalInput(input.with, 'ssh-key');
    if (given) await ensureClusterKey(cluster.name, given);
    const running = (await cluster.provider.listServers(cluster.name)).filter(({ state }) => state === 'running').length;
    const needs = { machinesToBoot: Math.max(0, numberInput(input.with, 'machines') - running) };
    const checks = checkHost(await hostFacts(cluster.docker), needs);
    for (const { name, ok, detail } of checks) attendance.log.line(`${ok ? 'ok' : 'NOT OK'} ${name}: ${detail}`);
    requireHost(checks);
    return { changed: false };
  });
}
