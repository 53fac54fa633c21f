/** What a person sees of runs in Temporal's own UI, in a Chromium. Where there is none it is skipped. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runUrl } from '../../cli/report.js';
import type { ProgressRecord } from '../../language/record.js';
import { PROGRESS_QUERY } from '../../workflows/messages.js';
import { freePorts } from '../freePorts.js';
import { CHROMIUM, openBrowser } from './chromium.js';
import { endOfRun, startText } from './seen.js';
import { startWorld, type World } from './world.js';

const FAILS = `
name: Nightly build
run-name: Nightly of \${{ inputs.channel }}
on:
  workflow_dispatch:
    inputs: { channel: { default: beta } }
jobs:
  build:
    name: Build the packages
    runs-on: worker
    steps: [{ name: Compile, run: echo compiled }]
  test:
    name: Test the packages
    needs: build
    runs-on: worker
    steps:
      - { name: Unit tests, run: sleep 1 }
      - { name: Integration tests, run: "echo got 4078; exit 3" }
`;
const OPEN = `
on: workflow_dispatch
jobs:
  prepare:
    name: Prepare
    runs-on: worker
    steps: [{ name: Check the host, run: echo ok }, { name: Wait for the machines, run: sleep 300 }]
`;

const PARKS = `
on: workflow_dispatch
on-failure: wait
jobs:
  web:
    name: Web servers
    runs-on: worker
    steps: [{ name: Start, run: echo ok }, { name: Verify, run: "echo 4078 cities; exit 3" }]
  tell:
    name: Tell the others
    needs: web
    runs-on: worker
    steps: [{ run: echo told }]
`;
const GATED = `
on: workflow_dispatch
jobs:
  ship:
    name: Ship it
    environment: production
    runs-on: worker
    steps: [{ name: Copy, run: echo copied }]
`;
const QUEUED = `
on: workflow_dispatch
concurrency: { group: one-at-a-time, queue: max }
jobs:
  work:
    runs-on: worker
    steps: [{ name: Work, run: sleep 300 }]
`;

let world: World;
let browser: Browser;
let ui: string;
beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  const [uiPort = 0] = await freePorts(1);
  ui = `http://127.0.0.1:${uiPort}`;
  [world, browser] = await Promise.all([startWorld(() => undefined, { uiPort }), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** A tab of a workflow's page. */
async function open(id: string, tab: 'history' | 'user-metadata' | 'relationships' | 'search-attributes'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1500, height: 1300 } })).newPage();
  const { runId } = await world.client.workflow.getHandle(id).describe();
  await page.goto(`${runUrl(ui, 'default', id)}/${runId}/${tab}`);
  return page;
}

async function shows(page: Page, ...texts: readonly (string | RegExp)[]): Promise<void> {
  // What is Markdown stands in frames of its own.
  const visible = (text: string | RegExp): Promise<boolean> => Promise.all(page.frames().map((frame) => frame.getByText(text).first().isVisible().catch(() => false))).then((all) => all.includes(true));
  for (const text of texts) await expect.poll(() => visible(text), { timeout: 30_000, message: String(text) }).toBe(true);
  if (process.env['FLEETWRIGHT_SHOTS']) await page.screenshot({ path: join(process.env['FLEETWRIGHT_SHOTS'], `ui-${expect.getState().currentTestName?.replace(/\W+/g, '-')}.png`) });
  await page.context().close();
}

function recordNow(id: string): Promise<ProgressRecord> {
  return world.client.workflow.getHandle(id).query<ProgressRecord>(PROGRESS_QUERY);
}

async function waits(id: string): Promise<void> {
  await expect.poll(() => recordNow(id).then(({ status }) => status), { timeout: 30_000 }).toBe('waiting');
}

async function end(id: string): Promise<void> {
  await world.client.workflow.getHandle(id).cancel();
  await endOfRun(world, id);
}

describe.skipIf(CHROMIUM === undefined)("Temporal's UI", () => {
  let failed: string;
  let running: string;
  beforeAll(async () => {
    [failed, running] = await Promise.all([startText(world, 'nightly', FAILS, { cluster: 'demo' }), startText(world, 'slow', OPEN)]);
    await endOfRun(world, failed);
  });
  afterAll(async () => { await world.client.workflow.getHandle(running).cancel(); await endOfRun(world, running); });

  it('says of a failed run what failed, before the table of its jobs and steps', async () => {
    await shows(await open(failed, 'user-metadata'), 'nightly/demo#1', 'Failed', 'nightly.yml', 'Started by', 'Nightly of beta', /Test the packages › Integration tests/, 'the process exited with 3', 'Unit tests', '✗ failure', '✓ success');
  });

  it('has a bar for each job of a run, with its name', async () => {
    await shows(await open(failed, 'history'), 'load-plan • Load the plan', 'Build the packages', 'Test the packages');
  });

  it('has a bar for each step of a job that lasts, with its name', async () => {
    await shows(await open(`${failed}/test`, 'history'), /^run-steps • Unit tests … Integration tests \(2 steps\)$/);
  });

  it('says of a job how its steps stand', async () => {
    await shows(await open(`${failed}/test`, 'user-metadata'), 'Test the packages', 'Integration tests', '✗ failure');
  });

  it('shows the jobs of a run under Relationships', async () => {
    await shows(await open(failed, 'relationships'), `${failed}/build`, `${failed}/test`);
  });

  it('says of a running run which step runs, and since when', async () => {
    await shows(await open(running, 'user-metadata'), 'slow/seen#1', 'Running', 'Wait for the machines', '● in progress', /since \d\d:\d\d:\d\d UTC/);
  });

  it('says of a parked run at which step it waits, why, until when, and what can be done', async () => {
    const parked = await startText(world, 'parks', PARKS);
    await waits(parked);
    await shows(await open(parked, 'user-metadata'), 'a failed step waits for a person: retry, skip, undo or cancel', /Web servers › Verify/, 'the process exited with 3', /✗ failed, waiting/, /waiting until \d{4}-/, 'Tell the others');
    await end(parked);
  });

  it('says of a run at a gate who decides, and afterwards who did and why', async () => {
    mkdirSync(join(world.folder, 'files', 'gated'), { recursive: true });
    writeFileSync(join(world.folder, 'files', 'gated', 'fleetwright.yml'), 'environments: { production: { reviewers: [ann, bob] } }\n');
    const gated = await startText(world, 'gated', GATED);
    await waits(gated);
    await shows(await open(gated, 'user-metadata'), 'waiting for the environment production', /waiting for ann, bob to approve production/);
    await world.client.workflow.getHandle(gated).executeUpdate('approve', { args: [{ by: 'ann', comment: 'seen it' }] });
    await endOfRun(world, gated);
    await shows(await open(gated, 'user-metadata'), 'production approved by ann: seen it', '✓ success');
  });

  it('says of a run that waits for its group which place it has', async () => {
    const first = await startText(world, 'queued', QUEUED);
    await expect.poll(() => recordNow(first).then(({ status, jobs }) => [status, jobs[0]?.status]), { timeout: 30_000 }).toEqual(['in_progress', 'in_progress']);
    const second = await startText(world, 'queued', QUEUED);
    await expect.poll(() => recordNow(second).then(({ queuePlace }) => queuePlace), { timeout: 30_000 }).toBe(1);
    await shows(await open(second, 'user-metadata'), 'waiting: next in the queue of the group one-at-a-time');
    await end(second);
    await end(first);
  });

  it('finds the runs of a cluster by its search attribute', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${ui}/namespaces/default/workflows?query=${encodeURIComponent('FleetwrightCluster="demo"')}`);
    await page.getByText(failed, { exact: true }).first().waitFor();
    expect(await page.getByText(running, { exact: true }).count()).toBe(0);
    await page.context().close();
  });
});
