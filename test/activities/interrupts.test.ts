import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '@temporalio/activity';
import { ActivityCancellationDetails } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Interrupts, type InterruptOptions, listenForInterrupts } from '../../activities/steps/interrupts.js';
import { processId } from '../../infra/processId.js';
import type { RunId } from '../../language/ids.js';
import { logOf, segmentOf, worker } from './segments.js';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
let temporal: AbortController;
let requested: boolean;
let notFound: boolean;

beforeEach(() => {
  temporal = new AbortController();
  requested = true;
  notFound = false;
});

function listen(options: Partial<InterruptOptions> = {}): Interrupts {
  const context = { cancellationSignal: temporal.signal, get cancellationDetails() { return { cancelRequested: requested, notFound }; } } as unknown as Context;
  return listenForInterrupts(context, { cancelled: false, deadline: NOW + 60 * MINUTE, cancelTimeoutMs: 5 * MINUTE, ...options });
}

/** A state folder for each test of a block. @returns gives that of the test that runs */
function ownState(): () => string {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'fleetwright-interrupts-'));
    vi.stubEnv('XDG_STATE_HOME', state);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(state, { recursive: true, force: true });
  });
  return () => state;
}

const said = ({ cancel, force, letGo }: Interrupts) => ({ cancel: cancel.aborted, force: force.aborted, letGo: letGo.aborted });

describe('what interrupts the steps of a job', () => {
  beforeEach(() => void vi.useFakeTimers({ now: NOW }));
  afterEach(() => void vi.useRealTimers());

  it('is a cancel, and the end of its time after that', () => {
    const interrupts = listen();
    expect(said(interrupts)).toEqual({ cancel: false, force: false, letGo: false });
    temporal.abort();
    expect(said(interrupts)).toEqual({ cancel: true, force: false, letGo: false });
    vi.advanceTimersByTime(5 * MINUTE - 1);
    expect(interrupts.force.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(said(interrupts)).toEqual({ cancel: true, force: true, letGo: false });
  });

  it('counts from the cancel, not from the segment that begins later', () => {
    const interrupts = listen({ cancelled: true, cancelledAt: NOW - 3 * MINUTE });
    expect(said(interrupts)).toEqual({ cancel: true, force: false, letGo: false });
    vi.advanceTimersByTime(2 * MINUTE);
    expect(interrupts.force.aborted).toBe(true);
    expect(said(listen({ cancelled: true, cancelledAt: NOW - 10 * MINUTE }))).toEqual({ cancel: true, force: true, letGo: false });
  });

  it("is the end of the job's own time", () => {
    const interrupts = listen({ deadline: NOW + MINUTE });
    vi.advanceTimersByTime(MINUTE);
    expect(said(interrupts)).toEqual({ cancel: true, force: false, letGo: false });
    expect(interrupts.late()).toBe(true);
    vi.advanceTimersByTime(5 * MINUTE);
    expect(interrupts.force.aborted).toBe(true);
  });

  it('is no cancel when the worker alone stops', () => {
    requested = false;
    const interrupts = listen();
    temporal.abort();
    expect(said(interrupts)).toEqual({ cancel: false, force: false, letGo: true });
  });

  it('is the end of everything when its workflow was terminated, and another worker when that is open', async () => {
    [requested, notFound] = [false, true];
    const [terminated, open, unknown] = [async () => true, async () => false, () => Promise.reject(new Error('the server is away'))].map((isOver) => listen({ isOver }));
    temporal.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(said(terminated!)).toEqual({ cancel: true, force: true, letGo: false });
    for (const one of [open!, unknown!]) expect(said(one)).toEqual({ cancel: false, force: false, letGo: true });
  });

  it('is nothing once it is over', () => {
    const interrupts = listen({ deadline: NOW + MINUTE });
    interrupts.dispose();
    temporal.abort();
    vi.advanceTimersByTime(60 * MINUTE);
    expect(said(interrupts)).toEqual({ cancel: false, force: false, letGo: false });
  });
});

describe('a job whose time after its cancel is over', () => {
  const RUN = 'late/demo#1' as RunId;
  ownState();

  const steps = async (cancelledAt: number) => worker().steps(await segmentOf(
    'on: push\njobs: {a: {runs-on: worker, outputs: {o: "${{ job.status }}"}, steps: [{run: echo no}, {id: always, if: always(), run: echo cleans up}]}}', RUN, { cancelled: true, cancelledAt },
  ));

  it('begins nothing any more, not even what always() lets run, and is over', async () => {
    expect(await steps(Date.now() - 6 * MINUTE)).toMatchObject({ open: false, outputs: { o: 'cancelled' }, steps: [{ conclusion: 'skipped' }, { conclusion: 'cancelled' }] });
    expect(logOf(RUN, 'a', 'a/always')).toBe('');
  });

  it('begins it while there is time', async () => {
    expect(await steps(Date.now() - 4 * MINUTE)).toMatchObject({ open: false, steps: [{ conclusion: 'skipped' }, { conclusion: 'success' }] });
    expect(logOf(RUN, 'a', 'a/always')).toBe('cleans up\n');
  });
});

describe('a job whose run was terminated', () => {
  const RUN = 'terminated/demo#1' as RunId;
  const state = ownState();

  it('leaves no process of its steps, not even one in a session of its own', async () => {
    const file = join(state(), 'pids');
    const { environment, steps } = worker({ workflowIsOpen: async () => false });
    const done = steps(await segmentOf(`on: push\njobs: {a: {runs-on: worker, steps: [{run: 'setsid sleep 300 & echo $$ $! >${file}.draft; mv ${file}.draft ${file}; wait'}, {if: always(), run: touch ${file}.more}]}}`, RUN));
    await vi.waitUntil(() => existsSync(file), { timeout: 20_000 });
    environment.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true }));
    await done.catch(() => undefined);
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    expect(pids.filter((pid) => processId(pid) !== undefined)).toEqual([]);
    expect(existsSync(`${file}.more`)).toBe(false);
  });
});
