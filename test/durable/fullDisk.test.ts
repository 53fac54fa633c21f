/** The worker's disk is full: what is on it is a small file system of the test's own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownProduct, type OwnProduct } from './ownProduct.js';

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-full-'));
const state = mkdtempSync(join(tmpdir(), 'fleetwright-state-'));
/** Workspaces, journals and logs; the Temporal server's database is elsewhere, as it may be on another host. */
const runs = join(state, 'fleetwright', 'runs');
const ledger = join(folder, 'ledger');
let fleetwright: OwnProduct;

const FILES = {
  /** A step fills the disk and says that all is well; the next ones would run on. */
  'fills.yml': ['head -c 100000000 /dev/zero > fill || true', `echo second >> ${ledger}`],
  /** A log that does not fit. */
  'logs.yml': ['yes | head -c 60000000', `echo second >> ${ledger}`],
  /** What a step hands over does not fit: half of it must not be taken for the whole. */
  'hands-over.yml': ['head -c 100000000 /dev/zero > ../fill || true; for i in 1 2 3 4 5 6 7 8 9; do echo "value_$i=$(head -c 9000 /dev/zero | tr "\\0" x)" >> $GITHUB_OUTPUT; done', `echo second >> ${ledger}`],
};

describe.runIf(process.getuid?.() === 0)('a worker whose disk is full', () => {
  beforeAll(async () => {
    for (const [name, [first, second]] of Object.entries(FILES)) {
      const steps = [`- run: ${JSON.stringify(first)}`, `- run: ${JSON.stringify(second)}`];
      writeFileSync(join(folder, name), ['on: push', 'jobs:', '  job:', '    runs-on: ubuntu-latest', '    steps:', ...steps.map((step) => `      ${step}`), ''].join('\n'));
    }
    mkdirSync(runs, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', runs]);
    fleetwright = await ownProduct(folder, state);
    await fleetwright.start();
  });
  afterAll(async () => {
    await fleetwright.commands.run('stop');
    execFileSync('umount', ['-l', runs]);
    for (const made of [folder, state]) rmSync(made, { recursive: true, force: true });
  });

  it.each(Object.keys(FILES))('fails the step with that error, ends the run, and counts nothing that is cut off for a success: %s', async (name) => {
    const { code, stdout, stderr } = await fleetwright.run('run', name);
    const { bavail, bsize } = statfsSync(runs);
    expect(code, `${stdout.slice(-2000)}${stderr}`).toBe(1);
    expect(bavail * bsize).toBeLessThan(32 * 1024 * 1024);
    expect(stdout + stderr).toMatch(/ENOSPC|No space left on device/);
    expect(existsSync(ledger)).toBe(false);
    makeRoom();
    expect((await fleetwright.run('run', 'fine.yml')).code).toBe(0);
  }, 180_000);
});

/** As an operator does. */
function makeRoom(): void {
  execFileSync('sh', ['-c', 'rm -rf ./*'], { cwd: runs });
  writeFileSync(join(folder, 'fine.yml'), 'on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps: [{run: echo fine}]\n');
}
