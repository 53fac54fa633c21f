/** FLEETWRIGHT_SYNC: which records are on the disk before they count. Only a power failure could show more. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLocalHost } from '../../infra/script/localHost.js';
import { processFolder } from '../../infra/script/stepFiles.js';
import { openRecordLog } from '../../infra/steps/recordLog.js';
import { sqlitePragmas } from '../../infra/temporal/devServer.js';

const synced: string[] = [];
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const nameOf = (file: number): string => fs.readlinkSync(`/proc/self/fd/${file}`);
  return {
    ...fs,
    fdatasyncSync: (file: number) => { synced.push(nameOf(file)); fs.fdatasyncSync(file); },
    fsyncSync: (file: number) => { synced.push(nameOf(file)); fs.fsyncSync(file); },
  };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-sync-'));
  synced.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function append(): void {
  const log = openRecordLog<object>(join(folder, 'deep', 'entries.jsonl'));
  log.append({});
  log.close();
}

async function host() {
  const job = { workspace: join(folder, 'w'), temp: join(folder, 't'), steps: join(folder, 's') };
  return { job, host: await openLocalHost({ job: job as never }) };
}

describe('FLEETWRIGHT_SYNC', () => {
  it('has each record on the disk before it counts, with the folders that lead to it', () => {
    vi.stubEnv('FLEETWRIGHT_SYNC', '1');
    append();
    expect(synced).toEqual([folder, join(folder, 'deep'), join(folder, 'deep', 'entries.jsonl')]);
    expect(sqlitePragmas()).toContain('synchronous=full');
  });

  it('is not asked for by itself', () => {
    append();
    expect(synced).toEqual([]);
    expect(sqlitePragmas()).toContain('synchronous=normal');
  });

  it('that says neither yes nor no is refused', () => {
    vi.stubEnv('FLEETWRIGHT_SYNC', 'perhaps');
    expect(append).toThrow(/FLEETWRIGHT_SYNC/);
  });

  it('takes a step that was about to start before the last boot for cut short, whatever reached the disk of its journal', async () => {
    const ended = (job: { readonly steps: string }, name: string): void => {
      mkdirSync(processFolder(job as never, name), { recursive: true });
      for (const [file, text] of [['claim', '1 1\n'], ['exit', '0\n']] as const) appendFileSync(join(processFolder(job as never, name), file), text);
    };
    vi.stubEnv('FLEETWRIGHT_SYNC', '1');
    const first = await host();
    first.host.close();
    for (const name of ['earlier', 'later']) ended(first.job, name);
    appendFileSync(join(first.job.steps, 'starts'), 'earlier another-boot\n');
    const { host: again } = await host();
    expect([await again.state('earlier'), await again.state('later')]).toEqual(['cut short', 'ended']);
    again.close();
    vi.stubEnv('FLEETWRIGHT_SYNC', '0');
    const { host: without } = await host();
    expect(await without.state('earlier')).toBe('ended');
    without.close();
  });
});
