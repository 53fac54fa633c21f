import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecordLog, type RecordLog } from '../../infra/steps/recordLog.js';

interface Entry { readonly n: number; readonly secret?: string }

let folder: string;
let open: RecordLog<Entry>[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-record-'));
  open = [];
});
afterEach(() => {
  for (const log of open) log.close();
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, 'deep', 'entries.jsonl');
function openLog(): RecordLog<Entry> {
  const log = openRecordLog<Entry>(path());
  open.push(log);
  return log;
}
const numbers = (): readonly number[] => openLog().entries.map(({ n }) => n);

describe("a job's journal", () => {
  it('has one writer: who opened it last. The one before is told so, and adds nothing', () => {
    const first = openLog();
    expect(first.append({ n: 1 })).toBe(true);
    const second = openLog();
    expect(second.entries).toEqual([{ n: 1 }]);
    expect(first.append({ n: 2 })).toBe(false);
    expect(second.append({ n: 3 })).toBe(true);
    expect(first.append({ n: 4 })).toBe(false);
    expect(numbers()).toEqual([1, 3]);
  });

  it('is taken from a writer who has added nothing yet, too', () => {
    const first = openLog();
    openLog();
    expect(first.append({ n: 1 })).toBe(false);
    expect(numbers()).toEqual([]);
  });

  it('does not count a line that a crash cut short, nor joins the next one to it', () => {
    openLog().append({ n: 1 });
    appendFileSync(path(), '{"n":2');
    const next = openLog();
    expect(next.entries).toEqual([{ n: 1 }]);
    next.append({ n: 3 });
    expect(numbers()).toEqual([1, 3]);
  });

  it("is its owner's alone, and keeps its length when what is in it is put away", () => {
    const log = openLog();
    log.append({ n: 1, secret: 'hushé' });
    log.append({ n: 2, secret: 'hush' });
    const { size, mode } = statSync(path());
    expect(mode & 0o777).toBe(0o600);
    for (const times of [1, 2]) {
      log.putAway(({ n }) => ({ n }));
      expect(readFileSync(path(), 'utf8'), `${times}`).not.toContain('hush');
      expect(statSync(path()).size).toBe(size);
    }
    expect(numbers()).toEqual([1, 2]);
  });
});
