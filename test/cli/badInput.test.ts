import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { place, type Place } from './command.js';

let here: Place;
let files: string;
const at = (name: string): string => join(files, name);
beforeAll(() => {
  execFileSync(process.execPath, [packagePath('tools', 'ensure-install.mjs')], { stdio: 'ignore' });
  files = mkdtempSync(join(tmpdir(), 'fleetwright-bad-'));
  chmodSync(files, 0o755);
}, 120_000);
afterAll(() => rmSync(files, { recursive: true, force: true }));

const servers: Server[] = [];
beforeEach(async () => { here = await place(); });
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await here.remove();
});

async function listen(on: number | string, answer: (path: string) => unknown): Promise<void> {
  const server = createServer((request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(request.url ?? ''))));
  servers.push(server);
  await new Promise<void>((resolve) => (typeof on === 'number' ? server.listen(on, '127.0.0.1', resolve) : server.listen(on, resolve)));
}

/** Lines that are not progress. */
const lines = (text: string): string[] => text.trim().split('\n');

describe('a bad input of up is one clear error, and nothing is started', () => {
  it.each([
    ['a provider that is none', ['--provider', 'mars'], /deploy\.yml:\d+:7: input provider: "mars" is not one of local, static, openstack, rackspace$/],
    ['two machines', ['--machines', '2'], /input machines: 2 is less than 3: etcd needs three machines to survive the loss of one$/],
    ['no machine', ['--machines', '0'], /input machines: 0 is less than 3: /],
    ['four machines in words', ['--machines', 'four'], /input machines: "four" is not a number$/],
    ['more web servers than ports', ['--web', '100'], /input web: 100 is more than 99: web@NN answers on port 18000 \+ NN/],
    ['a cluster name with a command in it', ['--cluster', 'demo;rm -rf'], /input cluster: "demo;rm -rf" is not allowed: use lower-case letters/],
    ['a cluster name with a substitution in it', ['--cluster', '$(x)'], /input cluster: "\$\(x\)" is not allowed/],
    ['a cluster name like a flag', ['--cluster', '-x'], /input cluster: "-x" is not allowed/],
    ['an input that the file does not have', ['-i', 'machins=4'], /deploy\.yml:1:1: unknown input "machins": there are cluster, .*: did you mean "machines"\?$/],
    ['a discovery URL that is none', ['--discovery-url', 'file:///etc/passwd'], /input discovery-url: "file:.*" is not allowed: use an http or https URL$/],
    ['a key that is not there', ['--ssh-key', '/no/such/key'], /input ssh-key: the SSH key \/no\/such\/key does not exist\. Give the path/],
    ['a key that is a folder', ['--ssh-key', '/'], /input ssh-key: the SSH key \/ is a folder\./],
    ['a key that is none', ['--ssh-key', packagePath('package.json')], /input ssh-key: .*package\.json is not an SSH private key\./],
  ])('%s', async (_, args, problem) => {
    const { code, stdout, stderr } = await here.run(['up', ...args]);
    expect(stderr.trim()).toMatch(problem);
    expect({ code, stdout, lines: lines(stderr).length, left: await here.left() }).toEqual({ code: 3, stdout: '', lines: 1, left: [] });
  });

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error)('a key with a passphrase', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', at('encrypted')]);
    const { code, stderr } = await here.run(['up', '--ssh-key', at('encrypted')]);
    expect({ code, left: await here.left() }).toEqual({ code: 3, left: [] });
    expect(stderr).toMatch(/input ssh-key: .*encrypted is encrypted\. Give a key without a passphrase/);
  });

  it.skipIf(process.getuid?.() !== 0)('a key that this user may not read', async () => {
    writeFileSync(at('mine'), 'x', { mode: 0o600 });
    chmodSync(here.folder, 0o777);
    const { code, stderr } = await here.run(['up', '--ssh-key', at('mine')], { through: AS_NOBODY });
    expect({ code, left: await here.left() }).toEqual({ code: 3, left: [] });
    expect(stderr).toMatch(/input ssh-key: the SSH key .*mine cannot be read \(EACCES\)\. Make it readable/);
  });

  it('all of them are said at once', async () => {
    const { code, stderr } = await here.run(['up', '--machines', '2', '--web', '0', '--cluster', 'A', '--provider', 'mars', '-i', 'colour=red']);
    expect(code).toBe(3);
    expect(lines(stderr).map((line) => /input "?([\w-]+)/.exec(line)?.[1])).toEqual(['colour', 'cluster', 'provider', 'machines', 'web']);
  });

  it('a flag that is none, with the one that was meant', async () => {
    const { code, stderr } = await here.run(['up', '--macines', '3']);
    expect({ code, left: await here.left() }).toEqual({ code: 2, left: [] });
    expect(stderr).toMatch(/unknown option '--macines'\n\(Did you mean --machines\?\)/);
  });

  it('a unit file with a key in [X-Fleet] that fleet does not have', async () => {
    const copy = privateCopy();
    const unit = join(copy, 'fleet-services', 'monweb@.service');
    writeFileSync(unit, readFileSync(unit, 'utf8').replace('X-ConditionMachineOf=', 'X-ConditionMachineOff='));
    const { code, stderr } = await here.run(['up'], { program: join(copy, 'bin', 'fleetwright.js'), cwd: copy });
    expect({ code, lines: lines(stderr).length, left: await here.left() }).toEqual({ code: 3, lines: 1, left: [] });
    expect(stderr).toMatch(/^deployments\/deploy\.yml:\d+:\d+: input units: fleet-services\/monweb@\.service:\d+: unknown key X-ConditionMachineOff= in \[X-Fleet\]: did you mean X-ConditionMachineOf\?/);
    const validated = await here.run(['validate', 'deployments/deploy.yml', 'fleet-services/monweb@.service', 'fleet-services/db.service'], { program: join(copy, 'bin', 'fleetwright.js'), cwd: copy });
    expect(validated.code).toBe(3);
    expect(validated.stdout).toBe('fleet-services/db.service: ok\n');
    expect(lines(validated.stderr)).toEqual([
      expect.stringMatching(/^deployments\/deploy\.yml:.* input units: fleet-services\/monweb@\.service:\d+: unknown key/),
      expect.stringMatching(/^fleet-services\/monweb@\.service:\d+:1: unknown key X-ConditionMachineOff=/),
    ]);
  });
});

describe('a bad file is refused with all that is wrong, and nothing is started', () => {
  const HEAD = 'on: workflow_dispatch\njobs:\n';

  it.each([
    ['an unknown action', `${HEAD}  a:\n    runs-on: worker\n    steps:\n      - uses: fleetwright/boot-server@v1\n`, /^bad\.yml:6:15: there is no action "boot-server": did you mean "boot-servers"\?$/],
    ['a mistake in the YAML', `${HEAD}  a:\n    runs-on: "worker\n    steps: []\n`, /^bad\.yml:\d+:\d+: /],
    ['an unknown key', `${HEAD}  a:\n    runs-on: worker\n    step: []\n`, /bad\.yml:5:5: unknown key "step".*did you mean "steps"\?/],
    ['three problems in one file', `on: workflow_dispatch\non-failure: perhaps\njobs:\n  a:\n    runs-on: worker\n    needs: b\n    steps:\n      - uses: fleetwright/check-host@v1\n        with: {cluster: A, machines: 2, web: 1}\n`,
      /^bad\.yml:2:13: .*\nbad\.yml:6:12: .*$/],
  ])('%s', async (_, text, problems) => {
    writeFileSync(at('bad.yml'), text);
    for (const command of [['run', 'bad.yml'], ['validate', 'bad.yml']]) {
      const { code, stderr } = await here.run(command, { cwd: files });
      expect(stderr.trim()).toMatch(problems);
      expect({ code, left: await here.left() }).toEqual({ code: 3, left: [] });
    }
  });

  it('what the actions say of their inputs is said all at once', async () => {
    writeFileSync(at('bad.yml'), `${HEAD}  a:\n    runs-on: worker\n    steps:\n      - uses: fleetwright/check-host@v1\n        with: {cluster: A, machines: 2, wep: 1, ssh-key: /no/such/key}\n`);
    const { code, stderr } = await here.run(['run', 'bad.yml'], { cwd: files });
    expect(code).toBe(3);
    expect(lines(stderr).map((line) => line.replace(/^bad\.yml:\d+:\d+: /, '').slice(0, 40))).toEqual([
      'fleetwright/check-host@v1 needs the inpu', 'input cluster: "A" is not allowed: use l', 'input machines: 2 is less than 3: etcd n',
      'fleetwright/check-host@v1 has no input "', 'input ssh-key: the SSH key /no/such/key ',
    ]);
  });

  it.each([
    ['a time to wait that is none', ['--on-failure', 'wait', '--wait-timeout', 'soon'], /^fleetwright: --wait-timeout: "soon" is not a duration: write a number and ms, s, m, h or d, as in 30s or 1h30m$/],
    ['a time to wait without a unit', ['--on-failure', 'wait', '--wait-timeout', '30'], /--wait-timeout: "30" is not a duration: write a number and /],
    ['no time to wait', ['--on-failure', 'wait', '--wait-timeout', '0s'], /--wait-timeout 0s is no time at all: use more than 0$/],
    ['a time to wait that no date can end', ['--on-failure', 'wait', '--wait-timeout', '99999999d'], /--wait-timeout: "99999999d" is too long: 36500d is the most$/],
    ['a time to wait where all is kept', ['--on-failure', 'keep', '--wait-timeout', '8h'], /--wait-timeout goes with --on-failure wait, not keep$/],
    ['a time to wait where the file undoes', ['--wait-timeout', '8h'], /--wait-timeout goes with --on-failure wait: the file says undo$/],
  ])('%s', async (_, flags, problem) => {
    writeFileSync(at('good.yml'), `${HEAD}  a:\n    runs-on: worker\n    steps: [{run: 'true'}]\n`);
    for (const command of [['up'], ['run', 'good.yml']]) {
      const { code, stdout, stderr } = await here.run([...command, ...flags], { cwd: files });
      expect(stderr.trim()).toMatch(problem);
      expect({ code, stdout, left: await here.left() }).toEqual({ code: 2, stdout: '', left: [] });
    }
  });

  it('a file that is not there', async () => {
    const { code, stderr } = await here.run(['run', at('none.yml')]);
    expect({ code, left: await here.left() }).toEqual({ code: 3, left: [] });
    expect(stderr).toContain('none.yml cannot be read: there is no such file');
  });
});

describe('what this host cannot do is said before anything is started', () => {
  it.each([['Temporal\'s port', 'FLEETWRIGHT_TEMPORAL_PORT'], ['the port of its UI', 'FLEETWRIGHT_UI_PORT']] as const)('%s is taken by another program', async (_, variable) => {
    const port = variable === 'FLEETWRIGHT_UI_PORT' ? here.uiPort : here.port;
    await listen(port, () => ({}));
    const { code, stderr } = await here.run(['up']);
    expect({ code, left: await here.left() }).toEqual({ code: 1, left: [`port ${port}`] });
    expect(lines(stderr)).toEqual([`fleetwright: another program listens at 127.0.0.1:${port}`, expect.stringContaining(`set ${variable} to a free port`)]);
  });

  it('no Temporal server answers at the address that was given', async () => {
    const commands = [['up'], ['down'], ['watch'], ['run', packagePath('deployments', 'deploy.yml')]];
    for (const { code, stderr } of await Promise.all(commands.map((command) => here.run(command, { env: { TEMPORAL_ADDRESS: `127.0.0.1:${here.port}` } })))) {
      expect(code).toBe(4);
      expect(stderr).toMatch(/no Temporal server answers at 127\.0\.0\.1:\d+ .*\n  Check --address or TEMPORAL_ADDRESS/);
    }
    expect(await here.left()).toEqual([]);
  });

  it('DOCKER_HOST names an engine that does not answer', async () => {
    const { code, stderr } = await here.run(['up'], { env: { DOCKER_HOST: `unix://${at('gone.sock')}` } });
    expect({ code, left: await here.left() }).toEqual({ code: 1, left: [] });
    expect(stderr).toMatch(/DOCKER_HOST is .*, and no engine answers there: .*\n  Start that engine, or unset DOCKER_HOST/);
  });

  it.skipIf(!mayMount())('the engine may not be used by this user', async () => {
    chmodSync(here.folder, 0o777);
    const socket = 'mkdir -p /var/run && mount -t tmpfs none /var/run && : > /var/run/docker.sock && chmod 600 /var/run/docker.sock';
    const { code, stderr } = await here.run(['up'], { env: { DOCKER_HOST: undefined }, through: inNamespace(socket, AS_NOBODY) });
    expect({ code, left: await here.left() }).toEqual({ code: 1, left: [] });
    expect(stderr).toMatch(/this user may not use the Docker engine at \/var\/run\/docker\.sock\n  Let it \(sudo usermod -aG docker/);
  });

  it.skipIf(!mayMount())('there is no Docker, and no right to install it: up says so, and down has nothing to remove', async () => {
    chmodSync(here.folder, 0o777);
    const without = inNamespace('mount -t tmpfs none /var/run && mount -t tmpfs none /usr/sbin', [...AS_NOBODY, 'env', `PATH=${join(process.execPath, '..')}`]);
    const { code, stderr } = await here.run(['up'], { env: { DOCKER_HOST: undefined }, through: without });
    expect({ code, left: await here.left() }).toEqual({ code: 1, left: [] });
    expect(stderr).toMatch(/root is needed to install Docker, and this user may not become root without a password\n  Run it once as root/);
    const down = await here.run(['down'], { env: { DOCKER_HOST: undefined }, through: without });
    expect({ code: down.code, left: await here.left() }).toEqual({ code: 0, left: [] });
    expect(down.stderr).toContain('nothing to remove');
  });

  it.skipIf(!mayMount()).each([
    ['full', '8m', /fleetwright has \d+ MiB free, and 64 MiB are needed\n  Free some space there, or set XDG_STATE_HOME/],
    ['too small for a cluster', '200m', /this host cannot hold the cluster\ndisk: 0\.2 GiB free for Fleetwright's state in .*, 1\.0 GiB needed\n  Free disk space there, or set XDG_STATE_HOME/],
  ])('the disk is %s', async (_, size, problem) => {
    await listen(at('engine.sock'), engineAnswer);
    const mount = `mount -t tmpfs -o size=${size} none ${here.folder}`;
    const { code, stderr } = await here.run(['up'], { env: { DOCKER_HOST: `unix://${at('engine.sock')}` }, through: inNamespace(mount, [], `find ${here.folder} -mindepth 1 >&2`) });
    expect(code).toBe(1);
    expect(stderr).toMatch(problem);
    expect(stderr.trimEnd()).not.toMatch(/\/fleetwright\/(?:daemons|temporal|runs)/);
  });
});

const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

/** In a mount namespace of its own that `script` prepares; `after` is run when the command has ended. */
function inNamespace(script: string, through: readonly string[], after = ':'): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${script} || exit 99; "$@"; code=$?; ${after}; exit $code`, 'sh', ...through];
}

function mayMount(): boolean {
  return spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt && setpriv --version'], { stdio: 'ignore' }).status === 0;
}

/** An engine with nothing on it. */
function engineAnswer(path: string): unknown {
  if (path.includes('/info')) return { CgroupVersion: '2', Driver: 'overlay2', SecurityOptions: [] };
  return path.includes('/_ping') ? 'OK' : [];
}

/** The package as it is installed, in a folder where its files can be changed. */
function privateCopy(): string {
  const copy = at('copy');
  mkdirSync(copy, { recursive: true });
  for (const name of ['package.json', 'bin', 'dist', 'actions', 'deployments', 'fleet-services']) cpSync(packagePath(name), join(copy, name), { recursive: true });
  symlinkSync(packagePath('node_modules'), join(copy, 'node_modules'));
  return copy;
}
