import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { isBuilt, packagesMatch } from '../../tools/install.mjs';
import { sourcesHash } from '../../tools/sources.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetwright-clone-'));
  cpSync(packagePath('tools'), join(root, 'tools'), { recursive: true });
  write('package-lock.json', lock({ a: '1.0.0', b: '2.0.0' }));
  write('cli/main.ts', 'export {};');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function lock(versions: Record<string, string>, optional: readonly string[] = []): string {
  const entries = Object.entries(versions).map(([name, version]) =>
    [`node_modules/${name}`, { version, integrity: `sha512-${name}${version}`, ...(optional.includes(name) ? { optional: true } : {}) }]);
  return JSON.stringify({ packages: { '': { name: 'fleetwright' }, ...Object.fromEntries(entries) } });
}

/** An `npm` that notes its arguments and does what the script says, and a build of one file. */
function withTools(npm: string): NodeJS.ProcessEnv {
  write('bin/npm', `#!/bin/sh\necho "$@" >> '${root}/npm-calls'\n${npm}\n`);
  chmodSync(join(root, 'bin/npm'), 0o755);
  write('build.mjs', `import { mkdirSync, writeFileSync } from 'node:fs';
    import { sourcesHash } from './tools/sources.mjs';
    const sources = sourcesHash('${root}');
    mkdirSync('${root}/dist', { recursive: true });
    writeFileSync('${root}/dist/build.json', JSON.stringify({ sources }));`);
  return { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH']}` };
}

const INSTALLS = 'mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json';

describe('the packages', () => {
  it.each([
    ['nothing was installed', undefined, false],
    ['all are there, as the lock file says', lock({ a: '1.0.0', b: '2.0.0' }), true],
    ['one is missing', lock({ a: '1.0.0' }), false],
    ['one has another version', lock({ a: '1.0.0', b: '2.0.1' }), false],
    ['there is one that the lock file does not name', lock({ a: '1.0.0', b: '2.0.0', c: '1.0.0' }), false],
  ])('are looked at: %s', (_case, installed, expected) => {
    if (installed !== undefined) write('node_modules/.package-lock.json', installed);
    expect(packagesMatch(root)).toBe(expected);
  });

  it('may lack one that is optional: it is for another platform', () => {
    write('package-lock.json', lock({ a: '1.0.0', mac: '1.0.0' }, ['mac']));
    write('node_modules/.package-lock.json', lock({ a: '1.0.0' }));
    expect(packagesMatch(root)).toBe(true);
  });
});

describe('the build', () => {
  it('is up to date until a source changes, whatever the times of the files', () => {
    write('dist/build.json', JSON.stringify({ sources: sourcesHash(root) }));
    write('cli/main.ts', 'export {};');
    expect(isBuilt(root)).toBe(true);
    write('cli/main.ts', 'export const a = 1;');
    expect(isBuilt(root)).toBe(false);
  });

  it('is not up to date when a source was removed or renamed', () => {
    write('dist/build.json', JSON.stringify({ sources: sourcesHash(root) }));
    rmSync(join(root, 'cli/main.ts'));
    write('cli/other.ts', 'export {};');
    expect(isBuilt(root)).toBe(false);
  });

  it('is not there in a fresh clone', () => {
    expect(isBuilt(root)).toBe(false);
  });
});

describe('a fresh clone', () => {
  it('is installed and built once, and says so on stderr alone', () => {
    const env = withTools(INSTALLS);
    const first = spawnSync(process.execPath, ['tools/ensure-install.mjs'], { cwd: root, env, encoding: 'utf8' });
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toMatch(/^Installing the npm packages .*\n {2}done in .* s\nBuilding .*\n {2}done in .* s\n$/);
    const second = execFileSync(process.execPath, ['tools/ensure-install.mjs'], { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(second).toBe('');
    expect(readFileSync(join(root, 'npm-calls'), 'utf8')).toMatch(/^ci [^\n]*--include=dev[^\n]*\n$/);
  });

  it('ends with what npm said and what to do, when npm fails', () => {
    const env = withTools('echo "npm error network timeout" >&2; exit 1');
    const { status, stderr } = spawnSync(process.execPath, ['tools/ensure-install.mjs'], { cwd: root, env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('npm error network timeout\nThe npm packages could not be installed');
    expect(stderr).toContain('Check the network, the proxy');
    expect(stderr).not.toContain('    at ');
  });

  it('ends with its counts and a failure, when the tests cannot be set up', () => {
    const env = withTools('exit 1');
    const { status, stdout } = spawnSync(process.execPath, ['tools/test.mjs'], { cwd: root, env, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '0 passed, 1 failed, 0 skipped\n' });
  });
});
