import { describe, expect, it } from 'vitest';
import { CloudServers } from '../../infra/cloud/servers.js';
import { CloudSession } from '../../infra/cloud/session.js';
import { Secret } from '../../infra/secret.js';
import { credentialsOf } from './fixture/cloud.js';
import { Api, login } from './fixture/seed.js';
import { cloud } from './world.js';

describe('logging in to a cloud', () => {
  it('works with an application credential, by id and by name', async () => {
    const customer = new Api(await login(cloud.identity, cloud.user, cloud.password, cloud.project));
    const answer = await fetch(`${cloud.identity}/v3/auth/tokens`, { headers: { 'x-auth-token': await login(cloud.identity, cloud.user, cloud.password, cloud.project), 'x-subject-token': await login(cloud.identity, cloud.user, cloud.password, cloud.project) } });
    const { token } = await answer.json() as { token: { user: { id: string } } };
    const made = (await customer.post(`${cloud.identity}/v3/users/${token.user.id}/application_credentials`, { application_credential: { name: 'deploys', secret: 'open sesame' } }))['application_credential'] as { id: string };
    const common = { kind: 'application-credential', authUrl: `${cloud.identity}/v3`, secret: new Secret('open sesame') } as const;
    const ways = [
      { ...common, credential: { id: made.id }, user: {}, userDomain: {} },
      { ...common, credential: { name: 'deploys' }, user: { name: cloud.user }, userDomain: { id: 'default' } },
    ];
    for (const credentials of ways) expect((await new CloudServers(new CloudSession(credentials)).flavors()).length).toBeGreaterThan(0);
  });

  it('takes user, project and their domains by id or by name, and the only region where none is said', async () => {
    const { region: _, ...credentials } = credentialsOf(cloud);
    const session = new CloudSession({ ...credentials, project: { id: cloud.projectId }, userDomain: { name: 'Default' } });
    expect(await session.region()).toBe('RegionOne');
  });
});
