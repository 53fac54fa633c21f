import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ScriptInput, ScriptResult } from '../../activities/contract.js';
import { createScriptActivities } from '../../activities/runScript.js';
import { stepLogPath } from '../../infra/logStore.js';
import { localTransport } from '../../infra/process.js';
import { jobFolder, tryFolder } from '../../infra/script/folders.js';
import { stepProcesses, stopTry } from '../../infra/script/stop.js';
import { connectSsh } from '../../infra/ssh/connection.js';
import { fingerprint, pinnedHostKey } from '../../infra/ssh/knownHosts.js';
import { waitFor } from '../../infra/wait.js';
import { parseJobId, parseRunId, stepAddress } from '../../language/ids.js';
import { startSshServer, type TestSshServer } from './sshServer.js';

const key = ssh2.utils.generateKeyPairSync('ed25519');
const RUN = parseRunId('deploy/demo#7');
const STEP = stepAddress(parseJobId('web'), 1);
const SOON = { timeoutMs: 20_000, intervalMs: 20 };
let base: string;
let folder: string;
let server: TestSshServer;
let connections: number;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-remote-'));
  folder = tryFolder(jobFolder(base, 'web'), { step: '1', attempt: 1, number: 1 });
  vi.stubEnv('XDG_STATE_HOME', join(base, 'state'));
  server = await startSshServer({ publicKey: key.public });
  connections = 0;
});

afterEach(async () => {
  if (existsSync(folder)) await stopTry(localTransport(), folder, { interruptMs: 0, terminateMs: 0, killMs: 5000 });
  await server.stop();
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

function start(script: string): { environment: MockActivityEnvironment; result: Promise<ScriptResult> } {
  const activities = createScriptActivities({
    openRunner: async ({ signal }) => {
      const hostKey = pinnedHostKey(fingerprint(server.hostKey));
      const transport = await connectSsh({ host: '127.0.0.1', port: server.port, username: 'core', privateKey: key.private, hostKey, signal });
      connections++;
      return { transport, base, release: () => transport.close() };
    },
    stopTimes: { interruptMs: 300, terminateMs: 300, killMs: 5000 },
    patience: { unreachableMs: 10_000, pauseMs: 20 },
  });
  const environment = new MockActivityEnvironment({ attempt: 1 }, { logger: new DefaultLogger('ERROR') });
  const input: ScriptInput = {
    run: RUN, attempt: 1, step: STEP, job: 'web', script, env: {}, path: [], runsOn: 'core01', cluster: 'demo', nonRetryableExitCodes: [], limits: { maxAttempts: 1, timeoutMs: 60_000 },
  };
  const result = environment.run(activities['run-script'], input) as Promise<ScriptResult>;
  result.catch(() => undefined);
  return { environment, result };
}

const log = (): string => (existsSync(stepLogPath(RUN, STEP)) ? readFileSync(stepLogPath(RUN, STEP), 'utf8') : '');
const logged = (text: string): Promise<true | undefined> => waitFor(() => (log().includes(text) ? true : undefined), SOON);

describe('a script on a machine', () => {
  it('gives its outputs and its log', async () => {
    expect(await start("echo 'it''s'; echo \"a=$RUNNER_NAME\" >>$GITHUB_OUTPUT\n").result).toEqual({ outputs: { a: 'core01' }, env: {}, path: [] });
    expect(log()).toBe('its\n');
  });

  it('goes on while the connection is lost, and is followed again without being started again', async () => {
    const { result } = start('echo run >>ledger; for i in 1 2 3; do echo "line $i"; while [ ! -e "go$i" ]; do sleep 0.05; done; done\n');
    const workspace = join(base, 'web', 'workspace');
    for (const line of [1, 2]) {
      await logged(`line ${line}\n`);
      server.dropConnections();
      writeFileSync(join(workspace, `go${line}`), '');
      await waitFor(() => (connections > line ? true : undefined), SOON);
    }
    writeFileSync(join(workspace, 'go3'), '');
    await result;
    expect(readFileSync(join(workspace, 'ledger'), 'utf8')).toBe('run\n');
    expect(log().match(/^line \d$/gm)).toEqual(['line 1', 'line 2', 'line 3']);
    expect(connections).toBe(3);
  });

  it('is ended there by a cancel', async () => {
    const { environment, result } = start('trap "" INT TERM; echo started; (setsid sleep 300 &); while :; do sleep 1; done\n');
    await logged('started');
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    expect(await stepProcesses(localTransport(), folder)).toEqual([]);
  });
});
