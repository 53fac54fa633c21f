import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseMachineName, parseRunId } from '../../language/ids.js';
import { reachesDirectly } from '../../infra/providers/local/reach.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { docker, engineAnswers, hasImage, uniqueCluster } from './engine.js';

const ready = engineAnswers && await hasImage('fleetwright/machine:latest');
const cluster = uniqueCluster();
const provider = localProvider(docker);
const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));

const request = {
  name: parseMachineName('core01'),
  tags: { cluster, run: parseRunId('deploy/test#1'), discoveryUrl: '' },
  userData: '#cloud-config\nwrite_files:\n  - {path: /etc/from-user-data, content: hello}\nruncmd:\n  - [systemctl, start, --no-block, docker.service]\n',
  publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVtcHR5 test',
};

async function run(id: string, ...argv: string[]): Promise<string> {
  const started = await docker.getContainer(id).exec({ Cmd: argv, AttachStdout: true, AttachStderr: true });
  const stream = await started.start({});
  const out = new PassThrough();
  let text = '';
  out.on('data', (chunk: Buffer) => (text += chunk.toString()));
  docker.modem.demuxStream(stream, out, out);
  stream.resume();
  await finished(stream, { writable: false });
  return text.trim();
}

/** What systemd says of the whole system once it has booted. */
async function bootedState(id: string): Promise<string> {
  let state = '';
  await vi.waitUntil(async () => {
    state = await run(id, 'systemctl', 'is-system-running').catch(() => '');
    return ['running', 'degraded'].includes(state);
  }, { timeout: 50_000, interval: 200 });
  return state;
}

describe.skipIf(!ready)('a machine (needs the image fleetwright/machine)', () => {
  beforeAll(() => {
    process.env['XDG_STATE_HOME'] = state;
  });
  afterAll(async () => {
    await provider.deleteCluster(cluster);
    rmSync(state, { recursive: true, force: true });
  });

  it('boots systemd without a failed unit, does its user-data, answers SSH and has a Docker of its own', async () => {
    const { id, publicAddress } = await provider.ensureServer(request);
    expect(await bootedState(id)).toBe('running');
    expect(await run(id, 'cat', '/etc/from-user-data')).toBe('hello');
    expect(await run(id, 'hostname')).toBe('core01');
    await vi.waitUntil(() => reachesDirectly(publicAddress, 22), { timeout: 10_000 });
    await vi.waitUntil(async () => (await run(id, 'docker', 'info', '--format', '{{.Driver}}')) === 'overlay2', { timeout: 30_000, interval: 300 });
  });

  it('comes back by itself after it has rebooted, with its address and without doing its user-data again', async () => {
    const [before] = await provider.listServers(cluster);
    const id = before?.id ?? '';
    const bootId = (await docker.getContainer(id).inspect()).State.StartedAt;
    await run(id, 'rm', '/etc/from-user-data');
    await run(id, 'systemctl', 'reboot');
    await vi.waitUntil(async () => {
      const { State } = await docker.getContainer(id).inspect();
      return State.Status === 'running' && State.StartedAt !== bootId;
    }, { timeout: 30_000, interval: 100 });
    expect(await bootedState(id)).toBe('running');
    expect(await run(id, 'ls', '/etc')).not.toContain('from-user-data');
    expect(await provider.ensureServer(request)).toEqual(before);
  });
});
