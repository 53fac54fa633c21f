import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinDiagnostics } from '../../cli/commands/pins.js';

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-pins-'));
const repository = join(folder, 'owner', 'greet');
let commit = '';

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', repository, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { encoding: 'utf8' }).trim();
}

beforeAll(() => {
  mkdirSync(repository, { recursive: true });
  execFileSync('git', ['init', '--quiet', repository]);
  writeFileSync(join(repository, 'action.yml'), 'name: greet\nruns:\n  using: composite\n  steps: []\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'greet');
  git('tag', 'v1');
  commit = git('rev-parse', 'HEAD');
  process.env['FLEETWRIGHT_ACTIONS_FOLDER'] = folder;
});
afterAll(() => {
  delete process.env['FLEETWRIGHT_ACTIONS_FOLDER'];
  rmSync(folder, { recursive: true, force: true });
});

function file(uses: string): string {
  return `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ${uses}\n`;
}

describe('pins', () => {
  it('are offered for what is named by a tag, with the commit and the place', async () => {
    expect(await pinDiagnostics(file('owner/greet@v1'), 'ci.yml')).toEqual([
      { file: 'ci.yml', line: 6, column: 9, severity: 'warning', message: `owner/greet@v1 is a name that can move: write owner/greet@${commit} # v1` },
    ]);
  });

  it('are not offered for a commit, for what is built in, and for what is local', async () => {
    for (const uses of [`owner/greet@${commit}`, 'actions/checkout@v4', './greet']) expect(await pinDiagnostics(file(uses), 'ci.yml')).toEqual([]);
  });

  it('say of a tag that is not there that it cannot be looked up', async () => {
    const [only] = await pinDiagnostics(file('owner/greet@v2'), 'ci.yml');
    expect(only?.message).toMatch(/^owner\/greet@v2 cannot be looked up: /);
  });
});
