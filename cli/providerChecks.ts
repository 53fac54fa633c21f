/** What can be known of a provider before anything is made there, for `doctor`: settings, login, names, quota, hosts; each fault with its remedy. */
import { failedCheck, type HostCheck } from '../infra/host/checks.js';
import type { ProviderSettings } from '../infra/provider.js';
import { providerNamed } from '../infra/providers/index.js';
import { hostSecret } from '../infra/secrets/load.js';
import { parseClusterName } from '../language/ids.js';
import { UsageError } from './errors.js';
import { checkProviderName } from './values/provider.js';

const TRY_AGAIN = 'It may pass by itself: try again. Else see that this host reaches that address.';

/**
 * Makes and changes nothing.
 * @param settings by the names of deploy.yml's inputs @throws UsageError for a name that is no provider's; InvalidIdError for the cluster's
 */
export async function providerChecks(name: string, settings: ProviderSettings, machines: number): Promise<readonly HostCheck[]> {
  checkProviderName(name);
  const cluster = parseClusterName(settings['cluster'] ?? 'demo');
  let what = 'settings';
  try {
    const provider = await providerNamed(name, { docker: () => Promise.reject(new UsageError('doctor asks no engine for a provider')), settings, secret: hostSecret });
    what = name === 'static' ? 'inventory' : 'cloud';
    return await provider.check(cluster, { machines });
  } catch (error) {
    return [failedCheck(what, error, TRY_AGAIN)];
  }
}
