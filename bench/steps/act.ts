/** act, the runner that forgets: what the bench runs beside us. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../infra/paths.js';

const VERSION = 'v0.2.89';

/** The program's path: $ACT, or built once through the Go module proxy. @throws Error when it cannot be built */
export function findAct(): string {
  const given = process.env['ACT'];
  if (given) return given;
  const folder = cacheDir('act', VERSION);
  const program = join(folder, 'act');
  if (existsSync(program)) return program;
  console.error(`building act ${VERSION}`);
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('go', ['install', `github.com/nektos/act@${VERSION}`], { stdio: 'inherit', env: { ...process.env, GOBIN: folder } });
  if (status !== 0) throw new Error('act could not be built: install Go, or give its path in ACT');
  return program;
}

/** The command that runs a file's jobs on this host. */
export function actCommand(program: string, file: string): readonly string[] {
  return [program, 'push', '--workflows', file, '--platform', 'ubuntu-latest=-self-hosted'];
}
