/** The page that `report` writes, in a Chromium: with its own script, and against what a run may put into it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PageInput, pageHtml } from '../../cli/page/page.js';
import { tickTimes } from '../../cli/page/gantt.js';
import { CHROMIUM, openBrowser } from '../runs/chromium.js';
import { hostile, long, ordinary } from './pageInput.js';

const PHONE = { viewport: { width: 375, height: 720 }, isMobile: true, hasTouch: true } as const;
let browser: Browser;
let folder: string;
/** What went wrong in the page, and what it asked for. */
const troubles: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-page-'));
  if (CHROMIUM !== undefined) browser = await openBrowser();
});
afterEach(() => { troubles.length = 0; });
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(input: PageInput, options: BrowserContextOptions = {}): Promise<Page> {
  const file = join(folder, 'run.html');
  writeFileSync(file, pageHtml(input));
  const page = await (await browser.newContext(options)).newPage();
  page.on('pageerror', (error) => troubles.push(String(error))).on('console', (message) => { if (message.type() === 'error') troubles.push(message.text()); })
    .on('request', (request) => { if (!/^(?:file|data):/.test(request.url())) troubles.push(request.url()); });
  await page.goto(pathToFileURL(file).href);
  if (process.env['FLEETWRIGHT_SHOTS']) await page.screenshot({ path: join(process.env['FLEETWRIGHT_SHOTS'], `${expect.getState().currentTestName?.replace(/\W+/g, '-')}.png`), fullPage: true });
  return page;
}

/** How far the page is wider than the screen. */
const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
/** Of two colours as `rgb(1, 2, 3)`, by WCAG 2. */
function contrast(one: string, other: string): number {
  const light = (color: string): number => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => { const value = Number(part) / 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(one), light(other)].sort((x, y) => y - x) as [number, number];
  return (a + 0.05) / (b + 0.05);
}

describe.skipIf(CHROMIUM === undefined)('the page of a run', () => {
  it('shows graph, time, logs with folded groups and colours, annotations, summaries and endpoints, and fetches nothing', async () => {
    const page = await open(ordinary);
    const body = await page.locator('body').innerText();
    for (const part of ['✗ failure', 'Unit tests', 'the process exited with 3', 'src/b.ts:7', 'Built well', 'needle in the log', 'The first 4000 bytes are left out.']) expect(await page.content()).toContain(part.replace('Built well', 'Built <strong>well</strong>'));
    expect(body).toContain('web@01.service');
    expect(body).not.toContain('added 12 packages');
    await page.getByText('Install').click();
    expect(await page.locator('body').innerText()).toContain('added 12 packages');
    expect(await page.locator('.annotation').innerText()).toMatch(/error\s+src\/b\.ts:7\s+Test › Unit tests\n/);
    expect(await page.locator('svg .job').count()).toBe(2);
    expect(await page.locator('.gantt .row').count()).toBe(3);
    expect(await page.locator('.gantt .track i').count()).toBe(1);
    expect(await page.getByText('green', { exact: true }).getAttribute('class')).toBe('ansi-green-fg');
    expect(troubles).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('reads well in %s', async (colorScheme) => {
    const page = await open(ordinary, { colorScheme });
    const background = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)');
    for (const what of ['h1', '.soft', '.badge', '.why', '.addr', '.time', '.annotation strong']) {
      const color = await page.locator(what).first().evaluate((element) => (globalThis as unknown as { getComputedStyle(of: unknown): { color: string } }).getComputedStyle(element).color);
      expect(contrast(color, background), what).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('says before all else which step failed, and what waits for whom', async () => {
    const of = async (input: PageInput): Promise<string> => (await (await open(input, PHONE)).locator('header').innerText()).replaceAll('\n', ' ');
    expect(await of(ordinary)).toContain('Test › Unit tests failed: the process exited with 3');
    const [build, test] = ordinary.record.jobs;
    const { conclusion: _, endedAt: __, ...running } = ordinary.record;
    const parked = { ...test!, status: 'waiting' as const, steps: [{ ...test!.steps[0]!, status: 'waiting' as const }] };
    const gated = { ...build!, status: 'waiting' as const, steps: [], waiting: { kind: 'gate' as const, environment: 'production', reviewers: ['ann', 'bob'], since: 0, owner: 'x' } };
    expect(await of({ ...ordinary, record: { ...running, status: 'waiting', jobs: [gated, parked] } })).toMatch(/waiting.*Build waits for the environment production: ann or bob decides.*Test › Unit tests failed, and waits for a decision: the process exited with 3/);
    expect(await of({ ...ordinary, record: { ...running, status: 'waiting', jobs: [], waitsFor: 'cluster-demo', queuePlace: 1 } })).toContain('It is next in the queue of the group cluster-demo');
  });

  it('is not wider than a phone', async () => {
    for (const input of [ordinary, hostile, long]) expect(await overflow(await open(input, PHONE))).toBeLessThanOrEqual(0);
  });

  it('is used by keyboard: search, next hit, next failed step, opening a step', async () => {
    const page = await open(ordinary);
    await page.keyboard.press('/');
    await page.keyboard.type('needle');
    await page.keyboard.press('Enter');
    expect(await page.locator('.now').innerText()).toContain('needle in the log');
    expect(await page.locator('#found').innerText()).toBe('1 of 1');
    await page.keyboard.press('Escape');
    expect(await page.locator('.hit').count()).toBe(0);
    await page.keyboard.press('f');
    expect(await page.evaluate('document.activeElement.parentElement.className')).toBe('step failure');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineOffset')).toBe('-2px'); // outside, the step's own box would cut the ring off
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    expect(await page.locator('details.step').first().getAttribute('open')).not.toBeNull();
  });

  it('leads from a bar to its step, which opens', async () => {
    const page = await open(ordinary);
    await page.locator('.gantt .row').first().click();
    expect(await page.getByText('compiled').isVisible()).toBe(true);
  });

  it('lets nothing of a run run, whatever names, logs, values and summaries say', async () => {
    const page = await open(hostile);
    await page.locator('#open').click();
    await page.locator('body').hover();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('script, iframe, form, object, embed, [onerror], [onload], [ontoggle], [onmouseover], [onbegin]').count()).toBe(1);
    expect(await page.locator('a[href^="javascript"], img[src^="http"], .summary style').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  it('is safe even where the sanitizer and the escapes would fail: its policy lets its own script alone run', async () => {
    const page = await open(ordinary);
    await page.setContent((await page.content()).replace('</main>', '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"></main>'));
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });

  it('of 300 steps is small, and found through at once', async () => {
    expect(Buffer.byteLength(pageHtml(long))).toBeLessThan(2 * 1024 * 1024);
    const page = await open(long);
    expect(await page.locator('details.step').count()).toBe(300);
    expect(await page.locator('.gantt').first().locator('.row').count()).toBe(30);
    await page.getByText('All 300 steps').click();
    expect(await page.locator('.gantt').nth(1).locator('.row').count()).toBe(300);
    await page.fill('#search', 'line 7 of j29/10');
    await page.press('#search', 'Enter');
    expect(await page.locator('.now').isVisible()).toBe(true);
    expect(troubles).toEqual([]);
  });
});

describe('the line of time', () => {
  it.each([[900, [0, 200, 400, 600, 800]], [60_000, [0, 15_000, 30_000, 45_000, 60_000]], [30 * 86_400_000, [0, 6, 12, 18, 24, 30].map((days) => days * 86_400_000)]])('of %d ms has round ticks', (span, ticks) => {
    expect(tickTimes(span)).toEqual(ticks);
  });
});
