import { describe, expect, it } from 'vitest';
import { CloudLoginError } from '../../infra/cloud/errors.js';
import type { RackspaceCredentials } from '../../infra/cloud/credentials.js';
import { Secret } from '../../infra/secret.js';
import { cloud, newCluster, newFront, provider, request } from './world.js';

function credentials(authUrl: string, apiKey: string): RackspaceCredentials {
  return { kind: 'rackspace', authUrl, username: cloud.user, apiKey: new Secret(apiKey), region: 'IAD' };
}

describe('Rackspace', () => {
  it('takes a user name and an API key, and boots, lists and deletes servers', async () => {
    const cluster = newCluster();
    const front = await newFront();
    const rackspace = provider({ credentials: credentials(front.identity, cloud.password) });
    const { id } = await rackspace.ensureServer(request(cluster));
    expect(await rackspace.listServers(cluster)).toEqual([expect.objectContaining({ id, name: 'core01', state: 'running' })]);
    expect((await rackspace.deleteCluster(cluster)).left).toEqual([]);
    expect(front.seen.some(({ path }) => path === '/identity/v2.0/tokens')).toBe(true);
  });

  it('does not know the key: said so, without it', async () => {
    const front = await newFront();
    const asked = provider({ credentials: credentials(front.identity, '0a1b2c3d') }).listServers(newCluster());
    await expect(asked).rejects.toBeInstanceOf(CloudLoginError);
    await expect(asked).rejects.toThrow('could not log in: the cloud says 401 Unable to authenticate user with credentials provided.');
    await expect(asked).rejects.not.toThrow(/0a1b/);
  });
});
