import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError } from '../../../infra/errors.js';
import { fileLogStore } from '../../../infra/log/fileStore.js';
import { Masker } from '../../../infra/log/masker.js';
import { encodeName } from '../../../infra/log/names.js';
import type { LogStore, StepLogId } from '../../../infra/log/store.js';
import { lastLogLine, logTail, openStepLog, stepLogPath } from '../../../infra/logStore.js';
import { parseJobId, parseRunId, type RunId, type StepAddress, stepAddress } from '../../../language/ids.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /gm;
const run = parseRunId('ci/demo#1');
const id = (job: string, step: string | number = 1): StepLogId => ({ run, job, step: stepAddress(parseJobId('test'), step) });

describe('the log store', () => {
  let root: string;
  let store: LogStore;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));
    store = fileLogStore(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function text(of: StepLogId): string | undefined {
    return store.read(of, 0, 1e6)?.toString().replaceAll(TIME, 'T ');
  }

  it('appends to what earlier attempts wrote, and puts lines of ours on lines of their own, with the time', () => {
    const first = store.open(id('test'));
    first.line('begins');
    first.write(Buffer.from('out\nput'));
    first.line('ends');
    first.write(Buffer.from('unfinished'));
    first.close();
    const second = store.open(id('test'));
    second.line('attempt 2');
    second.close();
    expect(text(id('test'))).toBe('T begins\nout\nput\nT ends\nunfinished\nT attempt 2\n');
  });

  it('gives any part of a log, its size, and nothing of a step that has written nothing', () => {
    store.open(id('test', 'silent')).close();
    const log = store.open(id('test'));
    log.write(Buffer.from('0123456789'));
    expect(store.read(id('test'), 3, 4)?.toString()).toBe('3456');
    expect(store.read(id('test'), 8, 100)?.toString()).toBe('89');
    expect(store.read(id('test'), 20, 5)?.toString()).toBe('');
    expect(store.size(id('test'))).toBe(10);
    expect(store.read(id('test', 'silent'), 0, 10)).toBeUndefined();
    expect(store.size(id('test', 'silent'))).toBe(0);
    log.close();
  });

  it.each(['test (18, debian)', '../../etc', '..', '.', 'a/b', '~x', 'Ünï %2F', `test (${'x'.repeat(5000)})`, 'CON\u0000\n'])('keeps the job %j apart, in its folder, and names it again', (job) => {
    for (const of of [id(job), id('test')]) {
      const log = store.open(of);
      log.write(Buffer.from(of.job));
      log.annotate({ level: 'error', message: of.job });
      log.summary(Buffer.from(of.job));
      log.close();
    }
    expect(text(id(job))).toBe(job);
    expect(new Set(store.list(run).map((one) => one.job))).toEqual(new Set([job, 'test']));
    expect(new Set(store.annotations(run).map((one) => `${one.job}=${one.message}`))).toEqual(new Set([`${job}=${job}`, 'test=test']));
    expect(new Set(store.summaries(run).map((one) => `${one.job}=${one.markdown}`))).toEqual(new Set([`${job}=${job}`, 'test=test']));
    expect(readdirSync(root)).toEqual(['ci%2Fdemo%231']);
    expect(readdirSync(join(root, 'ci%2Fdemo%231'))).toEqual(['logs']);
  });

  it('keeps runs apart whose names mean folders', () => {
    const bad = '..' as RunId;
    const log = store.open({ ...id('test'), run: bad });
    log.write(Buffer.from('x'));
    log.close();
    expect(readdirSync(root)).toEqual(['%2E.']);
    expect(store.list(bad)).toHaveLength(1);
  });

  it('lists steps of any names, those that look like the name of another among them', () => {
    const long = 'x'.repeat(3000);
    const steps = ['build', '1', long, 'a/b c'];
    for (const step of steps) {
      const log = store.open(id('test', step));
      log.line('x');
      log.close();
    }
    const alike = store.open({ ...id('test'), step: encodeName(`test/${long}`) as StepAddress });
    alike.line('x');
    alike.close();
    expect(store.list(run).map(({ step }) => step).sort()).toEqual([...steps.map((step) => `test/${step}`), encodeName(`test/${long}`)].sort());
    expect(store.list(parseRunId('other#1'))).toEqual([]);
  });

  it('keeps annotations of all steps of a job in their order, and skips one that a crash has cut', () => {
    const log = store.open(id('test', 'b'));
    for (let i = 0; i < 1000; i++) log.annotate({ level: 'notice', message: String(i), line: 7 });
    log.close();
    appendFileSync(join(root, 'ci%2Fdemo%231', 'logs', 'test', 'annotations.jsonl'), '{"step":"test/b","lev\n');
    const other = store.open(id('test', 'a'));
    other.annotate({ level: 'error', message: 'last' });
    other.close();
    const found = store.annotations(run);
    expect(found.map(({ message }) => message)).toEqual([...Array.from({ length: 1000 }, (_, i) => String(i)), 'last']);
    expect(found[0]).toEqual({ job: 'test', step: 'test/b', level: 'notice', message: '0', line: 7 });
  });

  it('keeps the summary of the last attempt', () => {
    for (const summary of ['# one', '# two\n']) {
      const log = store.open(id('test'));
      log.summary(Buffer.from(summary));
      log.close();
    }
    expect(store.summaries(run)).toEqual([{ job: 'test', step: 'test/1', markdown: Buffer.from('# two\n') }]);
  });

  it('has an error instead of a summary over 1 MiB', () => {
    const log = store.open(id('test'));
    log.summary(Buffer.alloc(1024 * 1024, 0x61));
    expect(store.summaries(run)[0]?.markdown).toHaveLength(1024 * 1024);
    log.summary(Buffer.alloc(1024 * 1024 + 1, 0x62));
    log.close();
    expect(store.summaries(run)[0]?.markdown.toString().slice(0, 1)).toBe('a');
    expect(store.annotations(run)).toMatchObject([{ level: 'error', message: expect.stringContaining('supports content up to a size of 1024k, got 1025k') }]);
    expect(text(id('test'))).toMatch(/##\[error\].*1024k/);
  });

  it('hides secrets in lines, annotations and summaries', () => {
    const masker = new Masker();
    masker.add('hunter22');
    const log = store.open(id('test'), masker);
    log.line('a hunter22');
    log.annotate({ level: 'error', message: 'b hunter22', file: 'hunter22' });
    log.summary(Buffer.from('c hunter22'));
    log.close();
    expect(text(id('test'))).toBe('T a ***\n');
    expect(store.annotations(run)).toMatchObject([{ message: 'b ***', file: '***' }]);
    expect(store.summaries(run)[0]?.markdown.toString()).toBe('c ***');
  });

  it('lets nobody else read', () => {
    const log = store.open(id('test'));
    log.line('x');
    log.annotate({ level: 'error', message: 'x' });
    log.summary(Buffer.from('x'));
    log.close();
    const folder = join(root, 'ci%2Fdemo%231', 'logs', 'test');
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('writes nothing after it is closed, and is closed as often as one likes', () => {
    const log = store.open(id('test'));
    log.write(Buffer.from('x'));
    log.close();
    log.close();
    log.write(Buffer.from('y'));
    log.line('z');
    log.annotate({ level: 'error', message: 'x' });
    log.summary(Buffer.from('x'));
    expect(text(id('test'))).toBe('x');
    expect([store.annotations(run), store.summaries(run)]).toEqual([[], []]);
  });

  it('says what to do when nothing can be written', () => {
    writeFileSync(join(root, 'ci%2Fdemo%231'), 'no folder');
    const log = store.open(id('test'));
    expect(() => log.line('x')).toThrow(PermanentError);
    expect(() => log.line('x')).toThrow(/the log of test\/1 cannot be written: .*\n {2}Make room/);
  });

  it('makes its folder again when somebody has removed it', () => {
    const log = store.open(id('test'));
    log.write(Buffer.from('x'));
    log.close();
    rmSync(join(root, 'ci%2Fdemo%231'), { recursive: true });
    const again = store.open(id('test'));
    again.write(Buffer.from('y'));
    again.close();
    expect(text(id('test'))).toBe('y');
  });
});

describe('the log of a step by its address', () => {
  let before: string | undefined;
  let state: string;
  beforeEach(() => {
    before = process.env['XDG_STATE_HOME'];
    state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));
    process.env['XDG_STATE_HOME'] = state;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
    rmSync(state, { recursive: true, force: true });
  });

  it('is that of the job with the same key, and ends with its last line', () => {
    const step = stepAddress(parseJobId('web'), 'verify');
    const log = openStepLog(run, step);
    log.write(Buffer.from('first\n'));
    log.line('last one');
    log.close();
    expect(lastLogLine(run, step)).toBe('last one');
    expect(logTail(run, step, 4)).toBe('one\n');
    const marked = openStepLog(run, step);
    marked.write(Buffer.from('##[group]Install\n\n##[endgroup]\n'));
    marked.close();
    expect(lastLogLine(run, step)).toBe('Install');
    expect(fileLogStore().list(run)).toEqual([{ run, job: 'web', step }]);
    expect(stepLogPath(run, step).startsWith(state)).toBe(true);
    expect([lastLogLine(run, stepAddress(parseJobId('web'), 2)), lastLogLine(run, step, 'web (2)')]).toEqual([undefined, undefined]);
  });
});
