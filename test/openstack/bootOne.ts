/** A process that boots core01 of a cluster: argument 1 is `{cloud, cluster}` as JSON. */
import { cloudProvider } from '../../infra/providers/openstack/provider.js';
import { parseCloudSettings } from '../../infra/providers/openstack/settings.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';
import { parseClusterName, parseMachineName, parseRunId } from '../../language/ids.js';
import { credentialsOf, type TestCloud } from './fixture/cloud.js';

const input = JSON.parse(process.argv[2] ?? '') as { cloud: TestCloud; cluster: string };
const cluster = parseClusterName(input.cluster);
const settings = parseCloudSettings({ 'flavor': 'general1-1', 'image': 'debian-12', 'network': 'private', 'key': `${cluster}-first` });
await cloudProvider({ name: 'openstack', credentials: credentialsOf(input.cloud), settings }).ensureServer({
  name: parseMachineName('core01'), userData: '#cloud-config\n', publicKey: makeKeyPair('test').publicKey,
  tags: { cluster, run: parseRunId(`deploy/${cluster}#1`), discoveryUrl: '' },
});
