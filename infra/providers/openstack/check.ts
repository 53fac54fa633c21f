/** What can be known of a cloud before anything is made in it. */
import type { ClusterName } from '../../../language/ids.js';
import { InvalidInputError } from '../../errors.js';
import { failedCheck, type HostCheck } from '../../host/checks.js';
import type { ProviderNeeds } from '../../provider.js';
import type { Cloud } from './cloud.js';
import { clusterServers, counting } from './find.js';
import { lookUp } from './lookup.js';

/** The login, the region, what the user chose, and the quota of servers. @throws TransientError when the cloud does not answer */
export async function checkCloud(cloud: Cloud, cluster: ClusterName, { machines }: ProviderNeeds): Promise<readonly HostCheck[]> {
  const region = await cloud.session.region();
  const chosen = await choices(cloud);
  const missing = machines - counting(await clusterServers(cloud, cluster)).length;
  const { from } = cloud.session;
  return [{ name: 'cloud', ok: true, detail: `logged in${from ? ` with ${from}` : ''}, region ${region}` }, chosen, await quota(cloud, Math.max(0, missing))];
}

async function choices(cloud: Cloud): Promise<HostCheck> {
  const { flavor, image, networks } = cloud.settings;
  try {
    await lookUp(cloud);
    const shown = [`flavor ${flavor}`, `image ${image}`, ...(networks.length > 0 ? [`network ${networks.join(', ')}`] : [])];
    return { name: 'servers', ok: true, detail: shown.join(', ') };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return failedCheck('servers', error, '');
  }
}

async function quota(cloud: Cloud, missing: number): Promise<HostCheck> {
  const { most, used } = await cloud.servers.quota();
  const free = most < 0 ? Infinity : most - used;
  const detail = most < 0 ? `${used} servers, no limit` : `${used} of ${most} servers are there, ${missing} to come`;
  return free >= missing ? { name: 'quota', ok: true, detail } : { name: 'quota', ok: false, detail, remedy: 'Delete servers that are not needed, ask for a higher quota, or take fewer machines.' };
}
