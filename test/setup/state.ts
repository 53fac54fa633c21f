/** Gives the tests a state folder of their own for as long as they run. What can be made again stays in the user's cache. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs once for each vitest project, all in one process: the first makes the folder, and removes it. */
export function setup(): (() => void) | undefined {
  if (process.env['FLEETWRIGHT_TEST_STATE']) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-state-'));
  process.env['FLEETWRIGHT_TEST_STATE'] = folder;
  process.env['XDG_STATE_HOME'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
