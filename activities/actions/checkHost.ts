/** `check-host`: the faults of this host and of the inputs that can be known before anything is made. */
import { InvalidInputError } from '../../infra/errors.js';
import { requireHost } from '../../infra/host/checks.js';
import { userRegistry } from '../../infra/images/userRegistry.js';
import type { Provider } from '../../infra/provider.js';
import { ensureClusterKey } from '../../infra/ssh/keys.js';
import { action, numberInput, optionalInput, type Action } from '../action.js';
import { openCluster, parseSettings, secretOf } from '../cluster.js';
import type { ActionInput } from '../contract.js';
import type { ActivityDependencies } from '../dependencies.js';

export function checkHostAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    await checkRegistry(input, cluster.provider.place);
    const given = optionalInput(input.with, 'ssh-key');
    if (given) await ensureClusterKey(cluster.name, given);
    const checks = await cluster.provider.check(cluster.name, { machines: numberInput(input.with, 'machines') });
    for (const { name, ok, detail } of checks) attendance.log.line(`${ok ? 'ok' : 'NOT OK'} ${name}: ${detail}`);
    requireHost(checks, cluster.provider.place === 'here' ? undefined : 'the cluster cannot be made there');
    return { changed: false };
  });
}

/** A registry that is wrong or has no password is said before the images are built for it. @throws InvalidInputError */
async function checkRegistry(input: ActionInput, place: Provider['place']): Promise<void> {
  const registry = await userRegistry(parseSettings(optionalInput(input.with, 'provider-settings')), secretOf(input.run));
  if (registry && place === 'here') throw new InvalidInputError(`the registry ${registry.address} is for servers elsewhere`, 'Leave the input registry out: the machines of this host have one beside them.');
}
