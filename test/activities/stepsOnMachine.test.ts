import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
});
