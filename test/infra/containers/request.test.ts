import { describe, expect, it } from 'vitest';
import { createOptions, imageOf } from '../../../infra/containers/create.js';
import { plain } from '../../../infra/containers/health.js';
import { nameOf } from '../../../infra/containers/identity.js';
import { pathInside, volumeRequest } from '../../../infra/containers/mounts.js';
import { parseOptions } from '../../../infra/containers/options.js';
import { portRequest, portsOf } from '../../../infra/containers/ports.js';
import { registryOf } from '../../../infra/containers/pull.js';
import type { EvaluatedContainer } from '../../../infra/containers/types.js';
import { wrapProcess } from '../../../infra/containers/wrap.js';
import { InvalidInputError } from '../../../infra/errors.js';
import { jobFolder } from '../../../infra/script/folders.js';

const FOLDERS = jobFolder('/runs/1', 'build');
const JOB = {
  run: 'ci#1', job: 'build', docker: () => Promise.reject(new Error('none')), folders: FOLDERS, services: {}, log: () => undefined, mask: (text: string) => text,
};
const like = (more: Partial<EvaluatedContainer> = {}): EvaluatedContainer => ({ image: 'debian:12', env: {}, ports: [], volumes: [], ...more });

describe('options', () => {
  it('are read as docker create reads them: long and short, with = and without, quoted, switches together', () => {
    const { config, host, health, env, labels, volumes, ports, aliases } = parseOptions(
      `--cpus=1.5 -m 512m --memory-swap -1 --health-cmd "pg_isready -U 'x y'" --health-interval 10s --health-timeout=1m30s --health-retries 5 --health-start-period 500ms
       -e A=1 -eB=2 --env 'C=a b' -it --privileged --init=false -u 1000:1000 -v data:/data -p 8080:80 --network-alias db -l a=b --shm-size 1g --ulimit nofile=1024`,
    );
    expect(host).toEqual({
      NanoCpus: 1.5e9, Memory: 512 * 1024 ** 2, MemorySwap: -1, Privileged: true, Init: false, ShmSize: 1024 ** 3, Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 1024 }],
    });
    expect(health).toEqual({ Test: ['CMD-SHELL', "pg_isready -U 'x y'"], Interval: 10e9, Timeout: 90e9, Retries: 5, StartPeriod: 5e8 });
    expect([config, env, labels, volumes, ports, aliases]).toEqual([{ User: '1000:1000', Tty: true }, ['A=1', 'B=2', 'C=a b'], { a: 'b' }, ['data:/data'], ['8080:80'], ['db']]);
  });

  it.each([
    ['--name mine', /--name is not supported/], ['--network host', /--network is not supported/], ['--net=host', /--net is not supported/],
    ['--constructor x', /--constructor is not known here/], ['--nonsense', /--nonsense is not known here\n {2}Take it out/], ['-z', /-z is not known here/],
    ['--cpus', /--cpus has no value/], ['--cpus many', /--cpus is "many", which is not a number/], ['--memory lots', /--memory is "lots"/], ['--health-interval 10', /--health-interval is "10"/],
    ['--privileged=maybe', /--privileged is "maybe"/], ['-e NAME', /-e is "NAME", which is not NAME=VALUE/], ['--ulimit nofile', /--ulimit is "nofile"/], ['debian:12', /"debian:12" belongs to no flag/],
  ])('%s is an error that names it', (options, message) => {
    expect(() => parseOptions(options)).toThrow(InvalidInputError);
    expect(() => parseOptions(options)).toThrow(message);
  });
});

describe('ports', () => {
  it('are published on loopback unless they name an address', () => {
    expect(portRequest([80, '80/udp', '8080:80', '0.0.0.0:53:53/UDP', '127.0.0.2::90', '[::1]:443:443'], ['100']).PortBindings).toEqual({
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }, { HostIp: '127.0.0.1', HostPort: '8080' }],
      '80/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
      '53/udp': [{ HostIp: '0.0.0.0', HostPort: '53' }],
      '90/tcp': [{ HostIp: '127.0.0.2', HostPort: '' }],
      '443/tcp': [{ HostIp: '::1', HostPort: '443' }],
    });
    expect(Object.keys(portRequest([], ['100/udp']).ExposedPorts)).toEqual(['100/udp']);
    expect(Object.keys(portRequest(['8000-8002:9000-9002']).PortBindings)).toEqual(['9000/tcp', '9001/tcp', '9002/tcp']);
  });

  it.each(['eighty', '0', '70000', '80:', '80/xyz', '1-3:1-2', '9-8', '-80', '', '1:2:3:4'])('%j is an error', (port) => {
    expect(() => portRequest([port])).toThrow(InvalidInputError);
  });

  it('of the job context are those of the host by the container\'s', () => {
    expect(portsOf({ '80/tcp': [{ HostPort: '32768' }, { HostPort: '32768' }], '90/tcp': null })).toEqual({ 80: '32768' });
  });
});

describe('volumes', () => {
  it('are named, of the host, or the container\'s own', () => {
    expect(volumeRequest(['data:/data', '/host:/inside:ro', '/own'])).toEqual({ Binds: ['data:/data', '/host:/inside:ro'], Volumes: { '/own': {} } });
  });

  it.each(['data', './here:/data', 'data:inside', '../x:/y', ':/x'])('%j is an error', (volume) => {
    expect(() => volumeRequest([volume])).toThrow(/is no volume/);
  });
});

describe('a container', () => {
  it('of the job stays up by tail, whatever its image starts, in the job\'s network and with its labels', () => {
    const made = createOptions({ job: JOB, role: 'container', container: like({ env: { A: '1', HOME: '/mine' }, options: '--label a=b --entrypoint x' }), network: 'net', mounts: [{ host: '/a:b', inside: '/__w/a' }] });
    expect(made).toMatchObject({
      Image: 'debian:12', Entrypoint: ['tail'], Cmd: ['-f', '/dev/null'], WorkingDir: '/__w/workspace/workspace', Env: ['HOME=/mine', 'GITHUB_ACTIONS=true', 'CI=true', 'A=1'],
      Labels: { 'a': 'b', 'fleetwright.run': 'ci#1', 'fleetwright.job': 'build', 'fleetwright.attempt': '1', 'fleetwright.role': 'container' },
      HostConfig: { NetworkMode: 'net', Mounts: [{ Type: 'bind', Source: '/a:b', Target: '/__w/a', ReadOnly: false }] },
    });
  });

  it('of a service starts what the image starts, or its own entrypoint and command, and is known by its key', () => {
    const made = (container: EvaluatedContainer) => createOptions({ job: JOB, role: 'service db', container, network: 'net' });
    expect(made(like())).not.toHaveProperty('Entrypoint');
    expect(made(like())).not.toHaveProperty('Cmd');
    expect(made(like({ entrypoint: 'serve --now', command: "-c 'a b'" }))).toMatchObject({ Entrypoint: ['serve', '--now'], Cmd: ['-c', 'a b'] });
    expect(made(like({ options: '--entrypoint serve' }))).toMatchObject({ Entrypoint: ['serve'] });
    expect(made(like()).NetworkingConfig).toEqual({ EndpointsConfig: { net: { Aliases: ['db'] } } });
  });

  it('has a name of its own among jobs, attempts and services whose names differ only in what Docker takes', () => {
    const names = [nameOf(JOB, 'service a b'), nameOf(JOB, 'service a-b'), nameOf({ ...JOB, attempt: 2 }, 'service a-b'), nameOf({ ...JOB, job: 'b' }, 'service a-b'), nameOf(JOB, 'container')];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9][\w.-]+$/);
    expect(nameOf({ ...JOB, attempt: 1 }, 'container')).toBe(nameOf(JOB, 'container'));
  });

  it.each([['docker://debian:12', 'debian:12'], [' debian ', 'debian']])('takes %j as the image %s', (image, expected) => expect(imageOf({ image })).toBe(expected));
  it.each(['a b', '--privileged'])('refuses %j as an image', (image) => expect(() => imageOf({ image })).toThrow(InvalidInputError));
  it.each([['debian', 'https://index.docker.io/v1/'], ['me/app:1', 'https://index.docker.io/v1/'], ['ghcr.example/me/app', 'ghcr.example'], ['localhost/app', 'localhost'], ['localhost:5000/app', 'localhost:5000']])(
    'gives the credentials of %s to %s', (image, registry) => expect(registryOf(image)).toBe(registry));

  it('has its log read with and without the engine\'s frames', () => {
    const frame = (stream: number, text: string): Buffer => Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
    expect(plain(Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n')]))).toBe('out\nerr\n');
    expect(plain(Buffer.from('of a terminal\n'))).toBe('of a terminal\n');
  });
});

describe('a path', () => {
  const mounts = [{ host: '/w', inside: '/__w' }, { host: '/w/home', inside: '/github/home' }];
  it.each([['/w', '/__w'], ['/w/a', '/__w/a'], ['/w/home/x', '/github/home/x'], ['/wx', undefined], ['w', undefined]])('%s is seen as %s', (path, inside) => {
    expect(pathInside(path, mounts)).toBe(inside);
  });
});

describe('a step\'s process', () => {
  const mounts = [{ host: FOLDERS.workspace, inside: '/__w/workspace/workspace' }, { host: FOLDERS.steps, inside: '/__w/_steps' }];
  const parts = { id: 'c1', engine: 'unix:///run/own.sock', docker: '/bin/docker', mounts, folders: FOLDERS, searched: '/bin' };
  const step = { name: 'a-1', script: 'x', environment: { GITHUB_WORKSPACE: FOLDERS.workspace, RUNNER_WORKSPACE: '/runs/1/build', OTHER: '/runs/1/other' }, path: [], workingDirectory: `${FOLDERS.workspace}/sub` };

  it('is docker exec, with values by name alone and paths as the container sees them', () => {
    const wrapped = wrapProcess({ ...step, argv: ['bash', '-e', `${FOLDERS.steps}/a-1/script`, `--file=${FOLDERS.steps}/a-1/script`] }, parts);
    expect(wrapped.argv).toEqual([
      '/bin/docker', 'exec', '-i', '--workdir', '/__w/workspace/workspace/sub', '-e', 'GITHUB_WORKSPACE', '-e', 'RUNNER_WORKSPACE', '-e', 'OTHER', '-e', 'FLEETWRIGHT_STEP', 'c1',
      'bash', '-e', '/__w/_steps/a-1/script', '--file=/__w/_steps/a-1/script',
    ]);
    expect(wrapped.environment).toEqual({
      GITHUB_WORKSPACE: '/__w/workspace/workspace', RUNNER_WORKSPACE: '/__w/workspace', OTHER: '/runs/1/other', FLEETWRIGHT_STEP: `${FOLDERS.steps}/a-1`, DOCKER_HOST: 'unix:///run/own.sock',
    });
    expect([wrapped.path, wrapped.workingDirectory, wrapped.script]).toEqual([[], FOLDERS.workspace, 'x']);
  });

  it('without a shell is sh -e, as on GitHub', () => {
    expect(wrapProcess({ ...step, argv: undefined }, parts).argv?.slice(-3)).toEqual(['sh', '-e', '/__w/_steps/a-1/script']);
  });
});
