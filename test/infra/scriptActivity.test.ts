import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActionInput, ScriptInput, ScriptResult } from '../../activities/contract.js';
import { createScriptActivities } from '../../activities/runScript.js';
import { PermanentError, TransientError } from '../../infra/errors.js';
import { stepLogPath } from '../../infra/logStore.js';
import { localTransport } from '../../infra/process.js';
import { jobFolder, tryFolder } from '../../infra/script/folders.js';
import { stepProcesses, stopTry } from '../../infra/script/stop.js';
import type { Transport } from '../../infra/transport.js';
import { waitFor } from '../../infra/wait.js';
import { crashStep } from './fixtures/crashStep.js';
import { parseRunId, parseJobId, stepAddress } from '../../language/ids.js';

const RUN = parseRunId('deploy/demo#7');
const STEP = stepAddress(parseJobId('web'), 'verify');
const TIMES = { stopTimes: { interruptMs: 300, terminateMs: 300, killMs: 5000 }, patience: { unreachableMs: 1500, pauseMs: 20 } };
const QUIET = new DefaultLogger('ERROR');
const SOON = { timeoutMs: 20_000, intervalMs: 20 };

let base: string;
let transport: Transport;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fleetwright-activity-'));
  vi.stubEnv('XDG_STATE_HOME', join(base, 'state'));
  transport = localTransport();
});

afterEach(async () => {
  for (const number of [1, 2, 3]) {
    if (existsSync(journal(number))) await stopTry(localTransport(), journal(number), { interruptMs: 0, terminateMs: 0, killMs: 5000 });
  }
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

interface Options extends Partial<Omit<ScriptInput, 'limits'>> {
  readonly maxAttempts?: number;
  readonly timeoutMs?: number;
  /** Of the activity. */
  readonly activityAttempt?: number;
}

const activities = () => createScriptActivities({ openRunner: async () => ({ transport, base, release: () => undefined }), ...TIMES });

function start(script: string, options: Options = {}): { environment: MockActivityEnvironment; result: Promise<ScriptResult> } {
  const { maxAttempts = 1, timeoutMs = 60_000, activityAttempt = 1, ...rest } = options;
  const environment = new MockActivityEnvironment({ attempt: activityAttempt }, { logger: QUIET });
  const input: ScriptInput = {
    run: RUN, attempt: 1, step: STEP, job: 'web', script, env: {}, path: [], runsOn: 'worker', nonRetryableExitCodes: [], limits: { maxAttempts, timeoutMs }, ...rest,
  };
  const result = environment.run(activities()['run-script'], input) as Promise<ScriptResult>;
  result.catch(() => undefined);
  return { environment, result };
}

const run = (script: string, options?: Options): Promise<ScriptResult> => start(script, options).result;
const failure = async (script: string, options?: Options): Promise<ApplicationFailure> => {
  const error: unknown = await run(script, options).then(() => 'it succeeded', (reason: unknown) => reason);
  if (!(error instanceof ApplicationFailure)) throw new Error(`not the failure expected: ${String(error)}`);
  return error;
};
const journal = (number: number): string => tryFolder(jobFolder(base, 'web'), { step: 'verify', attempt: 1, number });
const file = (name: string): string => join(base, 'web', 'workspace', name);
const lines = (name: string): string[] => (existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : []);
const appears = (name: string): Promise<true | undefined> => waitFor(() => (lines(name)[0] ? true : undefined), SOON);
const log = (): string => readFileSync(stepLogPath(RUN, STEP), 'utf8');

const LEDGER = 'echo run >>"$GITHUB_WORKSPACE/ledger"\n';

describe('run-script', () => {
  it('gives what the script handed over, the latest folder first, and its output in the log', async () => {
    const script = 'echo hello\n{ echo a=1; echo "b<<END"; echo two; echo lines; echo END; } >>$GITHUB_OUTPUT\necho C=3 >>$GITHUB_ENV\necho /one >>$GITHUB_PATH\necho /two >>$GITHUB_PATH\n';
    expect(await run(script)).toEqual({ outputs: { a: '1', b: 'two\nlines' }, env: { C: '3' }, path: ['/two', '/one'] });
    expect(log()).toBe('hello\n');
  });

  it('runs in the working directory, with the env and the folders that were given', async () => {
    await run('mkdir -p sub; mkdir bin; printf "#!/bin/sh\\necho mine" >bin/tool; chmod +x bin/tool\n');
    const options = { step: stepAddress(parseJobId('web'), 2), workingDirectory: 'sub', env: { WHO: 'me' }, path: [file('bin')] };
    expect((await run('echo "at=$PWD" >>$GITHUB_OUTPUT; echo "who=$WHO" >>$GITHUB_OUTPUT; echo "tool=$(tool)" >>$GITHUB_OUTPUT', options)).outputs)
      .toEqual({ at: file('sub'), who: 'me', tool: 'mine' });
  });

  it('fails with the exit code and the last lines', async () => {
    const error = await failure('seq 1 30; printf "\\033[31mred\\033[0m\\n"; exit 3\n');
    expect(error).toMatchObject({ type: 'ScriptFailed', nonRetryable: true });
    expect(error.message).toBe(`the script exited with 3\n${Array.from({ length: 19 }, (_, index) => index + 12).join('\n')}\nred`);
  });

  it('fails, and keeps what was handed over before', async () => {
    const result = await run('echo a=1 >>$GITHUB_OUTPUT; echo why; exit 4\n');
    expect(result).toEqual({ outputs: { a: '1' }, env: {}, path: [], failure: 'the script exited with 4\nwhy' });
  });

  it.each([
    ['echo fine=1 >>$GITHUB_OUTPUT; echo oops >>$GITHUB_OUTPUT', /GITHUB_OUTPUT, line 2: Invalid format/],
    ['echo "a<<EOF" >>$GITHUB_OUTPUT; echo b >>$GITHUB_OUTPUT', /GITHUB_OUTPUT, line 1: Matching delimiter not found/],
    ['echo NODE_OPTIONS=-r >>$GITHUB_ENV', /GITHUB_ENV, line 1: NODE_OPTIONS/],
    ['echo "a=$(head -c 2000000 /dev/zero | tr "\\0" x)" >>$GITHUB_OUTPUT', /GITHUB_OUTPUT holds more than 1 MiB/],
  ])('fails and names the line: %s', async (script, expected) => {
    expect((await failure(script)).message).toMatch(expected);
  });

  it('keeps names like __proto__ as plain data', async () => {
    const { outputs } = await run('echo __proto__=x >>$GITHUB_OUTPUT; echo constructor=y >>$GITHUB_OUTPUT');
    expect(Object.entries(outputs)).toEqual([['__proto__', 'x'], ['constructor', 'y']]);
  });
});

describe('a try', () => {
  it('that failed is followed by the next while there are some left, then the same failure is told again', async () => {
    const script = `${LEDGER}echo "try $(wc -l <ledger)"; exit 3\n`;
    expect((await failure(script, { maxAttempts: 2 })).nonRetryable).toBe(false);
    const second = await failure(script, { maxAttempts: 2, activityAttempt: 2 });
    const third = await failure(script, { maxAttempts: 2, activityAttempt: 3 });
    expect([second.nonRetryable, third.nonRetryable]).toEqual([true, true]);
    expect(third.message).toBe('the script exited with 3\ntry 2');
    expect(lines('ledger')).toEqual(['run', 'run']);
  });

  it('is not repeated for an exit code that is said to be final', async () => {
    const script = `${LEDGER}exit 5\n`;
    const options = { maxAttempts: 3, nonRetryableExitCodes: [5] };
    expect((await failure(script, options)).nonRetryable).toBe(true);
    expect((await failure(script, { ...options, activityAttempt: 2 })).message).toBe('the script exited with 5');
    expect(lines('ledger')).toEqual(['run']);
  });

  it('counts, not the attempts of workers that were killed', async () => {
    const script = `${LEDGER}exit 3\n`;
    expect((await failure(script, { maxAttempts: 2, activityAttempt: 7 })).nonRetryable).toBe(false);
  });

  it('that was cut short fails for good, unless retry allows another', async () => {
    const script = `${LEDGER}[ "$(wc -l <ledger)" -ge 2 ] || sleep 300\n`;
    const first = start(script, { maxAttempts: 2 });
    await appears('ledger');
    await crashStep(journal(1));
    await expect(first.result).rejects.toMatchObject({ nonRetryable: false, message: expect.stringMatching(/cut short: its process on worker is gone/) as string });
    await expect(run(script, { maxAttempts: 1, activityAttempt: 2 })).rejects.toMatchObject({ nonRetryable: true });
    await run(script, { maxAttempts: 2, activityAttempt: 2 });
    expect(lines('ledger')).toHaveLength(2);
  });
});

describe('a step that is stopped', () => {
  const script = `${LEDGER}trap "" INT TERM; setsid sleep 300 & while :; do sleep 1; done\n`;

  it('by cancel leaves no process, and is not begun again by whoever comes after', async () => {
    const { environment, result } = start(script, { maxAttempts: 3 });
    await appears('ledger');
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    expect(await stepProcesses(transport, journal(1))).toEqual([]);
    expect((await failure(script, { maxAttempts: 3, activityAttempt: 2 })).message).toMatch(/it was stopped: cancelled/);
    expect(lines('ledger')).toEqual(['run']);
  });

  it('by its deadline leaves no process', async () => {
    const { result } = start(script, { maxAttempts: 3, timeoutMs: 2000 });
    await expect(result).rejects.toMatchObject({ type: 'StepTimeout', nonRetryable: true });
    expect(await stepProcesses(transport, journal(1))).toEqual([]);
  });

  it('goes on when only the worker shuts down, and its output is in the log once', async () => {
    const slow = `${LEDGER}echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; echo a=1 >>$GITHUB_OUTPUT\n`;
    const { environment, result } = start(slow);
    await waitFor(() => (existsSync(stepLogPath(RUN, STEP)) && log().includes('one') ? true : undefined), SOON);
    environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    const next = start(slow, { activityAttempt: 2 });
    writeFileSync(file('go'), '');
    expect((await next.result).outputs).toEqual({ a: '1' });
    expect(lines('ledger')).toEqual(['run']);
    expect(log().match(/^(one|two)$/gm)).toEqual(['one', 'two']);
  });

  it('and was left alone by an earlier run attempt is ended before it is begun again', async () => {
    const { environment } = start(`${LEDGER}sleep 300\n`);
    await appears('ledger');
    environment.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true }));
    await run(LEDGER, { attempt: 2 });
    expect(await stepProcesses(transport, journal(1))).toEqual([]);
    expect(lines('ledger')).toHaveLength(2);
  });
});

describe('a runner', () => {
  it('that is lost while the script runs is reached again, and the same script followed', async () => {
    const local = transport;
    let losses = 2;
    transport = {
      ...local,
      exec: async (argv, options) => {
        if (options?.onStdout && argv[2]?.includes('orphaned') && losses-- > 0) {
          await local.exec(argv, { ...options, timeoutMs: 300 }).catch(() => undefined);
          throw new TransientError('the connection to core01 is lost');
        }
        return local.exec(argv, options);
      },
    };
    await run(`${LEDGER}for i in 1 2 3 4 5; do echo "line $i"; sleep 0.2; done\n`);
    expect(lines('ledger')).toEqual(['run']);
    expect(log().match(/^line \d$/gm)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    expect(log()).toContain('the connection to core01 is lost; trying again');
  });

  it('that does not come back fails the step after a while, and says what is not known', async () => {
    transport = { ...transport, exec: () => Promise.reject(new TransientError('core01 is stopped')) };
    expect((await failure('true')).message).toMatch(/core01 is stopped\n.*has not answered for 2 s; whether the script still runs there is not known/);
  });

  it('on which nothing can be written fails the step with that error, and the script does not run', async () => {
    transport = { ...transport, writeFile: () => Promise.reject(new PermanentError('no space left on device', 'Make room.')) };
    expect((await failure(LEDGER)).message).toMatch(/no space left on device/);
    expect(lines('ledger')).toEqual([]);
  });
});

describe('a runner whose disk is full once the script runs', () => {
  /** Refuses the mark of failure, as a full disk does. */
  const refuseMarks = (): void => {
    const local = transport;
    transport = {
      ...local,
      writeFile: (path, ...rest) => (path.endsWith('/failed') ? Promise.reject(new PermanentError('no space left on device', 'Make room.')) : local.writeFile(path, ...rest)),
    };
  };

  it('fails the step for good with both reasons', async () => {
    refuseMarks();
    const error = await failure(`${LEDGER}exit 3\n`, { maxAttempts: 3 });
    expect(error).toMatchObject({ nonRetryable: true, message: expect.stringMatching(/^the script exited with 3\n.*no space left on device/) as string });
  });

  it('does not keep a cancelled script running', async () => {
    refuseMarks();
    const { environment, result } = start(`${LEDGER}sleep 300\n`);
    await appears('ledger');
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    expect(await stepProcesses(transport, journal(1))).toEqual([]);
  });
});

describe('undo-script', () => {
  const undo = (values: ActionInput['with']): Promise<unknown> =>
    new MockActivityEnvironment({ attempt: 1 }, { logger: QUIET }).run(activities()['undo-script'], { run: RUN, attempt: 1, job: 'web', step: STEP, with: values, limits: { maxAttempts: 1, timeoutMs: 60_000 } });

  it("runs in its step's workspace with the env that was given, once", async () => {
    await run(LEDGER);
    const values = { script: 'echo "undo $WHAT" >>ledger', shell: 'sh', env: JSON.stringify({ WHAT: "it's" }) };
    expect(await undo(values)).toEqual({ removed: [], left: [] });
    expect(await undo(values)).toEqual({ removed: [], left: [] });
    expect(lines('ledger')).toEqual(['run', "undo it's"]);
  });

  it('fails when its script fails', async () => {
    await expect(undo({ script: 'echo still there; exit 1' })).rejects.toMatchObject({ message: 'the script exited with 1\nstill there' });
  });
});
