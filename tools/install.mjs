// Gets a checkout ready to run: npm packages as the lock file names them, and dist/ as the sources say. Plain Node, no packages.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourcesHash } from './sources.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What went wrong and what to do about it; the message is all that a person needs to read. */
export class SetUpError extends Error {}

/** Installs the packages and builds `dist/`, each only when it is needed. @throws SetUpError */
export async function ensureInstalled(root = ROOT) {
  checkNode();
  if (!packagesMatch(root)) await installPackages(root);
  if (!isBuilt(root)) await build(root);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  throw new SetUpError(`Fleetwright needs Node 20.11 or newer; this is ${process.versions.node}\n  Install a newer Node and run the command again.`);
}

/**
 * Whether `node_modules` holds what the lock file names. npm writes down there what it has installed, and does so last: an
 * install that was cut short has no such note.
 */
export function packagesMatch(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !installed) return false;
  const same = (path) => wanted[path]?.version === installed[path].version && wanted[path]?.integrity === installed[path].integrity;
  const required = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional && !wanted[path].devOptional);
  return required.every((path) => installed[path]) && Object.keys(installed).every(same);
}

/** Whether `dist/` was built from the sources as they are. */
export function isBuilt(root) {
  const note = readJson(join(root, 'dist', 'build.json'));
  return note !== undefined && note.sources === sourcesHash(root);
}

async function installPackages(root) {
  await told('Installing the npm packages (a minute or two)', async () => {
    const { code, output } = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], root);
    if (code === 0) return;
    throw new SetUpError(`${tail(output)}\nThe npm packages could not be installed: \`npm ci\` failed, its last lines are above\n`
      + '  Check the network, the proxy and `npm config get registry`, then run the command again.');
  });
}

async function build(root) {
  await told('Building (a few seconds)', async () => {
    const { code, output } = await run(process.execPath, ['build.mjs'], root);
    if (code === 0) return;
    throw new SetUpError(`${tail(output)}\nThe build failed: its last lines are above\n`
      + '  Mend the file that they name; `git status` shows what differs from the checkout.');
  });
}

/** Says on stderr what is being done, and how long it took: standard output is the command's own. */
async function told(what, act) {
  const start = Date.now();
  process.stderr.write(`${what} ...\n`);
  await act();
  process.stderr.write(`  done in ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk) => { output = (output + chunk).slice(-64_000); };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

function tail(output) {
  return output.trimEnd().split('\n').slice(-30).join('\n');
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
