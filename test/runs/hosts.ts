/** Hosts for one test's worker to move between: each has a state folder and a home of its own, as far as Fleetwright knows. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const VARIABLES = ['FLEETWRIGHT_WORKER', 'XDG_STATE_HOME', 'HOME'] as const;

/** Says that this process has the worker. @returns what puts the environment back as it was */
export function haveWorker(): () => void {
  const kept = { ...process.env };
  process.env['FLEETWRIGHT_WORKER'] = 'elsewhere';
  return () => {
    for (const name of VARIABLES) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  };
}

/** Makes this process one on that host, which lies in the folder. */
export function goTo(host: string): (folder: string) => void {
  return (folder) => {
    process.env['HOME'] = join(folder, host, 'home');
    process.env['XDG_STATE_HOME'] = join(folder, host, 'state');
    mkdirSync(process.env['HOME'], { recursive: true });
    mkdirSync(process.env['XDG_STATE_HOME'], { recursive: true });
  };
}
