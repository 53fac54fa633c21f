import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActivityCancellationDetails } from '@temporalio/common';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Runner } from '../../activities/runner.js';
import { PermanentError, TransientError } from '../../infra/errors.js';
import { localTransport } from '../../infra/process.js';
import { jobFolder } from '../../infra/script/folders.js';
import { stopJob } from '../../infra/script/stop.js';
import { connectSsh } from '../../infra/ssh/connection.js';
import { fingerprint, pinnedHostKey } from '../../infra/ssh/knownHosts.js';
import { hashFilesNow } from '../../infra/uses/hashFiles.js';
import type { Transport } from '../../infra/transport.js';
import { waitFor } from '../../infra/wait.js';
import type { RunId } from '../../language/ids.js';
import { startSshServer, type TestSshServer } from '../infra/sshServer.js';
import { logOf, segmentOf, worker, type Worker } from './segments.js';

const key = ssh2.utils.generateKeyPairSync('ed25519');
const RUN = 'machine/demo#7' as RunId;
const SOON = { timeoutMs: 20_000, intervalMs: 20 };
/** The machine is this host, seen through SSH: its folders are those of the run's on a machine. */
const job = jobFolder(`/var/tmp/fleetwright/${encodeURIComponent(RUN)}`, 'web');
let state: string;
let server: TestSshServer;
let connections: number;
let change: (transport: Transport) => Transport;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'fleetwright-machine-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  server = await startSshServer({ publicKey: key.public });
  connections = 0;
  change = (transport) => transport;
});

afterEach(async () => {
  await stopJob(localTransport(), job.steps, { interruptMs: 0, terminateMs: 0, killMs: 5000 });
  await server.stop();
  vi.unstubAllEnvs();
  for (const folder of [state, join(job.steps, '../..')]) rmSync(folder, { recursive: true, force: true });
});

function machine(): Worker {
  const openRunner = async ({ signal }: { readonly signal: AbortSignal }): Promise<Runner> => {
    const hostKey = pinnedHostKey(fingerprint(server.hostKey));
    const transport = await connectSsh({ host: '127.0.0.1', port: server.port, username: 'core', identities: [{ privateKey: key.private }], hostKey, signal });
    connections++;
    return { transport: change(transport), base: '', release: () => transport.close() };
  };
  return worker({ openRunner, patience: { unreachableMs: 1500, pauseMs: 20 } });
}

const run = async (on: Worker, script: string) => on.steps(await segmentOf(`on: push\njobs: {web: {runs-on: core01, outputs: {a: "\${{ steps.it.outputs.a }}"}, steps: [{id: it, run: ${JSON.stringify(script)}}]}}`, RUN, { cluster: 'demo' }));
const COMPOSITE = '{name: c, runs: {using: composite, steps: [{shell: bash, run: "echo composite in $GITHUB_ACTION_PATH"}]}}';
const PART = 'require("fs").appendFileSync(process.env.GITHUB_STATE, "n=" + (Number(process.env.STATE_n || 0) + 1) + "\\n"); console.log(`part of ${process.env.STATE_n || ""} on ${process.env.RUNNER_NAME}`);';
const ACTIONS: Readonly<Record<string, string>> = {
  'octo/parts@v1/action.yml': 'name: parts\nruns: {using: node20, pre: part.js, main: part.js, post: part.js}\n', 'octo/parts@v1/part.js': PART,
  'octo/script@v1/action.yml': 'name: script\nruns: {using: composite, steps: [{shell: bash, run: \'cat "${{ github.action_path }}/text"\'}]}\n', 'octo/script@v1/text': 'from a file\n',
};
const sum = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();
const sumOf = (...texts: readonly string[]): string => sum(Buffer.concat(texts.map(sum))).toString('hex');
const changed = (transport: Transport, by: Partial<Transport>): Transport => ({
  exec: (argv, options) => transport.exec(argv, options), writeFile: (path, content, options) => transport.writeFile(path, content, options),
  connectUnix: (path) => transport.connectUnix(path), connectTcp: (host, port) => transport.connectTcp(host, port), close: () => transport.close(), ...by,
});
const isRunning = (pid: string): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
const log = (): string => logOf(RUN, 'web', 'web/it');
const logged = (text: string): Promise<true | undefined> => waitFor(() => (log().includes(text) ? true : undefined), SOON);
const file = (name: string): string => join(job.workspace, name);

describe('a step on a machine', () => {
  it('gives its outputs and its log', async () => {
    expect(await run(machine(), "echo 'it''s'; echo \"a=$RUNNER_NAME\" >>$GITHUB_OUTPUT")).toMatchObject({ open: false, outputs: { a: 'core01' } });
    expect(log()).toBe('its\n');
  });

  it('goes on while the connection is lost, and is followed again without being started again', async () => {
    const result = run(machine(), 'echo run >>ledger; for i in 1 2 3; do echo "line $i"; while [ ! -e "go$i" ]; do sleep 0.05; done; done; cat ledger');
    for (const line of [1, 2]) {
      await logged(`line ${line}\n`);
      server.dropConnections();
      writeFileSync(file(`go${line}`), '');
      await waitFor(() => (connections > line ? true : undefined), SOON);
    }
    writeFileSync(file('go3'), '');
    expect(await result).toMatchObject({ steps: [{ conclusion: 'success' }] });
    expect(log()).toBe('line 1\nline 2\nline 3\nrun\n');
    expect(connections).toBe(3);
    expect(logOf(RUN, 'web', 'web/setup')).toContain('; trying again\n');
  });

  it('is ended there by a cancel', async () => {
    const on = machine();
    const result = run(on, 'echo $$; trap "" INT TERM; (setsid sh -c "echo \\$\\$; exec sleep 300" &); echo started; while :; do sleep 1; done');
    await logged('started');
    on.environment.cancel();
    expect(await result).toMatchObject({ steps: [{ conclusion: 'cancelled' }] });
    for (const pid of log().match(/^\d+$/gm)!) expect([pid, isRunning(pid)]).toEqual([pid, false]);
  });

  it('fails after a while when its machine does not come back, and says what is not known', async () => {
    change = (transport) => changed(transport, { exec: () => Promise.reject(new TransientError('core01 is stopped')) });
    expect((await run(machine(), 'true')).error).toMatch(/core01 is stopped\n.*has not answered for 2 s; whether the script still runs there is not known/);
  });

  it('fails with the reason where nothing can be written, and does not run', async () => {
    change = (transport) => changed(transport, { writeFile: (path, ...rest) => (path.endsWith('/script') ? Promise.reject(new PermanentError('no space left on device', 'Make room.')) : transport.writeFile(path, ...rest)) });
    expect(await run(machine(), 'echo run >>ledger')).toMatchObject({ steps: [{ conclusion: 'failure', error: 'no space left on device\n  Make room.' }] });
    expect(existsSync(file('ledger'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)("fails with that error when the machine's disk is full, and leaves nothing that looks like a result", async () => {
    const disk = join(job.steps, '../..');
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
    try {
      expect((await run(machine(), 'yes | head -c 3000000')).steps).toMatchObject([{ conclusion: 'failure' }]);
      expect(() => writeFileSync(join(disk, 'fill'), Buffer.alloc(2_000_000))).toThrow('ENOSPC');
      const { steps, error = '' } = await run(machine(), 'echo run >>ledger');
      expect(error + String(steps[0]?.error)).toMatch(/nothing can be written in .*Make room on that disk|No space left on device|ENOSPC/s);
      expect(steps.map(({ conclusion }) => conclusion)).not.toContain('success');
      expect(existsSync(file('ledger'))).toBe(false);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  it('that was left alone by an earlier attempt of its run is ended before the next one begins', async () => {
    const on = machine();
    const left = run(on, 'echo $$ >pid; echo started; sleep 300').catch((reason: unknown) => reason);
    await logged('started');
    on.environment.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true }));
    await left;
    const pid = readFileSync(file('pid'), 'utf8').trim();
    const input = await segmentOf('on: push\njobs: {web: {runs-on: core01, steps: [{id: it, run: "[ ! -e /proc/$(cat pid)/stat ]"}]}}', RUN, { cluster: 'demo' });
    expect(await machine().steps({ ...input, facts: { ...input.facts, run: { ...input.facts.run, attempt: 2 } } })).toMatchObject({ steps: [{ conclusion: 'success' }] });
    expect(isRunning(pid)).toBe(false);
  });

  it('sees the files of its machine in hashFiles, as they are when it begins', async () => {
    const { steps } = await machine().steps(await segmentOf(`
on: push
jobs:
  web:
    runs-on: core01
    steps:
      - {id: none, env: {H: "\${{ hashFiles('**/*.lock') }}"}, run: 'echo "[$H]"; mkdir sub; echo one >a.lock; echo two >sub/b.lock'}
      - {id: some, if: "hashFiles('*.lock', 'sub/*') != ''", run: "echo \${{ hashFiles('**/*.lock') }} >>hashes; echo more >>a.lock"}
      - {id: more, run: "echo \${{ hashFiles('**/*.lock') }} >>hashes"}
      - {id: links, run: "ln -s nowhere c.lock; echo \${{ hashFiles('a.lock') }}"}
      - {id: unreadable, if: "hashFiles('c.lock') == ''", run: 'true'}
`, RUN, { cluster: 'demo' }));
    expect(steps.map(({ id, conclusion }) => [id, conclusion])).toEqual([['none', 'success'], ['some', 'success'], ['more', 'success'], ['links', 'success'], ['unreadable', 'failure']]);
    expect(logOf(RUN, 'web', 'web/none')).toBe('[]\n');
    const [before, after] = readFileSync(file('hashes'), 'utf8').trim().split('\n');
    rmSync(file('c.lock'));
    expect([before, after]).toEqual([sumOf('one\n', 'two\n'), hashFilesNow(['**/*.lock'], job.workspace)]);
  });

  it('uses actions of its machine\'s workspace, and JavaScript actions with all their parts', async () => {
    const actions = join(state, 'actions');
    vi.stubEnv('FLEETWRIGHT_ACTIONS_FOLDER', actions);
    for (const [path, text] of Object.entries(ACTIONS)) {
      mkdirSync(join(actions, path, '..'), { recursive: true });
      writeFileSync(join(actions, path), text);
    }
    mkdirSync(file('act/js'), { recursive: true });
    writeFileSync(file('act/action.yml'), COMPOSITE);
    writeFileSync(file('act/js/action.yml'), '{name: js, runs: {using: node20, main: main.js}}');
    writeFileSync(file('act/js/main.js'), 'console.log("js in " + __dirname)');
    const { steps, error } = await machine().steps(await segmentOf(`
on: push
jobs:
  web:
    runs-on: core01
    steps:
      - uses: ./act
      - {uses: ./act/js, continue-on-error: true}
      - uses: octo/parts@v1
      - uses: octo/script@v1
      - {id: gone, uses: ./nowhere, continue-on-error: true}
      - {id: docker, uses: "docker://alpine", continue-on-error: true}
`, RUN, { cluster: 'demo' }));
    expect(error).toBeUndefined();
    const logs = ['1', '2', 'pre-3', '3', 'post-3', '4'].map((step) => logOf(RUN, 'web', `web/${step}`));
    expect(logs).toEqual([
      `composite in ${job.workspace}/act\n`, `js in ${job.workspace}/act/js\n`, 'part of  on core01\n', 'part of 1 on core01\n', 'part of 2 on core01\n', 'from a file\n',
    ]);
    expect(steps.slice(-3, -1).map(({ id, outcome, error: why }) => [id, outcome, why?.split('\n')[0]])).toEqual([
      ['gone', 'failure', expect.stringContaining('./nowhere') as string],
      ['docker', 'failure', "docker://alpine is a Docker action, and those run on the worker's host alone, not on core01"],
    ]);
  });

  it('says before it runs that its machine has no Node for a JavaScript action', async () => {
    change = (transport) => changed(transport, { exec: (argv, options) => transport.exec(argv[2]?.includes('command -v node') ? ['false'] : argv, options) });
    vi.stubEnv('FLEETWRIGHT_ACTIONS_FOLDER', join(state, 'actions'));
    mkdirSync(join(state, 'actions/octo/main@v1'), { recursive: true });
    writeFileSync(join(state, 'actions/octo/main@v1/action.yml'), 'name: main\nruns: {using: node20, main: main.js}\n');
    writeFileSync(join(state, 'actions/octo/main@v1/main.js'), '');
    const { steps } = await machine().steps(await segmentOf('on: push\njobs: {web: {runs-on: core01, steps: [{uses: octo/main@v1}]}}', RUN, { cluster: 'demo' }));
    expect(steps[0]).toMatchObject({ conclusion: 'failure', error: expect.stringMatching(/^JavaScript actions need Node, and core01 has none\n.*apt-get install -y nodejs/) as string });
  });
});
