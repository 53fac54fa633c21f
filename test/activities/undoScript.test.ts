import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActivityCancellationDetails, ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PermanentError, TransientError } from '../../infra/errors.js';
import { jobFolder } from '../../infra/script/folders.js';
import { workspaceFolder } from '../../infra/script/workspaces.js';
import { writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
import type { UndoEntry } from '../../language/record.js';
import { logOf, segmentOf, worker } from './segments.js';

const RUN = 'undone/local#1' as RunId;
const SECRET = 'correct horse battery';
const FOUND = 'found in a file';
const WORKFLOW = `
on: push
env: {WHERE: here, TOKEN: "\${{ secrets.TOKEN }}"}
jobs:
  build:
    runs-on: worker
    steps:
      - run: |
          echo "FROM_BEFORE=kept" >>$GITHUB_ENV
          mkdir -p bin sub; printf '#!/bin/sh\\necho tool\\n' >bin/tool; chmod +x bin/tool; echo "$PWD/bin" >>$GITHUB_PATH
      - id: make
        working-directory: sub
        env: {OWN: "\${{ secrets.TOKEN }}"}
        run: echo "made with $OWN" | tee made; echo "::add-mask::${FOUND}"
        undo: |
          echo "undo in \${PWD##*/} of $(cat made)"
          echo "$WHERE $FROM_BEFORE $(tool) $OWN \${{ secrets.TOKEN }} ${FOUND}"
          echo "::warning::look"
          echo "value=$OWN" >>$GITHUB_OUTPUT
          echo "$GITHUB_JOB $GITHUB_ACTION" >>../ledger
`;

let state: string;
let undos: UndoEntry[];
const registered = async (_: RunId, undo: UndoEntry): Promise<void> => void undos.push(undo);
const folder = (): ReturnType<typeof jobFolder> => jobFolder(workspaceFolder(RUN), 'build');
const ledger = (): string => (existsSync(join(folder().workspace, 'ledger')) ? readFileSync(join(folder().workspace, 'ledger'), 'utf8') : '');

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'fleetwright-undo-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  undos = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true, force: true });
});

describe('a run step with undo', () => {
  beforeEach(() => writeRunSecrets(RUN, { given: { TOKEN: SECRET }, environment: {} }));

  it('tells its run how it is undone before it acts, and nothing of that holds a secret', async () => {
    const seen: string[] = [];
    const { steps } = await worker({ registerUndo: async (run, undo) => { seen.push(`${run} ${existsSync(join(folder().workspace, 'sub/made'))}`); undos.push(undo); } }).steps(await segmentOf(WORKFLOW, RUN));
    expect(steps.map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
    expect(seen).toEqual([`${RUN} false`]);
    expect(undos).toMatchObject([{ job: 'build', address: 'build/make', activity: 'undo-script', queue: 'here', with: { 'runs-on': 'worker' } }]);
    expect(JSON.stringify(undos)).not.toContain(SECRET);
    expect(logOf(RUN, 'build', 'build/make')).toBe('made with ***\n');
  });

  it('is not begun when its run cannot be told', async () => {
    let asked = 0;
    const registerUndo = async (): Promise<void> => { throw ++asked === 1 ? new TransientError('the server is away') : new PermanentError('closed', 'Start a new run.'); };
    const { steps } = await worker({ registerUndo }).steps(await segmentOf(WORKFLOW, RUN));
    expect(steps[1]).toMatchObject({ conclusion: 'failure', error: 'closed\n  Start a new run.' });
    expect(asked).toBe(2);
    expect(existsSync(join(folder().workspace, 'sub/made'))).toBe(false);
  });

  it('tells it once, also when a worker is killed behind that', async () => {
    const input = await segmentOf(WORKFLOW, RUN);
    await worker({ registerUndo: registered }).steps({ ...input, last: false });
    await worker({ registerUndo: registered }).steps({ ...input, last: false });
    expect(undos).toHaveLength(1);
  });

  it('is undone in its place with its environment, masked in a log of its own, and leaves nothing but its work', async () => {
    await worker({ registerUndo: registered }).steps(await segmentOf(WORKFLOW, RUN));
    expect(await worker().undo(undos[0]!, RUN)).toEqual({ removed: [], left: [] });
    expect(logOf(RUN, 'build', 'build/undo-make')).toBe('undo in sub of made with ***\nhere kept tool *** *** ***\n##[warning]look\n');
    expect(ledger()).toBe('build make\n');
    expect(existsSync(folder().steps)).toBe(false);
    for (const name of readdirSync(join(folder().steps, '..')).filter((file) => file.endsWith('.jsonl'))) {
      const text = readFileSync(join(folder().steps, '..', name), 'utf8');
      expect([name, text.includes(SECRET), text.includes(FOUND)]).toEqual([name, false, false]);
    }
  });

  it('is undone once, when its answer was lost', async () => {
    await worker({ registerUndo: registered }).steps(await segmentOf(WORKFLOW, RUN));
    await worker().undo(undos[0]!, RUN);
    await worker({}, 2).undo(undos[0]!, RUN);
    expect(ledger()).toBe('build make\n');
  });
});

describe('the undo of a step', () => {
  const failing = async (undo: string): Promise<UndoEntry> => {
    await worker({ registerUndo: registered }).steps(await segmentOf(`on: push\njobs: {build: {runs-on: worker, steps: [{run: 'true', undo: '${undo}'}]}}`, RUN));
    return undos[0]!;
  };

  it('is tried again while it has tries left, and says why it fails', async () => {
    const entry = await failing('echo try >>ledger; echo because; [ "$(wc -l <ledger)" -ge 3 ]');
    const limits = { timeoutMs: 60_000, maxAttempts: 2 };
    const error: unknown = await worker().undo(entry, RUN, { limits }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'UndoFailed', nonRetryable: true, message: 'the process exited with 1\nbecause' });
    expect(ledger()).toBe('try\ntry\n');
    // Of the next attempt of the run it is another one.
    expect(await worker().undo(entry, RUN, { limits, attempt: 2 })).toEqual({ removed: [], left: [] });
  });

  it('is ended when it takes too long, with all that it started', async () => {
    const entry = await failing('echo $$ >pid; trap "" INT TERM; while :; do sleep 1; done');
    await expect(worker().undo(entry, RUN, { limits: { timeoutMs: 1000, maxAttempts: 1 } })).rejects.toThrow('it was still running after 1 s');
    expect(existsSync(`/proc/${readFileSync(join(folder().workspace, 'pid'), 'utf8').trim()}/stat`)).toBe(false);
  });

  it('is left running when its worker stops, and followed by the next one', async () => {
    const entry = await failing('echo begin >>ledger; until [ -e go ]; do sleep 0.05; done; echo end >>ledger');
    const first = worker();
    const stopped = first.undo(entry, RUN).catch((reason: unknown) => reason);
    await vi.waitFor(() => expect(ledger()).toBe('begin\n'), { timeout: 20_000 });
    first.environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    expect(String(await stopped)).toContain('another worker goes on');
    const second = worker({}, 2).undo(entry, RUN);
    writeFileSync(join(folder().workspace, 'go'), '');
    await second;
    expect(ledger()).toBe('begin\nend\n');
  });
});
