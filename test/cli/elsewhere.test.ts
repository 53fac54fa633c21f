/** What the command line says of a provider elsewhere before there is a cluster: doctor, plan, status. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { doctor, type DoctorFlags } from '../../cli/commands/doctor.js';
import { plan } from '../../cli/commands/plan.js';
import { status } from '../../cli/commands/status.js';
import { UsageError } from '../../cli/errors.js';
import type { HostCheck } from '../../infra/host/checks.js';
import { packagePath } from '../../infra/paths.js';
import { fakeTerminal } from './fakeTerminal.js';

let folder: string;
let mute: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-elsewhere-'));
  for (const name of Object.keys(process.env).filter((one) => /^(OS|RAX|RACKSPACE)_/.test(one))) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
  vi.stubEnv('SSH_AUTH_SOCK', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  mute?.closeAllConnections();
  await new Promise((resolve) => { if (mute) mute.close(resolve); else resolve(undefined); });
  mute = undefined;
});

async function checks(flags: DoctorFlags): Promise<{ readonly code: number; readonly of: (name: string) => HostCheck | undefined }> {
  const terminal = fakeTerminal();
  const code = await doctor(terminal, { temporalPort: '9', ...flags, json: true });
  const found = JSON.parse(terminal.data.join('\n')) as readonly HostCheck[];
  return { code, of: (name) => found.find((one) => one.name === name) };
}

function inventory(text: string): string {
  const path = join(folder, 'servers.yml');
  writeFileSync(path, text);
  return path;
}

/** An identity service that refuses everybody. */
async function refusing(): Promise<string> {
  mute = createServer((_, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{"error": {"message": "who are you"}}'));
  await new Promise<void>((resolve) => { mute!.listen(0, '127.0.0.1', resolve); });
  return `http://127.0.0.1:${(mute.address() as AddressInfo).port}/v3`;
}

describe('doctor of a provider elsewhere', () => {
  it('says where credentials are looked for when there are none, and needs no Docker here', async () => {
    const { code, of } = await checks({ provider: 'openstack' });
    expect(code).toBe(1);
    expect(of('settings')).toMatchObject({ ok: false, detail: 'nothing says which cloud to use', remedy: expect.stringMatching(/OS_CLOUD.*clouds\.yaml.*OS_AUTH_URL/) });
    expect(of('docker')).toMatchObject({ ok: true });
    expect(of('memory')).toBeUndefined();
    expect((await checks({ provider: 'rackspace' })).of('settings')).toMatchObject({ ok: false, detail: 'RAX_USERNAME and RAX_API_KEY are not set' });
  });

  it('says that a login is refused, in the words of the cloud and without the password', async () => {
    for (const [name, value] of Object.entries({ OS_AUTH_URL: await refusing(), OS_USERNAME: 'ada', OS_PASSWORD: 'battery staple', OS_PROJECT_NAME: 'engines' })) vi.stubEnv(name, value);
    const { code, of } = await checks({ provider: 'openstack', flavor: 'small', image: 'debian-12' });
    expect(code).toBe(1);
    expect(of('cloud')).toMatchObject({ ok: false, detail: 'could not log in: the cloud says 401 who are you', remedy: expect.stringMatching(/^Check the user, the password/) });
    expect(JSON.stringify(of('cloud'))).not.toContain('battery');
  });

  it('names what is wrong with an inventory, and the hosts that cannot be reached, each with its remedy', async () => {
    expect((await checks({ provider: 'static', inventory: join(folder, 'none.yml') })).of('inventory')).toMatchObject({ ok: false, detail: expect.stringMatching(/none\.yml does not exist/) });
    const { code, of } = await checks({ provider: 'static', inventory: inventory('hosts:\n  - {name: alpha, address: 127.0.0.1, port: 9, user: root}\n'), machines: '1' });
    expect(code).toBe(1);
    expect(of('inventory')).toMatchObject({ ok: true, detail: '1 servers for 1 machines' });
    expect(of('alpha')).toMatchObject({ ok: false, detail: expect.stringMatching(/127\.0\.0\.1:9/), remedy: expect.stringMatching(/address and port/) });
  });

  it('refuses a provider that is none', async () => {
    await expect(checks({ provider: 'moon' })).rejects.toThrow(UsageError);
  });
});

describe('plan', () => {
  async function addresses(...input: string[]): Promise<unknown> {
    const terminal = fakeTerminal();
    await plan(terminal, packagePath('deployments', 'deploy.yml'), { input, json: true });
    return (JSON.parse(terminal.data.join('\n')) as { addresses: unknown }).addresses;
  }

  it('says which address of a server in a cloud is the private and which the public one', async () => {
    expect(await addresses('provider=openstack', 'network=private')).toEqual([{ server: 'each server', private: 'the first private one (RFC 1918, RFC 6598) on private', public: "the cloud's access address, else one that is not private, else the private one" }]);
    expect(await addresses('provider=rackspace', 'private-network=inner', 'public-network=outer')).toEqual([{ server: 'each server', private: 'of the network inner', public: 'of the network outer' }]);
    expect(await addresses('provider=openstack', 'public-network=outer', 'floating-network=ext')).toMatchObject([{ public: 'a floating address from ext' }]);
  });

  it('says it of each server of an inventory', async () => {
    const path = inventory('hosts:\n  - {name: a, address: 192.0.2.1}\n  - {name: b, address: b.example, private-address: 10.0.0.2}\n  - {name: c, address: jumped, public-address: 192.0.2.9}\n  - {name: d, address: 192.0.2.4}\n');
    expect(await addresses('provider=static', `inventory=${path}`, 'machines=3')).toEqual([
      { server: 'a', private: 'of the interface with the default route', public: '192.0.2.1' },
      { server: 'b', private: '10.0.0.2', public: 'what b.example stands for' },
      { server: 'c', private: 'of the interface with the default route', public: '192.0.2.9' },
    ]);
  });
});

describe('status', () => {
  it('says that no server of an inventory answers, and refuses a provider that is none', async () => {
    const terminal = fakeTerminal();
    const path = inventory('hosts:\n  - {name: alpha, address: 127.0.0.1, port: 9, user: root}\n');
    expect(await status(terminal, { temporalPort: '9', provider: 'static', inventory: path })).toBe(0);
    expect(terminal.notes.join('\n')).toMatch(/127\.0\.0\.1:9/);
    await expect(status(terminal, { provider: 'moon' })).rejects.toThrow(UsageError);
  });
});
