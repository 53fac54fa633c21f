import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endJobContainers } from '../../../infra/containers/end.js';
import { openJobContainers } from '../../../infra/containers/openJobContainers.js';
import type { EvaluatedContainer, JobContainersRequest } from '../../../infra/containers/types.js';
import { InvalidInputError, PermanentError } from '../../../infra/errors.js';
import { localTransport } from '../../../infra/process.js';
import { jobFolder } from '../../../infra/script/folders.js';
import type { StepHost, StepProcess } from '../../../infra/script/host.js';
import { openLocalHost } from '../../../infra/script/localHost.js';
import { dockerCommand, dockerScript, requireDocker } from '../../../infra/uses/dockerCommand.js';
import { docker, engineAnswers, importPrograms } from '../engine.js';

const IMAGE = `fleetwright-test/shell:${randomBytes(5).toString('hex')}`;
const QUICK = { interruptMs: 1000, terminateMs: 1000, killMs: 5000 };

let folder: string;
let run: string;
let lines: string[];
let host: StepHost;

describe.skipIf(!engineAnswers)('openJobContainers', () => {
  beforeAll(() => importPrograms(
    IMAGE, ['sh', 'cat', 'tail', 'sleep', 'env', 'grep', 'tr', 'id', 'mkdir', 'ls', 'setsid', 'kill'], ['ENV OF_IMAGE=yes'], [process.execPath],
  ));
  afterAll(() => docker.getImage(IMAGE).remove({ force: true }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containers-'));
    run = `containers-test#${randomBytes(5).toString('hex')}`;
    lines = [];
    host = await openLocalHost({ job: jobFolder(folder, 'build') });
  });
  afterEach(async () => {
    await host.end(QUICK);
    await endJobContainers(docker, { run });
    await rm(folder, { recursive: true, force: true });
  });

  const like = (more: Partial<EvaluatedContainer> = {}): EvaluatedContainer => ({ image: IMAGE, env: {}, ports: [], volumes: [], ...more });
  const sleeper = (more: Partial<EvaluatedContainer> = {}): EvaluatedContainer => like({ entrypoint: 'sleep', command: '3600', ...more });
  const open = (more: Partial<JobContainersRequest>) => openJobContainers({
    run, job: 'build', docker: async () => docker, folders: host.job, services: {}, log: (line) => void lines.push(line), mask: (text) => text.replaceAll('hunter22', '***'), ...more,
  });
  const things = async (): Promise<readonly string[]> => {
    const filters = { label: [`fleetwright.run=${run}`] };
    const [containers, networks] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters })]);
    return [...containers.map(({ Labels }) => Labels['fleetwright.role']!), ...networks.map(({ Labels }) => Labels!['fleetwright.role']!)].sort();
  };
  const step = (name: string, script: string, more: Partial<StepProcess> = {}): StepProcess =>
    ({ name, script, argv: undefined, environment: {}, path: [], workingDirectory: host.job.workspace, ...more });
  const outcome = async (process: StepProcess): Promise<readonly [number | string, string]> => {
    const chunks: Buffer[] = [];
    await host.start(process);
    const end = await host.follow(process.name, 0, (chunk) => void chunks.push(chunk), AbortSignal.timeout(30_000));
    return [typeof end === 'string' ? end : end.exitCode, Buffer.concat(chunks).toString()];
  };

  it('needs no engine for a job without containers, nor for one whose images are empty', async () => {
    const none = await open({ docker: () => Promise.reject(new Error('asked for')), container: like({ image: '' }), services: { db: like({ image: '' }) } });
    expect(none.context).toEqual({ services: {} });
    expect(none.network).toBeUndefined();
    const process = step('a-1', 'true');
    expect(none.wrap(process)).toBe(process);
  });

  it('runs a step in the container, with its files, its environment and its exit code', async () => {
    const containers = await open({ container: like({ env: { OF_FILE: 'two words' } }) });
    await writeFile(join(host.job.workspace, 'here'), 'from the host\n');
    const journal = host.journal('a-1');
    const [code, output] = await outcome(containers.wrap(step('a-1', [
      'cat here', 'echo "$OF_IMAGE $OF_FILE $OF_STEP $HOME $GITHUB_WORKSPACE"', 'echo "$PWD $PATH"', 'echo made >made', 'echo name=value >>"$GITHUB_OUTPUT"', 'exit 7',
    ].join('\n'), { environment: { OF_STEP: 'line 1\nline 2', GITHUB_WORKSPACE: host.job.workspace, GITHUB_OUTPUT: join(journal, 'output') }, path: [join(host.job.workspace, 'tools')] })));
    expect([code, output]).toEqual([7, [
      'from the host', 'yes two words line 1', 'line 2 /github/home /__w/workspace/workspace',
      '/__w/workspace/workspace /__w/workspace/workspace/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '',
    ].join('\n')]);
    expect((await host.read('a-1', 'output', 100)).toString()).toBe('name=value\n');
  });

  it('runs a step as the user of the options, who has its script, its environment files and the workspace', async () => {
    const containers = await open({ container: like({ options: '--user 1234:1234' }) });
    const environment = { GITHUB_OUTPUT: join(host.journal('a-1'), 'output'), RUNNER_TEMP: host.job.temp };
    const script = 'exec 2>&1\nid -u\necho name=value >>"$GITHUB_OUTPUT"\necho x >made\necho x >"$RUNNER_TEMP/made"\necho x >"$HOME/made"\nls "${GITHUB_OUTPUT%/*}/command" && cat "${GITHUB_OUTPUT%/*}/command"';
    const [code, output] = await outcome(containers.wrap(step('a-1', script, { environment })));
    expect([code, output]).toEqual([1, expect.stringMatching(/^1234\n.*command\ncat: .*command: Permission denied\n$/)]);
    expect((await host.read('a-1', 'output', 100)).toString()).toBe('name=value\n');
  });

  it('shows no value of a step in an argument list', async () => {
    const containers = await open({ container: like() });
    const { argv = [] } = containers.wrap(step('a-1', 'true', { environment: { TOKEN: 'hunter22' } }));
    expect(argv).toContain('TOKEN');
    expect(argv.join(' ')).not.toContain('hunter22');
  });

  it('gives the container what would change the host\'s own commands as the step has it', async () => {
    const containers = await open({ container: like() });
    expect(await outcome(containers.wrap(step('a-1', 'echo "$DOCKER_HOST $NODE_OPTIONS $HOME"', { environment: { DOCKER_HOST: 'tcp://elsewhere', NODE_OPTIONS: '--no-such-flag', HOME: '/tmp' } }))))
      .toEqual([0, 'tcp://elsewhere --no-such-flag /tmp\n']);
  });

  it('runs the script of a JavaScript action by the host\'s Node', async () => {
    const containers = await open({ container: like() });
    await writeFile(join(host.job.workspace, 'main.js'), 'console.log(__filename, process.argv[2])');
    const process_ = step('a-1', '', { argv: [process.execPath, join(host.job.workspace, 'main.js'), 'x'] });
    expect(await outcome(containers.wrap(process_))).toEqual([0, '/__w/workspace/workspace/main.js x\n']);
  });

  it('runs a step through the engine\'s socket where there is no docker command, also one that prints much on both streams', async () => {
    const containers = await open({ container: like(), byCommand: false });
    const wrapped = containers.wrap(step('a-1', 'i=0; while [ $i -lt 3000 ]; do echo "line $i $WORD"; i=$((i+1)); done; echo wrong >&2; exit 3', { environment: { WORD: 'w', NODE_OPTIONS: '--no-such-flag' } }));
    const [code, output] = await outcome(wrapped);
    expect(code).toBe(3);
    expect(output.split('\n').filter((line) => /^line \d+ w$/.test(line))).toHaveLength(3000);
    expect(output).toContain('wrong\n');
  });

  it('leaves nothing of a stopped step in the container, not a child that ignores SIGTERM and not a setsid grandchild', async () => {
    const containers = await open({ container: like() });
    const other = containers.wrap(step('b-1', 'exec sleep 3600'));
    await host.start(other);
    const process_ = containers.wrap(step('a-1', 'trap "" INT TERM\nsetsid sh -c "trap \\"\\" INT TERM; while :; do sleep 4321; done" &\necho started\nsleep 4321'));
    await host.start(process_);
    const stop = new AbortController();
    await host.follow('a-1', 0, () => stop.abort(), stop.signal).catch(() => undefined);
    expect(await processesIn(containers.context.container!.id)).toContain('sleep 4321');
    await host.stop('a-1', QUICK);
    await containers.stop(host.journal('a-1'));
    const left = await processesIn(containers.context.container!.id);
    expect(left).not.toContain('sleep 4321');
    expect(left).toContain('sleep 3600');
  });

  it('asks a step in the container to end before it is made to', async () => {
    const containers = await open({ container: like() });
    await host.start(containers.wrap(step('a-1', 'trap "echo bye >bye; exit 0" INT\necho started\nsleep 4321')));
    const stop = new AbortController();
    await host.follow('a-1', 0, () => stop.abort(), stop.signal).catch(() => undefined);
    await host.stop('a-1', QUICK);
    expect(await readFile(join(host.job.workspace, 'bye'), 'utf8')).toBe('bye\n');
  });

  it('lets the next worker follow a step that runs in the container, and read its end', async () => {
    const containers = await open({ container: like() });
    await host.start(containers.wrap(step('a-1', 'while [ ! -e go ]; do sleep 0.1; done; echo went; exit 5')));
    host.close();
    host = await openLocalHost({ job: jobFolder(folder, 'build') });
    const again = await open({ container: like() });
    await host.start(again.wrap(step('a-1', 'echo a second time')));
    await writeFile(join(host.job.workspace, 'go'), '');
    expect(await outcome(again.wrap(step('a-1', 'echo a third time')))).toEqual([5, 'went\n']);
  });

  it('ends what runs in the container by itself, where the worker may not', async () => {
    const containers = await open({ container: like() });
    await host.start(containers.wrap(step('a-1', 'echo started; sleep 4321 & env -i sleep 4321')));
    const stop = new AbortController();
    await host.follow('a-1', 0, () => stop.abort(), stop.signal).catch(() => undefined);
    await containers.stop(host.journal('a-1'));
    expect(await processesIn(containers.context.container!.id)).not.toContain('sleep 4321');
  });

  it('finds the same containers when it is opened again, by the next segment or by a worker that knows nothing', async () => {
    const request = { container: like(), services: { db: sleeper({ ports: [5432] }) } };
    const first = await open(request);
    const again = await open(request);
    await rm(join(folder, 'build', 'containers.json'));
    const anew = await open(request);
    expect(again.context).toEqual(first.context);
    expect(anew.context).toEqual(first.context);
    expect(await things()).toEqual(['container', 'network', 'service db']);
  });

  it('makes nothing twice when two workers open at the same time', async () => {
    const request = { container: like(), services: { db: sleeper() } };
    const [one, two] = await Promise.all([open(request), open(request)]);
    expect(one.context).toEqual(two.context);
    expect(await things()).toEqual(['container', 'network', 'service db']);
  });

  it('starts the job\'s container again when it was stopped, with what earlier steps left in it', async () => {
    const first = await open({ container: like() });
    await outcome(first.wrap(step('a-1', 'echo kept >/tmp/kept')));
    await docker.getContainer(first.context.container!.id).kill();
    const again = await open({ container: like() });
    expect(await outcome(again.wrap(step('b-1', 'cat /tmp/kept')))).toEqual([0, 'kept\n']);
  });

  it('says so when somebody removed the job\'s container', async () => {
    const first = await open({ container: like() });
    await docker.getContainer(first.context.container!.id).remove({ force: true });
    await expect(open({ container: like() })).rejects.toThrow(/the job's container is gone/);
  });

  it('publishes a service\'s ports on loopback, and lets the job\'s container reach it by its name', async () => {
    const server = "require('node:http').createServer((_, answer) => answer.end(process.env.WORD)).listen(8080)";
    const service = like({ env: { WORD: 'hello' }, volumes: [`${process.execPath}:/bin/node:ro`], entrypoint: 'node -e', command: `"${server}"`, ports: [8080] });
    const { context, wrap } = await open({ container: like(), services: { web: service } });
    const port = context.services['web']!.ports['8080']!;
    // Until it listens, what stands before it takes connections and closes them.
    const asked = "const ask = () => require('node:http').get(process.argv[1], (answer) => answer.pipe(process.stdout)).on('error', () => setTimeout(ask, 50)); ask()";
    expect(await outcome(step('host-1', '', { argv: [process.execPath, '-e', asked, `http://127.0.0.1:${port}`] }))).toEqual([0, 'hello']);
    await writeFile(join(host.job.workspace, 'ask.js'), asked.replace('argv[1]', 'argv[2]'));
    expect(await outcome(wrap(step('in-1', '', { argv: [process.execPath, join(host.job.workspace, 'ask.js'), 'http://web:8080'] })))).toEqual([0, 'hello']);
    const { NetworkSettings } = await docker.getContainer(context.services['web']!.id).inspect();
    expect(NetworkSettings.Ports['8080/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: port }]);
  });

  it('waits until a service is healthy', async () => {
    const service = like({ entrypoint: 'sh -c', command: "'sleep 1; echo up >/tmp/up; exec sleep 3600'", options: '--health-cmd "cat /tmp/up" --health-interval 200ms --health-retries 50' });
    const { context } = await open({ services: { db: service } });
    const { State } = await docker.getContainer(context.services['db']!.id).inspect();
    expect(State.Health?.Status).toBe('healthy');
    expect(lines).toEqual(expect.arrayContaining(['db is starting', 'db is healthy']));
  });

  it('fails with the last lines of a service that is unhealthy, masked, and leaves nothing', async () => {
    const service = like({ entrypoint: 'sh -c', command: "'echo the password is hunter22; exec sleep 3600'", options: '--health-cmd "cat /none" --health-interval 100ms --health-retries 1' });
    const opened = open({ services: { db: service } });
    await expect(opened).rejects.toThrow(PermanentError);
    await expect(opened).rejects.toThrow(/the service db is unhealthy; it printed last:\nthe password is \*\*\*/);
    expect(await things()).toEqual([]);
  });

  it('leaves nothing of a job that is over while a service is starting, and all of one that is let go of, for who goes on with it', async () => {
    const service = like({ entrypoint: 'sleep', command: '3600', options: '--health-cmd "cat /tmp/up" --health-interval 200ms --health-retries 500' });
    const during = async (kind: 'signal' | 'letGo'): Promise<void> => {
      const stop = new AbortController();
      const log = (line: string): void => void (line === 'db is starting' && stop.abort(new Error(kind)));
      await expect(open({ services: { db: service }, log, [kind]: stop.signal })).rejects.toThrow(kind);
    };
    await during('letGo');
    expect(await things()).toEqual(['network', 'service db']);
    await during('signal');
    expect(await things()).toEqual([]);
  });

  it('fails with the engine\'s words when the job\'s container cannot be started, and leaves nothing', async () => {
    await expect(open({ container: like({ options: '--user nobody-at-all' }) })).rejects.toThrow(/could not start the container: .*nobody-at-all/);
    expect(await things()).toEqual([]);
  });

  it('goes on with a service that ends and has no health check', async () => {
    await open({ services: { once: like({ entrypoint: 'sh -c', command: "'echo done; exit 4'" }) } });
    await expect.poll(() => lines.join('\n')).toMatch(/once is started/);
  });

  it('applies options to the container', async () => {
    const { context } = await open({ services: { db: sleeper({ options: '--cpus 0.5 --memory 64m --hostname database --network-alias primary -e A=1 --tmpfs /scratch --ulimit nofile=512:1024 --cap-drop NET_RAW --add-host other:10.0.0.1', volumes: ['/data'] }) } });
    const { HostConfig, Config, NetworkSettings, Mounts } = await docker.getContainer(context.services['db']!.id).inspect();
    expect(HostConfig).toMatchObject({ NanoCpus: 5e8, Memory: 64 * 1024 ** 2, Tmpfs: { '/scratch': '' }, CapDrop: ['NET_RAW'], ExtraHosts: ['other:10.0.0.1'], Ulimits: [{ Name: 'nofile', Soft: 512, Hard: 1024 }] });
    expect([Config.Hostname, Config.Env]).toEqual(['database', expect.arrayContaining(['A=1'])]);
    expect(Object.values(NetworkSettings.Networks)[0]!.Aliases).toEqual(expect.arrayContaining(['db', 'primary']));
    expect(Mounts).toEqual([expect.objectContaining({ Type: 'volume', Destination: '/data' })]);
  });

  it('makes nothing when any part of what the file says is wrong', async () => {
    await expect(open({ container: like(), services: { db: sleeper({ options: '--nonsense 3' }) } })).rejects.toThrow(InvalidInputError);
    await expect(open({ container: like(), services: { db: sleeper({ ports: ['eighty'] }) } })).rejects.toThrow(/"eighty" is no port/);
    expect(await things()).toEqual([]);
  });

  it('says in one error which image cannot be pulled, and what to do, without the password', async () => {
    const failed = open({ container: like({ image: 'localhost:9/none/such:1', credentials: { username: 'me', password: 'hunter22' } }) });
    await expect(failed).rejects.toThrow(/the image localhost:9\/none\/such:1 is not here and cannot be pulled: .*\n {2}Check its name, the credentials/);
    await failed.catch((error: Error) => expect(error.message).not.toContain('hunter22'));
    expect(lines[1]).toBe('Pulling localhost:9/none/such:1');
  });

  it('lets a Docker action join the job\'s network, with the job\'s workspace and files, and leaves it behind for nobody', async () => {
    const containers = await open({ services: { db: sleeper() } });
    await writeFile(join(host.job.workspace, 'here'), 'in the workspace\n');
    const journal = host.journal('a-1');
    const script = 'echo name=value >>"$GITHUB_OUTPUT"; cat "$GITHUB_WORKSPACE/here"; echo "$INPUT_WORD $1"; sleep 4321';
    const command = dockerCommand({
      resolved: { folder: '' }, runs: { using: 'docker', image: `docker://${IMAGE}`, entrypoint: 'sh', env: {}, preIf: 'always()', postIf: 'always()' }, stage: 'main',
      inputs: { word: 'hello' }, args: ['-c', script, 'sh', 'x y'], stepEnvironment: { GITHUB_WORKSPACE: host.job.workspace, GITHUB_OUTPUT: join(journal, 'output') },
      job: host.job, journal, container: `fleetwright-${randomBytes(5).toString('hex')}`, network: containers.network!, engine: containers.engine!,
    });
    await requireDocker(localTransport(), 'the action', undefined, containers.engine);
    await host.start(step('a-1', dockerScript(command), { argv: ['sh', join(journal, 'script')], environment: command.environment }));
    const stop = new AbortController();
    let said = '';
    const take = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('x y\n')) stop.abort();
    };
    await host.follow('a-1', 0, take, stop.signal).catch(() => undefined);
    expect(said).toBe('in the workspace\nhello x y\n');
    const [action] = await docker.listContainers({ filters: { label: ['fleetwright.action'], network: [containers.network!] } });
    expect(Object.values(action!.NetworkSettings.Networks).map(({ NetworkID }) => NetworkID)).toEqual([containers.network]);
    expect(await host.read('a-1', 'output', 100).then(String)).toBe('name=value\n');
    await containers.end();
    await expect(docker.getContainer(action!.Id).inspect()).rejects.toThrow(/no such container/);
    expect(await things()).toEqual([]);
  });

  it('removes containers, their own volumes and the network, whoever made them', async () => {
    const { context } = await open({ container: like({ volumes: ['/data'] }), services: { db: sleeper() } });
    const { Mounts } = await docker.getContainer(context.container!.id).inspect();
    const volume = Mounts.find(({ Destination }) => Destination === '/data')!.Name!;
    await endJobContainers(docker, { run });
    await endJobContainers(docker, { run });
    expect(await things()).toEqual([]);
    await expect(docker.getVolume(volume).inspect()).rejects.toThrow(/no such volume/);
  });
});

async function processesIn(id: string): Promise<readonly string[]> {
  const { Processes } = await docker.getContainer(id).top({ ps_args: '-eo pid,args' }) as { readonly Processes: readonly (readonly string[])[] };
  return Processes.map((row) => row.slice(1).join(' '));
}
