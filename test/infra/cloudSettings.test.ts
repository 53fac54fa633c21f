import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openstackCredentials, rackspaceCredentials } from '../../infra/cloud/environment.js';
import { readCloud } from '../../infra/cloud/cloudsYaml.js';
import { InvalidInputError, PermanentError } from '../../infra/errors.js';
import { parseCloudSettings } from '../../infra/providers/openstack/settings.js';

const VARIABLES = { OS_AUTH_URL: 'https://cloud.example:5000/v3', OS_USERNAME: 'ada', OS_PASSWORD: 'hunter2', OS_PROJECT_NAME: 'engines', OS_REGION_NAME: 'North' };

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'clouds-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

async function cloudsFile(text: string): Promise<Record<string, string>> {
  await writeFile(join(folder, 'clouds.yaml'), text);
  return { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') };
}

describe('the credentials of a cloud', () => {
  it('are those of the OS_* variables, with the default domain where none is named', async () => {
    expect(await openstackCredentials('', VARIABLES)).toMatchObject({
      kind: 'password', authUrl: VARIABLES.OS_AUTH_URL, region: 'North', user: { name: 'ada' }, userDomain: { id: 'default' },
      project: { name: 'engines' }, projectDomain: { id: 'default' },
    });
  });

  it('are not shown by what holds them', async () => {
    const credentials = await openstackCredentials('', VARIABLES);
    expect(inspect(credentials, { depth: 9 }) + JSON.stringify(credentials)).not.toContain('hunter2');
  });

  it('are an application credential where there is one', async () => {
    const variables = { OS_AUTH_URL: 'https://cloud.example:5000', OS_AUTH_TYPE: 'v3applicationcredential', OS_APPLICATION_CREDENTIAL_ID: 'a1', OS_APPLICATION_CREDENTIAL_SECRET: 's' };
    expect(await openstackCredentials('', variables)).toMatchObject({ kind: 'application-credential', credential: { id: 'a1' } });
  });

  it('are those of the named cloud in clouds.yaml, with what secure.yaml says of it', async () => {
    const env = await cloudsFile('clouds:\n  one: {auth: {auth_url: https://one.example}}\n  two:\n    region_name: West\n    verify: false\n    auth: {auth_url: https://two.example/v3, username: ada, project_id: p2, user_domain_name: Users}\n');
    await writeFile(join(folder, 'secure.yaml'), 'clouds:\n  two: {auth: {password: hunter2}}\n');
    const credentials = await openstackCredentials('', { ...env, OS_CLOUD: 'two' });
    expect(credentials).toMatchObject({ kind: 'password', authUrl: 'https://two.example/v3', region: 'West', verify: false, project: { id: 'p2' }, userDomain: { name: 'Users' } });
    expect(credentials.kind === 'password' && credentials.password.reveal()).toBe('hunter2');
  });

  it('are looked for in the folders in their order', async () => {
    await writeFile(join(folder, 'clouds.yaml'), 'clouds: {near: {auth: {}}}');
    expect(await readCloud('', {}, [join(folder, 'absent'), folder])).toMatchObject({ name: 'near', file: join(folder, 'clouds.yaml') });
    expect(await readCloud('', {}, [])).toBeUndefined();
  });

  it.each<[string, Record<string, string>, string]>([
    ['missing fields, all at once', { OS_AUTH_URL: 'https://x' }, 'the OS_* variables: username or user_id, password, project_name or project_id are missing'],
    ['a way to log in that is not known', { ...VARIABLES, OS_AUTH_TYPE: 'v3oidcpassword' }, 'logging in with v3oidcpassword is not known here'],
    ['version 2', { ...VARIABLES, OS_IDENTITY_API_VERSION: '2.0' }, 'version 2 of the identity service is asked for'],
    ['a certificate authority', { ...VARIABLES, OS_CACERT: '/ca.pem' }, 'NODE_EXTRA_CA_CERTS'],
    ['nothing at all', { XDG_CONFIG_HOME: '/nowhere' }, 'nothing says which cloud to use'],
  ])('say what is wrong: %s', async (_, env, text) => {
    const asked = openstackCredentials('', env);
    await expect(asked).rejects.toBeInstanceOf(PermanentError);
    await expect(asked).rejects.toThrow(text);
  });

  it('say which clouds there are when the name fits none, or none was named', async () => {
    const env = await cloudsFile('clouds: {one: {}, two: {}}');
    await expect(openstackCredentials('three', env)).rejects.toThrow(/has no cloud "three"\n {2}It has one, two\./);
    await expect(openstackCredentials('', env)).rejects.toThrow(/several clouds, and none was chosen/);
  });

  it('do not quote a file that is no YAML', async () => {
    const env = await cloudsFile('clouds:\n  one: {password: "hunter2\n');
    const asked = openstackCredentials('one', env);
    await expect(asked).rejects.toBeInstanceOf(InvalidInputError);
    await expect(asked).rejects.toThrow(/clouds\.yaml:\d+:\d+: this is no YAML/);
    await expect(asked).rejects.not.toThrow(/hunter2/);
  });

  it('are a user name and an API key for Rackspace', () => {
    expect(rackspaceCredentials({ RAX_USERNAME: 'ada', RAX_API_KEY: 'k', RAX_REGION: 'IAD' })).toMatchObject({ kind: 'rackspace', username: 'ada', region: 'IAD' });
    expect(() => rackspaceCredentials({})).toThrow('RAX_USERNAME and RAX_API_KEY are not set');
  });
});

describe('the settings of a cloud', () => {
  it('come from the inputs by their names; other inputs are nothing to them', () => {
    expect(parseCloudSettings({ 'flavor': ' general1-1 ', 'network': 'a, b', 'web': '10', 'allow-from': '198.51.100.0/24' })).toMatchObject({
      flavor: 'general1-1', image: '', networks: ['a', 'b'], allowFrom: ['198.51.100.0/24'],
    });
    expect(parseCloudSettings().allowFrom).toEqual(['0.0.0.0/0']);
  });

  it('refuse what is no CIDR', () => {
    expect(() => parseCloudSettings({ 'allow-from': '198.51.100.1 home' })).toThrow('allow-from has "198.51.100.1", "home", which is no CIDR');
  });
});
