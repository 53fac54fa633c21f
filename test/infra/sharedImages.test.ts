import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseMachineName, parseRunId } from '../../language/ids.js';
import { removeNameless, untagImage } from '../../infra/docker/client.js';
import { MACHINES_REGISTRY } from '../../infra/images/catalogue.js';
import { networkName, sharedImagesVolumeName } from '../../infra/providers/local/names.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { ensureClusterServices } from '../../infra/providers/local/services.js';
import { fillSharedImages, removeUnusedSharedImages } from '../../infra/providers/local/sharedImages.js';
import { docker, engineAnswers, hasImage, makeStubImage, removeStubImage, STUB_IMAGE, uniqueCluster } from './engine.js';

const ready = engineAnswers && await hasImage('fleetwright/machine:latest') && await hasImage('fleetwright/infra:latest');
const cluster = uniqueCluster();
const run = parseRunId('deploy/test#1');
const provider = localProvider(docker);
const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));
const set = cluster.slice('test-'.length);
const REPOSITORY = 'fleetwright-test/stub';
const NAME = `${MACHINES_REGISTRY}/${REPOSITORY}`;

let registry: { readonly hostPort: string; readonly address: string };
beforeAll(async () => {
  if (!ready) return;
  process.env['XDG_STATE_HOME'] = state;
  await makeStubImage();
  const { registryHostPort, address } = await ensureClusterServices(docker, cluster, run);
  registry = { hostPort: registryHostPort, address };
});
afterAll(async () => {
  if (!ready) return;
  await provider.deleteCluster(cluster);
  await docker.getVolume(sharedImagesVolumeName(set)).remove();
  await removeStubImage();
  rmSync(state, { recursive: true, force: true });
});

/** Pushes the stub with a label of its own, so that each version is another image. @returns its id */
async function push(version: string): Promise<string> {
  const container = await docker.createContainer({ Image: STUB_IMAGE });
  const { Id } = await container.commit({ repo: `${registry.hostPort}/${REPOSITORY}`, tag: 'latest', changes: `LABEL version=${version}` }) as { Id: string };
  await container.remove();
  const stream = await docker.getImage(`${registry.hostPort}/${REPOSITORY}:latest`).push({ authconfig: {} } as Docker.ImagePushOptions);
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
  await untagImage(docker, `${registry.hostPort}/${REPOSITORY}:latest`);
  await removeNameless(docker, Id);
  return Id;
}

const fill = (id: string): Promise<void> => fillSharedImages(docker, {
  cluster, run, imageSet: set, images: [{ reference: `${NAME}:latest`, id }], registry: MACHINES_REGISTRY, registryAddress: registry.address, network: networkName(cluster),
});

async function boot(name: string, imageSet?: string): Promise<(...argv: string[]) => Promise<string>> {
  const hosts = `printf '${registry.address} registry.fleetwright.internal\\n' >> /etc/hosts`;
  const { id } = await provider.ensureServer({
    name: parseMachineName(name), tags: { cluster, run, discoveryUrl: '' }, publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVtcHR5 test',
    userData: `#cloud-config\nwrite_files:\n  - {path: /etc/docker/daemon.json, content: '{"insecure-registries":["${MACHINES_REGISTRY}"]}'}\n`
      + `bootcmd:\n  - [sh, -c, "${hosts}"]\n  - [systemctl, start, --no-block, docker.service]\n`,
    ...(imageSet ? { imageSet } : {}),
  });
  const exec = async (...argv: string[]): Promise<string> => {
    const started = await docker.getContainer(id).exec({ Cmd: argv, AttachStdout: true, AttachStderr: true });
    const stream = await started.start({});
    const out = new PassThrough();
    let text = '';
    out.on('data', (chunk: Buffer) => (text += chunk.toString()));
    docker.modem.demuxStream(stream, out, out);
    stream.resume();
    await finished(stream, { writable: false });
    return text.trim();
  };
  await vi.waitUntil(async () => (await exec('docker', 'version', '--format', '{{.Server.Version}}')).match(/^\d+\./), { timeout: 50_000, interval: 200 });
  return exec;
}

const IDS = ['docker', 'image', 'ls', '--no-trunc', '--format', '{{.ID}}'];
const RUN = ['docker', 'run', '--rm', '--entrypoint', '/bin/sleep', NAME, '0'];

describe.skipIf(!ready)('images that machines share (needs the images fleetwright/machine and fleetwright/infra)', () => {
  let first: string;
  it('are there when a machine\'s Docker starts, of links alone, and run, save and survive a restart', async () => {
    first = await push('1');
    await fill(first);
    const machine = await boot('core01', set);
    expect(await machine(...IDS)).toBe(first);
    expect(await machine('sh', '-c', 'find /var/lib/docker/overlay2 -mindepth 2 -name diff ! -type l')).toBe('');
    expect(await machine(...RUN)).toBe('');
    expect(Number(await machine('sh', '-c', `docker save ${NAME} | wc -c`))).toBeGreaterThan(10_000);
    await machine('systemctl', 'restart', 'docker.service');
    expect(await machine(...RUN)).toBe('');
    expect(await machine('sh', '-c', 'touch /var/lib/shared-images/x 2>&1 || true')).toMatch(/Read-only file system/);
  }, 120_000);

  it('are replaced on a machine by a pull, and removed there, without harm to others', async () => {
    const second = await push('2');
    const machine = await boot('core01', set);
    expect(await machine('docker', 'pull', '--quiet', NAME)).toBe(`${NAME}:latest`);
    expect((await machine(...IDS)).split('\n')).toContain(second);
    expect(await machine(...RUN)).toBe('');
    await machine('docker', 'system', 'prune', '--all', '--force');
    expect(await machine(...IDS)).toBe('');
    const other = await boot('core02', set);
    expect(await other(...IDS)).toBe(first);
    expect(await other(...RUN)).toBe('');
  }, 120_000);

  it('are filled once by two at a time, and for an image that has changed', async () => {
    const third = await push('3');
    await Promise.all([fill(third), fill(third).catch(() => undefined)]);
    await fill(third);
    const machine = await boot('core01', set);
    await machine('systemctl', 'restart', 'docker.service');
    expect(await machine(...IDS)).toBe(third);
  }, 120_000);

  it('are not needed: a machine without them starts empty', async () => {
    const machine = await boot('core03');
    expect(await machine(...IDS)).toBe('');
  }, 120_000);

  it('fail to be filled with what the registry does not have', async () => {
    await expect(fill(`sha256:${'0'.repeat(64)}`)).rejects.toThrow(/registry has another/);
  });
});

describe('removing the volumes of other versions', () => {
  it('leaves the current one and those that are in use', async () => {
    const removed: string[] = [];
    const fake = {
      listVolumes: async () => ({ Volumes: ['now', 'old', 'used'].map((set_) => ({ Name: sharedImagesVolumeName(set_) })) }),
      getVolume: (name: string) => ({
        remove: async () => {
          if (name.endsWith('used')) throw Object.assign(new Error('volume is in use'), { statusCode: 409 });
          removed.push(name);
        },
      }),
    } as unknown as Docker;
    await removeUnusedSharedImages(fake, 'now');
    expect(removed).toEqual([sharedImagesVolumeName('old')]);
  });
});
