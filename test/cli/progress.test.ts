import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elapsed } from '../../cli/progress/elapsed.js';
import { waitText } from '../../cli/progress/parked.js';
import { plainLines } from '../../cli/progress/plain.js';
import { cleanLine, fit, visibleWidth } from '../../cli/progress/text.js';
import { renderTree } from '../../cli/progress/tree.js';
import type { StepAddress } from '../../language/ids.js';
import { failedAndUndone, halfWay, job, record, START, step, undo } from './records.js';

const look = { now: START + 40_000, width: 60, color: false, spinnerFrame: 0 };

describe('the tree', () => {
  it('shows jobs and steps with marks and elapsed times, and the last log line of what runs', () => {
    expect(renderTree(halfWay, { ...look, lastLine: (address) => (address === 'boot/2' ? '2 of 4 machines' : undefined) })).toEqual([
      '⠋ deploy/demo#7                                          40s',
      '  ✓ Prepare the services                                 12s',
      '    ✓ Check this host                                   0.4s',
      '    ✓ Create the discovery URL                           12s',
      '  ⠋ Boot the machines                                    28s',
      '    ✓ Boot the servers                                  3.2s',
      '    ⠋ Wait for the cluster                               25s',
      '        2 of 4 machines',
      '    · Submit the unit files',
      '  · Start the services',
    ]);
  });

  it('shows why a step failed, and the undo, last in, first out, with what it left', () => {
    expect(renderTree(failedAndUndone, look)).toEqual([
      '✗ deploy/demo#7  failed, undone                       1m 30s',
      '  ✗ Boot the machines                                 1m 05s',
      '    ✓ Boot the servers                                  5.0s',
      '    ✗ Wait for the cluster                            1m 00s',
      '        core03 does not answer',
      '        connect ECONNREFUSED',
      '        looked 12 times',
      '    – Submit the unit files',
      '  – Start the services',
      '  Undo',
      '    ✓ Boot the servers',
      '    ✗ Start the registry',
      '        left: volume registry: in use',
    ]);
  });

  it('says which place a run, or a job, has in the queue of its concurrency group', () => {
    const waits = record({ status: 'waiting', waitsFor: 'cluster-demo', queuePlace: 2, jobs: [job('boot', 'Boot', [])] });
    expect(renderTree(waits, { ...look, width: 100 })[0]).toMatch(/^· deploy\/demo#7 {2}waits for another run: number 2 in the queue of the group cluster-demo +40s$/);
    const both = record({ jobs: [job('web', 'Web', [], { waitsFor: 'web', queuePlace: 1 })] });
    expect(renderTree(both, look)).toContain('      Waits: next in the queue of the group web');
    expect(plainLines(undefined, waits, { timeZone: 'UTC' })).toEqual(['10:00:00 deploy/demo#7 waits for another run', '10:00:00 deploy/demo#7 is number 2 in the queue of the group cluster-demo']);
    expect(plainLines(waits, { ...waits, queuePlace: 1 }, { timeZone: 'UTC' })).toEqual(['10:00:00 deploy/demo#7 is next in the queue of the group cluster-demo']);
    expect(plainLines(waits, waits)).toEqual([]);
    expect(plainLines(record({ jobs: [job('web', 'Web', [])] }), both, { timeZone: 'UTC' })).toEqual(['10:00:00 web waits: next in the queue of the group web']);
  });

  it('says for which host\'s worker a job, or an undo, waits', () => {
    const undoing = { ...failedAndUndone, status: 'undoing' as const, undos: [undo('boot/0', 'Write the file', { status: 'in_progress', queue: 'fleetwright@1' })] };
    const waits = { ...undoing, hostWaits: [{ job: 'boot', undo: 'boot/0' as StepAddress, host: 'build-3' }] };
    expect(renderTree(waits, look).slice(-3)).toEqual(['  Undo', '    ⠋ Write the file', '        Waits for the worker of host build-3']);
    expect(plainLines(undoing, waits, { timeZone: 'UTC', now: START })).toEqual(['10:00:00 undo boot/0 waits for the worker of host build-3']);
    expect(plainLines(waits, waits)).toEqual([]);
    const away = { ...halfWay, hostWaits: [{ job: 'boot' }] };
    expect(renderTree(away, look).at(-2)).toBe('      Waits for the worker of its host');
    expect(plainLines(halfWay, away, { timeZone: 'UTC', now: START })).toEqual(['10:00:00 boot waits for the worker of its host']);
    expect(waitText(waits)).toBe('the worker of host build-3');
  });

  it('folds what succeeded when the terminal is too low, and never exceeds it', () => {
    const lines = renderTree(halfWay, { ...look, maxLines: 7 });
    expect(lines.map((line) => line.trim().split('  ')[0])).toEqual([
      '⠋ deploy/demo#7', '✓ Prepare the services', '⠋ Boot the machines', '✓ Boot the servers', '⠋ Wait for the cluster', '· Submit the unit files', '· Start the services',
    ]);
    expect(renderTree(halfWay, { ...look, maxLines: 4 })).toHaveLength(4);
  });

  it('is never wider than the terminal, whatever names and errors hold', () => {
    const nasty = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('\x1b]0;title\x07', '\x1b[2J\x1b[31mred', '数据库'.repeat(40), 'a\rb', '👩‍👩‍👧'.repeat(30)));
    fc.assert(fc.property(nasty, nasty, fc.integer({ min: 1, max: 90 }), fc.boolean(), (name, error, width, color) => {
      const shown = renderTree(record({ jobs: [job('a', name, [step('a/1', name, { from: 0, to: 1, conclusion: 'failure', error })], { from: 0 })] }), { ...look, width, color });
      for (const line of shown) {
        expect(visibleWidth(line)).toBeLessThanOrEqual(width);
        // eslint-disable-next-line no-control-regex
        expect(line.replace(/\x1b\[[0-9;]*m/g, '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        if (!color) expect(line).not.toContain('\x1b');
      }
    }), { numRuns: 300 });
  });
});

describe('plain lines', () => {
  const utc = { timeZone: 'UTC', now: START + 40_000 };

  it('tell what is so far when nothing was seen before, in the order in which it happened', () => {
    expect(plainLines(undefined, halfWay, utc)).toEqual([
      '10:00:00 deploy/demo#7 started',
      '10:00:00 prepare/1 success in 0.4s: Check this host',
      '10:00:12 prepare/discovery success in 12s: Create the discovery URL',
      '10:00:15 boot/1 success in 3.2s: Boot the servers',
      '10:00:15 boot/2 started: Wait for the cluster',
    ]);
  });

  it('tell a change once, and nothing when nothing changed', () => {
    const [prepare, boot, services] = halfWay.jobs as [typeof halfWay.jobs[0], typeof halfWay.jobs[0], typeof halfWay.jobs[0]];
    const next = { ...halfWay, jobs: [prepare!, { ...boot!, steps: [...boot!.steps.slice(0, 1), step('boot/2', 'Wait for the cluster', { from: 15.2, to: 27 }), step('boot/3', 'Submit the unit files', { from: 27 })] }, services!] };
    expect(plainLines(halfWay, halfWay, utc)).toEqual([]);
    expect(plainLines(halfWay, next, utc)).toEqual([
      '10:00:27 boot/2 success in 12s: Wait for the cluster',
      '10:00:27 boot/3 started: Submit the unit files',
    ]);
  });

  it('tell the whole error, the undo and the end', () => {
    const running = { ...failedAndUndone, status: 'in_progress' as const, jobs: [], undos: failedAndUndone.undos.map((undo) => ({ ...undo, status: 'queued' as const })) };
    expect(plainLines(running, failedAndUndone, utc)).toEqual([
      '10:00:05 boot/1 success in 5.0s: Boot the servers',
      '10:01:05 boot/2 failed in 1m 00s: Wait for the cluster',
      '           core03 does not answer',
      '           connect ECONNREFUSED',
      '           looked 12 times',
      '           for a minute',
      '10:01:05 boot/3 skipped: Submit the unit files',
      '10:01:05 services skipped: Start the services',
      '10:00:40 undo boot/1 success: Boot the servers',
      '10:00:40 undo boot/0 failed: Start the registry',
      '           left: volume registry: in use',
      '10:01:30 deploy/demo#7 failed, undone in 1m 30s',
    ]);
  });

  it('say of a resumed run how many steps were done before instead of telling them again', () => {
    const resumed = record({ attempt: 2, startedAt: START + 100_000, jobs: [job('a', 'A', [step('a/1', 'One', { from: 0, to: 1 }), step('a/2', 'Two', { from: 101 })], { from: 0 })] });
    expect(plainLines(undefined, resumed, utc)).toEqual([
      '10:01:40 deploy/demo#7 attempt 2 started; 1 done before',
      '10:01:41 a/2 started: Two',
    ]);
  });
});

describe('text for a terminal', () => {
  it('lets colour pass and nothing else', () => {
    expect(cleanLine('\x1b[2J\x1b]0;pwned\x07\x1b[31mred\x1b[0m', true)).toBe('\x1b[31mred\x1b[0m\x1b[0m');
    expect(cleanLine('\x1b[2J\x1b]0;pwned\x07\x1b[31mred\x1b[0m', false)).toBe('red');
    expect(cleanLine('10%\r50%\r100%', false)).toBe('100%');
    expect(cleanLine('a\0b', false)).toBe('a\ufffdb');
  });

  it.each<readonly [string, string, string]>([
    ['text', 'plain ünï 漢字 🚀', 'plain ünï 漢字 🚀'],
    ['colours, and ends them', '\x1b[1;31mred\x1b[m \x1b[38:2::1:2:3mx', '\x1b[1;31mred\x1b[m \x1b[38:2::1:2:3mx\x1b[0m'],
    ['no clear-screen, no cursor', 'a\x1b[2J\x1b[Hb\x1b[10;20fc\x1b[?25ld\x1b[>4;1me', 'abcde'],
    ['no title', 'a\x1b]0;title\x07b\x1b]2;title\x1b\\c', 'abc'],
    ['no link, no clipboard', '\x1b]8;;x:y\x1b\\text\x1b]8;;\x1b\\ \x1b]52;c;aGk=\x07', 'text '],
    ['no data of a device', 'a\x1bP1$r0m\x1b\\b\x1b^x\x1b\\c\x1b_y\x1b\\d\x1bXz\x1b\\e', 'abcde'],
    ['no other escapes', 'a\x1bcb\x1b(0c\x1b7d\x1b#8e\x1b=f', 'abcdef'],
    ['none of one byte', 'a\u009b2Jb\u009d0;title\u009cc\u0090x\u009cd\u0085', 'abcd\ufffd'],
    ['control characters as U+FFFD', 'a\0b\x07c\x08d\x7fe\x0bf\x0cg', 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg'],
    ['nothing behind a title that nobody ends', 'a\x1b]0;title', 'a'],
    ['nothing of what ends too early', 'a\x1b[3', 'a'],
    ['nothing of a lone escape', 'a\x1b', 'a'],
    ['what is behind the last of several carriage returns', '10%\r20%\r\r30%\r\r', '30%'],
  ])('is %s', (_, line, clean) => expect(cleanLine(line, true)).toBe(clean));

  const piece = fc.oneof(
    fc.constantFrom('\x1b', '[', ']', '0;', '31', 'm', 'J', '\x07', '\\', '\r', '\u009b', '\u009d', '\u009c', 'P', 'é', '🚀', ' ', '\x1b[31m', '\x1b]0;x', '\u202e'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );

  it('never moves, clears or rings, whatever a step prints', () => {
    fc.assert(fc.property(fc.array(piece), fc.boolean(), (pieces, color) => {
      const clean = cleanLine(pieces.join(''), color);
      expect(clean.replaceAll(color ? /\x1b\[[0-9;:]*m/g : /$^/g, '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }), { numRuns: 1000 });
  });

  it.each([
    ['carriage returns', '\r'.repeat(1 << 20)], ['titles that nobody ends', '\u009d'.repeat(1 << 20)], ['escapes', '\x1b'.repeat(1 << 20)], ['colours', '\x1b[31m'.repeat(1 << 18)],
    ['sequences that nobody ends', '\x1b['.repeat(1 << 19)],
  ])('is made of a megabyte of %s at once: nothing is tried again and again', (_, line) => {
    expect(cleanLine(`${line}\x1bx`, false)).toBe('');
    expect(cleanLine(`${line}end`, false)).toMatch(/^(?:end)?$|^nd$/);
  });

  it('counts wide characters as two columns and cuts at the width', () => {
    expect(visibleWidth('数据')).toBe(4);
    expect(fit('数据库', 5)).toBe('数据…');
    expect(fit('\x1b[31mabcdef\x1b[0m', 4)).toBe('\x1b[31mabc…\x1b[0m');
  });

  it('says elapsed time the way people do', () => {
    expect([0, 400, 9_949, 9_951, 59_400, 59_700, 83_000, 7_500_000].map(elapsed)).toEqual(['0.0s', '0.4s', '9.9s', '10s', '59s', '1m 00s', '1m 23s', '2h 05m']);
  });
});
