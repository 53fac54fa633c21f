import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { DockerRuns, NodeRuns } from '../../../language/usesAction.js';
import { localTransport } from '../../../infra/process.js';
import { dockerCommand, type DockerCommandInput, dockerScript, requireDocker } from '../../../infra/uses/dockerCommand.js';
import { nodeCommand } from '../../../infra/uses/nodeCommand.js';
import { resolveUses } from '../../../infra/uses/resolve.js';
import { splitWords } from '../../../infra/uses/words.js';
import { useWorld, writeFiles } from './repositories.js';

const world = useWorld();

describe('a JavaScript action', () => {
  it('runs its pre, main and post with its inputs, and hands its state on', async () => {
    const stage = (name: string) => `
const fs = require('node:fs');
fs.appendFileSync(process.env.GITHUB_STATE, '${name}=from ${name}\\n');
const shown = Object.keys(process.env).filter((name) => /^(INPUT|STATE|GITHUB_ACTION)_/.test(name)).sort().map((name) => name + '=' + process.env[name]);
fs.writeFileSync('${name}.txt', shown.join('\\n'));`;
    world.commit('me/js', {
      'action.yml': 'name: J\nruns: {using: node24, pre: dist/pre.js, main: dist/main.js, post: dist/post.js}\n',
      'dist/pre.js': stage('pre'), 'dist/main.js': stage('main'), 'dist/post.js': stage('post'),
    });
    const workspace = join(world.folder, 'workspace');
    mkdirSync(workspace);
    const resolved = await resolveUses({ uses: 'me/js@main', workspace });
    const runs = resolved.action.runs as NodeRuns;
    const states: Record<string, string> = {};
    for (const main of [runs.pre!, runs.main, runs.post!]) {
      const { argv, environment } = nodeCommand({ resolved, main, inputs: { 'who to greet': 'you\nall', 'with-dash': '' }, state: states });
      expect(argv).toEqual([process.execPath, join(resolved.folder, main)]);
      const state = join(world.folder, 'state');
      writeFileSync(state, '');
      execFileSync(argv[0]!, argv.slice(1), { cwd: workspace, env: { ...environment, GITHUB_STATE: state } });
      for (const line of readFileSync(state, 'utf8').trim().split('\n')) states[line.split('=')[0]!] = line.split('=')[1]!;
    }
    const inputs = [`GITHUB_ACTION_PATH=${resolved.folder}`, 'GITHUB_ACTION_REF=main', 'GITHUB_ACTION_REPOSITORY=me/js', 'INPUT_WHO_TO_GREET=you', 'all', 'INPUT_WITH-DASH='];
    expect(readFileSync(join(workspace, 'pre.txt'), 'utf8').split('\n')).toEqual(inputs);
    expect(readFileSync(join(workspace, 'main.txt'), 'utf8').split('\n')).toEqual([...inputs, 'STATE_pre=from pre']);
    expect(readFileSync(join(workspace, 'post.txt'), 'utf8').split('\n')).toEqual([...inputs, 'STATE_main=from main', 'STATE_pre=from pre']);
  });

  it('runs by the Node of the machine that it is on', () => {
    const { argv } = nodeCommand({ resolved: { folder: '/actions/me' }, main: '../dist/a.js', inputs: {}, node: 'node' });
    expect(argv).toEqual(['node', '/actions/dist/a.js']);
  });
});

const RUNS: DockerRuns = { using: 'docker', image: 'docker://alpine:3', env: {}, preIf: 'always()', postIf: 'always()' };
const job = { workspace: '/runs/1/job/workspace', temp: '/runs/1/job/temp', steps: '/runs/1/job/steps' };

function docker(more: Partial<DockerCommandInput> = {}) {
  return dockerCommand({
    resolved: { folder: '/cache/me', repository: 'me/box', ref: 'v1', commit: 'c'.repeat(40) }, runs: RUNS, stage: 'main', inputs: {},
    stepEnvironment: {}, job, journal: '/runs/1/job/steps/1', container: 'fleetwright-1', ...more,
  });
}
const after = (argv: readonly string[], image = 'alpine:3') => argv.slice(argv.indexOf(image) + 1);

describe('a Docker action', () => {
  it('is run as GitHub runs it: the folders under /github, the environment by name alone', () => {
    const { argv, environment, remove, folders } = docker({
      inputs: { token: 'hidden' }, env: { OWN: 'action', STEP: 'action' }, network: 'net',
      stepEnvironment: { STEP: 'step', PATH: '/bin', GITHUB_OUTPUT: '/runs/1/job/steps/1/output', GITHUB_WORKSPACE: '/runs/1/job/workspace', RUNNER_TEMP: '/runs/1/job/temp', NEAR: '/runs/1/job/temporary' },
    });
    expect(argv.join(' ')).not.toContain('hidden');
    expect(argv.slice(0, 9)).toEqual(['docker', 'run', '--rm', '--name', 'fleetwright-1', '--label', 'fleetwright.action=1', '--workdir', '/github/workspace']);
    expect(environment).toMatchObject({
      INPUT_TOKEN: 'hidden', OWN: 'action', STEP: 'step', GITHUB_OUTPUT: '/github/file_commands/output', GITHUB_WORKSPACE: '/github/workspace', RUNNER_TEMP: '/github/runner_temp',
      NEAR: '/runs/1/job/temporary', GITHUB_ACTION_REPOSITORY: 'me/box',
    });
    const named = argv.flatMap((word, at) => (word === '-e' ? [argv[at + 1]] : []));
    expect(named).toEqual([...Object.keys(environment).filter((name) => name !== 'PATH'), 'HOME=/github/home']);
    expect(argv.join(' ')).toContain('-v /runs/1/job/steps/1:/github/file_commands -v /runs/1/job/workspace:/github/workspace alpine:3');
    expect(argv.join(' ')).toContain('--network net');
    expect(folders).toContain('/runs/1/job/temp/_github_home');
    expect(remove).toEqual(['docker', 'rm', '--force', 'fleetwright-1']);
  });

  it('has its own arguments, or those of the step', () => {
    expect(after(docker({ args: ['a b', ''], inputs: { args: 'x' } }).argv)).toEqual(['a b', '']);
    expect(after(docker({ inputs: { args: "echo 'a b' c" } }).argv)).toEqual(['echo', 'a b', 'c']);
    expect(after(docker().argv)).toEqual([]);
  });

  it('has the entrypoint of its stage, and that of the step where it has none for its main one', () => {
    const runs = { ...RUNS, entrypoint: '/main.sh', preEntrypoint: '/pre.sh', postEntrypoint: '/post.sh' };
    const entrypoint = (more: Partial<DockerCommandInput>) => {
      const { argv } = docker({ runs, ...more });
      return argv[argv.indexOf('--entrypoint') + 1];
    };
    expect([entrypoint({ stage: 'pre' }), entrypoint({}), entrypoint({ stage: 'post' }), entrypoint({ runs: RUNS, inputs: { entryPoint: '/mine.sh' } })]).toEqual(['/pre.sh', '/main.sh', '/post.sh', '/mine.sh']);
    expect(entrypoint({ inputs: { entryPoint: '/mine.sh' } })).toBe('/main.sh');
    expect(docker().argv).not.toContain('--entrypoint');
  });

  it('is built from its Dockerfile under a name of its commit and place', () => {
    const made = docker({ runs: { ...RUNS, image: 'sub/Dockerfile' } });
    expect(made.build).toEqual(['docker', 'build', '--label', 'fleetwright.action=1', '--tag', made.image, '--file', '/cache/me/sub/Dockerfile', '/cache/me/sub']);
    expect(made.image).toMatch(/^fleetwright-action:c{12}-[0-9a-f]{16}$/);
    const local = (folder: string) => docker({ resolved: { folder }, runs: { ...RUNS, image: 'Dockerfile' } }).image;
    expect(local('/a')).toBe(local('/a'));
    expect(local('/a')).not.toBe(local('/b'));
    expect(docker().build).toBeUndefined();
  });

  it('is one script of a shell, whatever its words hold', () => {
    const bin = join(world.folder, 'bin');
    writeFiles(bin, { docker: { script: '#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo " $INPUT_X"\n' } });
    const local = { workspace: join(world.folder, 'w'), temp: join(world.folder, "it's"), steps: join(world.folder, 's') };
    const made = docker({ runs: { ...RUNS, image: 'Dockerfile' }, job: local, args: ["it's", '$(x)', 'a\nb'], inputs: { x: 'value' } });
    const output = execFileSync('sh', ['-c', dockerScript(made)], { encoding: 'utf8', env: { ...made.environment, PATH: `${bin}${delimiter}${process.env['PATH']}` } });
    expect(output).toContain('<build><--label>');
    expect(output).toContain("<it's><$(x)><a\nb> value\n");
    writeFiles(bin, { docker: { script: '#!/bin/sh\necho "$1"; exit 7\n' } });
    expect(() => execFileSync('sh', ['-c', dockerScript(made)], { encoding: 'utf8', stdio: 'pipe', env: { PATH: `${bin}${delimiter}${process.env['PATH']}` } })).toThrow('Command failed');
  });

  it('needs a docker command and an engine, and says which is missing', async () => {
    const bin = join(world.folder, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    vi.stubEnv('PATH', bin);
    await expect(requireDocker(localTransport(), 'me/box@v1')).rejects.toThrow('me/box@v1 runs in a container, and there is no docker command here');
    writeFiles(bin, { docker: { script: '#!/bin/sh\necho no engine >&2; exit 1\n' } });
    await expect(requireDocker(localTransport(), 'me/box@v1')).rejects.toThrow('no Docker engine answers: no engine');
    writeFiles(bin, { docker: { script: '#!/bin/sh\necho 28.0\n' } });
    await requireDocker(localTransport(), 'me/box@v1');
  });
});

describe('a line of words', () => {
  it.each<[string, readonly string[]]>([
    ['', []], ['  a  b ', ['a', 'b']], [`"a b" 'c "d"' e\\ f`, ['a b', 'c "d"', 'e f']], ['a"b c"d', ['ab cd']], ['"a\\"b" \\$x "\\n"', ['a"b', '$x', '\\n']], ['""', ['']],
  ])('%j is %j', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});
