/** A registry that asks for a login: a real one in a container, and the engine that pushes to it and pulls from it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError, PermanentError } from '../../infra/errors.js';
import { imageId } from '../../infra/docker/client.js';
import { type ImageName, machinesReference } from '../../infra/images/catalogue.js';
import { pullFromRegistry, pushToRegistry, userRegistry, type UserRegistry } from '../../infra/images/userRegistry.js';
import { Secret } from '../../infra/secret.js';
import { waitFor } from '../../infra/wait.js';
import { docker, engineAnswers, hasImage } from './engine.js';

const ready = engineAnswers && await hasImage('fleetwright/infra:latest') && await hasImage('fleetwright/fleet:latest');
/** The smallest of ours. */
const FLEET = 'fleet' as ImageName;
/** bcrypt of the password, as htpasswd has it. */
const LOGIN = 'ada:$2b$04$go2/vJ.ScNVKqlKrgyJzDucjgBjY.gji71ihhgRn/0NsWeRSj9J2e';
const SERVE = 'printf "%s\\n" "$1" > /tmp/htpasswd; exec docker-registry serve /etc/docker/registry/config.yml';
const PASSWORD = 'open sesame';
const call = { onProgress: () => undefined, signal: new AbortController().signal };
let container: string | undefined;
let address = '';

beforeAll(async () => {
  if (!ready) return;
  const made = await docker.createContainer({
    Image: 'fleetwright/infra:latest', Entrypoint: ['bash', '-c', SERVE, 'serve', LOGIN], ExposedPorts: { '5000/tcp': {} },
    Env: ['REGISTRY_AUTH=htpasswd', 'REGISTRY_AUTH_HTPASSWD_REALM=test', 'REGISTRY_AUTH_HTPASSWD_PATH=/tmp/htpasswd'],
    HostConfig: { PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  });
  container = made.id;
  await made.start();
  const { NetworkSettings } = await made.inspect();
  address = `127.0.0.1:${NetworkSettings.Ports['5000/tcp']?.[0]?.HostPort}`;
  const answers = await waitFor(async () => (await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined))?.status === 401 || undefined, { timeoutMs: 60_000 });
  if (!answers) throw new Error('the registry does not ask for a login');
});
afterAll(async () => {
  if (container) await docker.getContainer(container).remove({ force: true, v: true });
});

const registry = (password: string): UserRegistry => ({ address: `${address}/team`, username: 'ada', password: new Secret(password) });
const isThere = async (): Promise<number> => (await fetch(`http://${address}/v2/team/fleetwright/fleet/manifests/latest`, { headers: { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` } })).status;

describe.skipIf(!ready)('a registry with a login', () => {
  it('refuses a wrong password: said with what to check, without it, and no name of it stays on the engine', async () => {
    const pushed = pushToRegistry(docker, registry('battery staple'), [FLEET], call);
    await expect(pushed).rejects.toBeInstanceOf(PermanentError);
    await expect(pushed).rejects.toThrow(/could not push 127\.0\.0\.1:\d+\/team\/fleetwright\/fleet: the registry says [^]*REGISTRY_PASSWORD/);
    await expect(pushed).rejects.not.toThrow(/battery/);
    expect(await isThere()).toBe(404);
    expect(await imageId(docker, `${address}/team/fleetwright/fleet:latest`)).toBeUndefined();
  });

  it('takes an image, and gives it to a machine under the name that the units know', async () => {
    const id = await imageId(docker, 'fleetwright/fleet:latest');
    const lines: string[] = [];
    expect(await pushToRegistry(docker, registry(PASSWORD), [FLEET], { ...call, onProgress: (line) => lines.push(line) })).toEqual([{ name: 'fleet', id }]);
    expect(await isThere()).toBe(200);
    try {
      await pullFromRegistry(docker, registry(PASSWORD), FLEET, call);
      expect(await imageId(docker, `${machinesReference(FLEET)}:latest`)).toBe(id);
    } finally {
      await docker.getImage(`${machinesReference(FLEET)}:latest`).remove().catch(() => undefined);
    }
    expect(await imageId(docker, `${address}/team/fleetwright/fleet:latest`)).toBeUndefined();
    expect(lines.join('\n')).not.toContain(PASSWORD);
  });
});

describe('the registry that the inputs name', () => {
  const secret = async (): Promise<Secret> => new Secret(PASSWORD);

  it('is none, one without a login, or one with the secret REGISTRY_PASSWORD', async () => {
    expect(await userRegistry({ registry: '' }, secret)).toBeUndefined();
    expect(await userRegistry({ registry: 'registry.example:5000/team' }, secret)).toEqual({ address: 'registry.example:5000/team', username: '' });
    expect((await userRegistry({ 'registry': 'registry.example', 'registry-user': 'ada' }, secret))?.password?.reveal()).toBe(PASSWORD);
    await expect(userRegistry({ 'registry': 'registry.example', 'registry-user': 'ada' }, async () => undefined)).rejects.toThrow(/wants a password for ada[^]*FLEETWRIGHT_SECRET_REGISTRY_PASSWORD/);
  });

  it.each(['https://registry.example', 'Registry.example', 'registry.example/', 'a b', '-x', 'registry.example:port'])('cannot be %s', async (text) => {
    await expect(userRegistry({ registry: text }, secret)).rejects.toBeInstanceOf(InvalidInputError);
  });
});
