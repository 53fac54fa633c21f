// `npm test`: sets up what is missing, then runs every check and every test. It ends with what failed, and in its last line `N passed, N failed, N skipped`.
// Words after `npm test --` are given to vitest: `npm test -- test/language` runs the tests of one folder and nothing else.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countsLine, countsOf, failuresOf, sum } from './counts.mjs';
import { ROOT, SetUpError, ensureInstalled } from './install.mjs';

const NODE = process.execPath;
const MODULES = join(ROOT, 'node_modules');
const filters = process.argv.slice(2);

/** Each counts as one test. */
const CHECKS = [
  { name: 'types', argv: [NODE, join(MODULES, 'typescript', 'bin', 'tsc'), '--noEmit'] },
  { name: 'lint', argv: [NODE, join(MODULES, 'oxlint', 'bin', 'oxlint'), '--quiet'] },
];

/** Run one after the other; what needs no Docker first, so that a mistake shows itself soon. */
const SUITES = [
  { name: 'workflows', projects: ['workflows-cached', 'workflows-replayed', 'replay'], reporter: 'default' },
  { name: 'workflow files, run', projects: ['runs'], reporter: 'default' },
  // Apart from the others: the set-up of each project changes the environment of all in one process, and its engine is the user's.
  { name: 'language and parts', projects: ['unit'], reporter: 'default' },
  { name: 'a real OpenStack', projects: ['openstack', 'openstack-alone'], reporter: 'verbose' },
  { name: 'package', projects: ['packaging'], reporter: 'verbose' },
  { name: 'the product, killed, cancelled and filled', projects: ['durable'], reporter: 'verbose' },
  { name: 'end to end, on a real local cluster', projects: ['e2e'], reporter: 'verbose' },
  { name: 'the deployment on four bare servers', projects: ['servers'], reporter: 'verbose' },
];

// Ctrl-C reaches the children too: they end in order, and then this does.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

process.exitCode = await main();

async function main() {
  try {
    await ensureInstalled();
  } catch (error) {
    console.error(error instanceof SetUpError ? error.message : error);
    console.log(countsLine({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  const results = [];
  if (filters.length === 0) for (const check of CHECKS) results.push(await runCheck(check));
  for (const suite of SUITES) results.push(await runSuite(suite));
  const total = sum(results.map(({ counts }) => counts));
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
  console.log(`\n${countsLine(total)}`);
  return total.failed === 0 ? 0 : 1;
}

async function runCheck({ name, argv }) {
  const exitCode = await timed(name, argv);
  const ok = exitCode === 0;
  return { counts: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }, failures: ok ? [] : [name] };
}

async function runSuite({ name, projects, reporter }) {
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));
  const file = join(folder, 'report.json');
  try {
    const exitCode = await timed(name, [
      NODE, join(MODULES, 'vitest', 'vitest.mjs'), 'run', '--passWithNoTests',
      ...projects.flatMap((project) => ['--project', project]),
      `--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${file}`, ...filters,
    ]);
    const report = readReport(file);
    const counts = countsOf(report, exitCode);
    const failures = failuresOf(report, ROOT);
    // A suite of which no test failed, but its set-up did, is named by itself.
    return { counts, failures: counts.failed > 0 && failures.length === 0 ? [name] : failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(name, argv) {
  const start = Date.now();
  console.log(`\n== ${name}`);
  const exitCode = await run(argv);
  console.log(`== ${name}: ${exitCode === 0 ? 'ok' : 'failed'} after ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return exitCode;
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const env = { ...process.env, FLEETWRIGHT_TEST_WHOLE: '1' };
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => { console.error(error.message); resolve(1); });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
