import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';

const run = promisify(execFile);

let folder = '';
let contents: readonly string[] = [];
/** As a user has it: without the clone's own folders on PATH. */
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-package-'));
  await run(process.execPath, [packagePath('tools', 'ensure-install.mjs')]);
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: packagePath() });
  const [packed] = JSON.parse(stdout) as { readonly filename: string; readonly files: readonly { readonly path: string }[] }[];
  contents = packed?.files.map(({ path }) => path) ?? [];
  await run('npm', ['install', '--global', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed?.filename ?? '')]);
  env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fleetwright(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(join(folder, 'bin', 'fleetwright'), [...args], { cwd: folder, env });
}

/** The packages that a bundled script imports, without paths into them. */
function packagesOf(script: string): readonly string[] {
  const specifiers = [...script.matchAll(/(?:^|[;\n}])\s*(?:import|export)\s*(?:[\w$*{][^'";]*?\s*from\s*)?["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/g)]
    .map((match) => match[1] ?? match[2] ?? '');
  return specifiers.filter((name) => /^@?[a-z]/.test(name) && !name.startsWith('node:') && !builtinModules.includes(name.split('/')[0] ?? ''))
    .map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'));
}

describe('the packed tarball', () => {
  it('holds the built product and what it ships, and neither sources nor tests', () => {
    expect(contents).toEqual(expect.arrayContaining([
      'bin/fleetwright.js', 'dist/main.js', 'dist/worker.js', 'dist/workflows.js', 'deployments/deploy.yml', 'deployments/cloud-config.yml',
      'actions/boot-servers/action.yml', 'docker-images/machine/Dockerfile', 'fleet-services/web@.service', 'LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md',
    ]));
    expect(contents.filter((path) => /^(?:test|bench|tools|cli|infra|language|workflows|activities|node_modules|\.)/.test(path))).toEqual([]);
  });

  it('has the licences of all that is built into it', () => {
    const text = readFileSync(join(folder, 'lib', 'node_modules', 'fleetwright', 'dist', 'LICENSES.txt'), 'utf8');
    for (const part of [/^pkgcloud 2\.2\.0$/m, /^@cypress\/request 4\.0\.1 \(Apache-2\.0\)$/m, /^commander \d.* \(MIT\)$/m, /^@temporalio\/workflow \d.* \(MIT\)$/m, /^@opentelemetry\/sdk-trace-base \d/m, 'Charlie Robbins']) expect(text).toMatch(part);
    expect(text).not.toMatch(/^(?:absent|aws-sdk) /m);
  });

  it('says its version and its help when it is installed globally', async () => {
    expect((await fleetwright('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await fleetwright('--help')).stdout).toContain('Usage: fleetwright');
  });

  it('validates the deployment that it ships', async () => {
    const shipped = join(folder, 'lib', 'node_modules', 'fleetwright', 'deployments');
    const { stdout } = await fleetwright('validate', join(shipped, 'deploy.yml'), join(shipped, 'teardown.yml'));
    expect(stdout).toMatch(/deploy\.yml: ok\n.*teardown\.yml: ok\n$/);
  });

  it('has with it every package that it imports', () => {
    const installed = join(folder, 'lib', 'node_modules', 'fleetwright');
    const scripts = contents.filter((path) => /^dist\/.*\.js$/.test(path) && !/^dist\/workflows(?:-traced)?\.js$/.test(path));
    const imported = new Set(scripts.flatMap((path) => packagesOf(readFileSync(join(installed, path), 'utf8'))));
    expect(imported).toContain('@temporalio/worker');
    expect([...imported].filter((name) => !existsSync(join(installed, 'node_modules', name, 'package.json')))).toEqual([]);
  });

  it('says what runs, which is no worker of this user', async () => {
    expect((await fleetwright('status')).stdout).toMatch(/^Worker +not running$/m);
  });

  it('prints the completion script of each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) expect((await fleetwright('completion', shell)).stdout).toContain('fleetwright');
  });
});

describe('a clone', () => {
  it('runs it as `npx fleetwright`', async () => {
    const { stdout } = await run('npx', ['--no-install', 'fleetwright', '--version'], { cwd: packagePath() });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
