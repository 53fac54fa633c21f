/** Gives the tests a state folder of their own for as long as they run. What can be made again stays in the user's cache. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let users = 0;
let folder = '';

/** Runs once for each vitest project, all in one process: the folder goes with the last of them. */
export function setup(): () => void {
  users += 1;
  if (users === 1) {
    folder = mkdtempSync(join(tmpdir(), 'fleetwright-state-'));
    process.env['XDG_STATE_HOME'] = folder;
  }
  return () => {
    users -= 1;
    if (users === 0) rmSync(folder, { recursive: true, force: true });
  };
}
