import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineBuffer } from '../../../cli/log/lineBuffer.js';
import { jobPrinter } from '../../../cli/log/printer.js';
import { openRunLog } from '../../../cli/log/runLog.js';
import { fileLogStore } from '../../../infra/log/fileStore.js';
import { jobEntriesPath } from '../../../infra/steps/paths.js';
import type { RunId, StepAddress } from '../../../language/ids.js';
import type { JobRecord } from '../../../language/record.js';
import { job, record, START, step } from '../records.js';

const RUN = 'deploy/demo#7' as RunId;
let home: string;
let shown: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-log-'));
  vi.stubEnv('XDG_STATE_HOME', home);
  shown = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const open = (options: { fold?: boolean; here?: boolean } = {}) => openRunLog(RUN, { color: false, fold: false, here: true, write: (lines) => void shown.push(...lines), ...options });
const print = (address: string, text: string, key = address.split('/')[0]!): void => {
  const log = fileLogStore().open({ run: RUN, job: key, step: address as StepAddress });
  log.write(Buffer.from(text));
  log.close();
};
const entry = (key: string, value: object): void => {
  const path = jobEntriesPath(RUN, key, 1);
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(value)}\n`);
};
const begin = (address: string, key = 'a'): void => entry(key, { kind: 'begin', address, at: START, log: 0 });
const end = (address: string, outcome = 'success', key = 'a'): void => entry(key, { kind: 'end', address, record: { outcome, conclusion: outcome, startedAt: START, endedAt: START + 1500, name: 'not this' }, state: {} });
const see = (log: ReturnType<typeof open>, ...jobs: JobRecord[]): void => log.see(record({ jobs }));

describe("a run's log", () => {
  it('shows what the undo of a step prints, after its job, and nothing of one that prints nothing', () => {
    const log = open();
    const undo = (id: string, status: 'queued' | 'in_progress' | 'completed', rest = {}) =>
      ({ job: 'a', address: `a/${id}` as StepAddress, name: `Step ${id}`, activity: 'undo-script', with: {}, status, left: [], ...rest });
    const undos = (...given: ReturnType<typeof undo>[]) => log.see(record({ jobs: [job('a', 'A', [step('a/1', 'Build')], { from: 0 })], undos: given }));
    undos(undo('1', 'queued'), undo('2', 'in_progress'));
    print('a/undo-2', 'taken back\nhal');
    log.look();
    expect(shown).toEqual(['a | ▶ Undo Step 2', 'a | taken back']);
    print('a/undo-2', 'f of a line');
    undos(undo('1', 'in_progress'), undo('2', 'completed', { conclusion: 'failure' }));
    undos(undo('1', 'completed', { conclusion: 'success' }), undo('2', 'completed', { conclusion: 'failure' }));
    expect(shown.slice(2)).toEqual(['a | half of a line', 'a | ✗ Undo Step 2 failed']);
  });

  it('shows what a step prints as it comes, each line with its job before it', () => {
    const log = open();
    see(log, job('a', 'A', [step('a/1', 'Build')], { from: 0 }));
    begin('a/1');
    print('a/1', 'one\ntw');
    log.look();
    expect(shown).toEqual(['a | ▶ Build', 'a | one']);
    print('a/1', 'o\n');
    log.look();
    log.look();
    print('a/1', 'no line break');
    end('a/1');
    log.look();
    expect(shown.slice(2)).toEqual(['a | two', 'a | no line break', 'a | ✓ Build (1.5s)']);
  });

  it('loses nothing and shows nothing twice when a hundred steps end between two looks', () => {
    const log = open();
    const steps = Array.from({ length: 100 }, (_, at) => step(`a/${at + 1}`, `Step ${at + 1}`));
    see(log, job('a', 'A', steps, { from: 0 }));
    for (const { address } of steps) {
      begin(address);
      print(address, `says ${address}\n`);
      end(address);
    }
    log.look();
    const whole = steps.flatMap(({ address, name }) => [`a | ▶ ${name}`, `a | says ${address}`, `a | ✓ ${name} (1.5s)`]);
    expect(shown).toEqual(whole);
    see(log, job('a', 'A', steps.map(({ address, name }) => step(address, name, { from: 0, to: 1.5 })), { from: 0, to: 150 }));
    expect(shown).toEqual([...whole, 'a | job succeeded (2m 30s)']);
    log.look();
    expect(shown.length).toBe(whole.length + 1);
  });

  it('shows the same from the record alone, of a job whose journal is not there yet', () => {
    const log = open();
    print('a/1', 'out\n');
    see(log, job('a', 'A', [step('a/1', 'Build', { from: 0, to: 2 }), step('a/2', 'Test', { from: 2 }), step('a/3', 'Last')], { from: 0 }));
    print('a/2', 'more\n');
    log.look();
    expect(shown).toEqual(['a | ▶ Build', 'a | out', 'a | ✓ Build (2.0s)', 'a | ▶ Test', 'a | more']);
    see(log, job('a', 'A', [step('a/1', 'Build', { from: 0, to: 2 }), step('a/2', 'Test', { from: 2, to: 3, outcome: 'failure', conclusion: 'failure' }), step('a/3', 'Last', { from: 3, to: 3, outcome: 'skipped', conclusion: 'skipped' })], { from: 0, to: 3, conclusion: 'failure', result: 'failure' }));
    expect(shown.slice(5)).toEqual(['a | ✗ Test failed (1.0s)', 'a | - Last skipped', 'a | job failed (3.0s)']);
  });

  it('shows at the first look what a step has printed so far, also of a job without a journal', () => {
    print('a/1', 'core01 booted\n');
    see(open(), job('a', 'A', [step('a/1', 'Boot', { from: 0 })], { from: 0 }));
    expect(shown).toEqual(['a | ▶ Boot', 'a | core01 booted']);
  });

  it('tells an end once, whoever tells it first', () => {
    const log = open();
    see(log, job('a', 'A', [step('a/1', 'Build', { from: 0, to: 2 }), step('a/2', 'Test')], { from: 0 }));
    begin('a/1');
    end('a/1');
    begin('a/2');
    log.look();
    expect(shown).toEqual(['a | ▶ Build', 'a | ✓ Build (2.0s)', 'a | ▶ Test']);
  });

  it('mixes jobs that run at once by lines, also those of one matrix', () => {
    const log = open();
    const both = ['t (1)', 't (2)'].map((key) => ({ ...job(key, key, [step('t/1', 'Test')], { from: 0 }), id: 't' as JobRecord['id'] }));
    see(log, ...both);
    for (const key of ['t (1)', 't (2)']) begin('t/1', key);
    print('t/1', 'x\n', 't (1)');
    print('t/1', 'y', 't (2)');
    log.look();
    print('t/1', 'z\n', 't (2)');
    log.look();
    expect(shown).toEqual(['t (1) | ▶ Test', 't (1) | x', 't (2) | ▶ Test', 't (2) | yz']);
  });

  it('names a step whose name is an expression when it is known, and post steps by theirs', () => {
    const log = open();
    see(log, job('a', 'A', [step('a/1', 'Build ${{ matrix.os }}'), step('a/2', 'Check out')], { from: 0 }));
    begin('a/1');
    end('a/1');
    begin('a/post-2');
    log.look();
    expect(shown).toEqual(['a | ▶ a/1', 'a | ✓ a/1 (1.5s)', 'a | ▶ Post Check out']);
  });

  it('goes on where a step of a later attempt begins in its log', () => {
    const log = open();
    print('a/1', 'of the first attempt\n');
    entry('a', { kind: 'begin', address: 'a/1', at: START, log: 21 });
    print('a/1', 'of this one\n');
    see(log, job('a', 'A', [step('a/1', 'Build')], { from: 0 }));
    expect(shown).toEqual(['a | ▶ Build', 'a | of this one']);
  });

  it('does not take half of an entry for one, and minds no steps within steps', () => {
    const log = open();
    see(log, job('a', 'A', [step('a/1', 'Build')], { from: 0 }));
    begin('a/1');
    begin('a/1/1');
    appendFileSync(jobEntriesPath(RUN, 'a', 1), '{"kind":"end","address":"a/1","rec');
    log.look();
    expect(shown).toEqual(['a | ▶ Build']);
    appendFileSync(jobEntriesPath(RUN, 'a', 1), 'ord":{"outcome":"failure"}}\n');
    log.look();
    expect(shown.slice(1)).toEqual(['a | ✗ Build failed']);
  });

  it('reads no files where the worker is elsewhere', () => {
    const log = open({ here: false });
    print('a/1', 'of another run\n');
    see(log, job('a', 'A', [step('a/1', 'Build', { from: 0, to: 1 })], { from: 0 }));
    expect(shown).toEqual(['a | ▶ Build', 'a | ✓ Build (1.0s)']);
  });
});

describe('a line of the log', () => {
  const printed = (fold: boolean, ...lines: string[]): string[] => {
    const said: string[] = [];
    const printer = jobPrinter('a', 0, { color: false, fold, write: (more) => void said.push(...more) });
    printer.lines('a/1', lines);
    printer.end('a/1', 'S', lines.at(-1) === 'fails' ? 'failure' : 'success');
    return said.map((line) => line.replace(/^a \| /, ''));
  };

  it('keeps its tabs and loses what would move a cursor', () => {
    expect(printed(false, '\tone\ttwo', 'a\x1b[2Jb\x1b[31mc\x1b]0;title\x07d\u0000', 'half\rwhole\r')).toEqual(['\tone\ttwo', 'abcd\ufffd', 'whole', '✓ S']);
  });

  it('of a command says its level', () => {
    expect(printed(false, '##[error]no', '##[warning]hm', '##[notice]so', '##[debug]x', '##[command]ls')).toEqual(['Error: no', 'Warning: hm', 'Notice: so', '##[debug]x', 'ls', '✓ S']);
  });

  it('in a group is folded on a terminal, shown elsewhere, and shown when its step fails', () => {
    const lines = ['before', '##[group]Things', 'one', 'two', '##[endgroup]', 'after'];
    expect(printed(true, ...lines)).toEqual(['before', '▸ Things (2 lines)', 'after', '✓ S']);
    expect(printed(false, ...lines)).toEqual(['before', '▾ Things', 'one', 'two', 'after', '✓ S']);
    expect(printed(true, '##[group]A', 'a', '##[group]B', 'fails')).toEqual(['▸ A (1 line)', '▾ B', 'fails', '✗ S failed']);
  });
});

describe('a chunk of nothing but line breaks', () => {
  it.each([false, true])('is shown: it has more lines than a function takes arguments (group: %s)', (inGroup) => {
    let count = 0;
    const printer = jobPrinter('a', 0, { color: false, fold: inGroup, write: (more) => { count += more.length; } });
    const buffer = new LineBuffer();
    if (inGroup) printer.lines('a/1', ['##[group]Empty']);
    printer.lines('a/1', buffer.push(Buffer.alloc(1 << 20, '\n')));
    printer.end('a/1', 'S', 'failure');
    expect(count).toBeGreaterThan(inGroup ? 2_000 : 1 << 20);
  });
});

describe('lines out of bytes', () => {
  it('are the same however the bytes come', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.array(fc.nat(30)), (parts, cuts) => {
      const text = parts.join('\n');
      const bytes = Buffer.from(text);
      const buffer = new LineBuffer();
      const lines: string[] = [];
      let at = 0;
      for (const cut of cuts) { lines.push(...buffer.push(bytes.subarray(at, at + cut))); at += cut; }
      lines.push(...buffer.push(bytes.subarray(at)), ...buffer.end());
      expect(lines).toEqual(text.endsWith('\n') || text === '' ? text.split('\n').slice(0, -1) : text.split('\n'));
    }));
  });

  it('of more than 1 MiB are shown in pieces, between characters', () => {
    const buffer = new LineBuffer();
    const text = `x${'€'.repeat(800_000)}`;
    const lines = [...buffer.push(Buffer.from(`${text}\n`))];
    expect(lines.length).toBe(3);
    expect(lines.join('')).toBe(text);
  });
});
