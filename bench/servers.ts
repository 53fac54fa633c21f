/**
 * `npx tsx bench/servers.ts [RUNS]`: the same 20 commands on 4 servers by us and by Ansible with mitogen, by turns on the same machines, RUNS times each
 * (5). Both from the start of their process to its end. Prints what it measured as markdown; exit code 1 when the bound is not met.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensureEngine } from '../infra/docker/engine.js';
import { packagePath } from '../infra/paths.js';
import { makeKeyPair } from '../infra/ssh/keyPair.js';
import { parseClusterName } from '../language/ids.js';
import { bootBareMachines, buildBareImage, onMachine, removeBareMachines } from '../test/bareMachines.js';
import { prepareAnsible } from './providers/ansible.js';
import { median } from './report.js';

/** Of Ansible's time. */
const MOST = 0.5;
const LAB = parseClusterName('bench-servers');
const runs = Number(process.argv[2] ?? 5);
const work = mkdtempSync(join(tmpdir(), 'fleetwright-bench-'));
const docker = await ensureEngine();

function timed(command: readonly string[], env: Readonly<Record<string, string>>): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), { env: { ...process.env, ...env }, encoding: 'utf8', cwd: work });
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}:\n${stdout}\n${stderr}`);
  return (performance.now() - start) / 1000;
}

try {
  mkdirSync(join(work, 'home', '.ssh'), { recursive: true });
  const key = makeKeyPair('bench');
  const keyPath = join(work, 'key');
  writeFileSync(keyPath, key.privateKey, { mode: 0o600 });
  await buildBareImage(docker);
  const servers = await bootBareMachines(docker, LAB, 4, key.publicKey);
  // Ansible needs a Python on each server; we need nothing.
  await Promise.all(servers.map((server) => onMachine(docker, server, 'sh', '-c', 'apt-get -qq --yes install --no-install-recommends python3 >/dev/null 2>&1; python3 --version')));
  writeFileSync(join(work, 'inventory.yml'), JSON.stringify({ user: 'admin', key: keyPath, hosts: servers.map(({ name, publicAddress }) => ({ name, address: publicAddress })) }));
  const program = packagePath('dist', 'bench-servers.mjs');
  await build({ entryPoints: [packagePath('bench', 'providers', 'commands.ts')], outfile: program, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' });
  const ansible = prepareAnsible(work, servers, keyPath);
  const both = {
    ours: () => timed([process.execPath, program, join(work, 'inventory.yml')], { HOME: join(work, 'home'), SSH_AUTH_SOCK: '' }),
    ansible: () => timed(ansible.command, { ...ansible.env, HOME: join(work, 'home'), SSH_AUTH_SOCK: '' }),
  };
  for (const run of Object.values(both)) run(); // what the first run makes (caches, known hosts) is in none of the figures
  const taken: { ours: number[]; ansible: number[] } = { ours: [], ansible: [] };
  for (let run = 0; run < runs; run += 1) for (const who of run % 2 === 0 ? ['ours', 'ansible'] as const : ['ansible', 'ours'] as const) taken[who].push(both[who]());
  const [ours, theirs] = [median(taken.ours), median(taken.ansible)];
  const row = (name: string, values: readonly number[]): string => `| ${name} | ${values.map((value) => value.toFixed(2)).join(' | ')} | ${median(values).toFixed(2)} |`;
  console.log([
    `| seconds | ${taken.ours.map((_, i) => `run ${i + 1}`).join(' | ')} | median |`, `| --- | ${taken.ours.map(() => '---').join(' | ')} | --- |`,
    row('fleetwright', taken.ours), row('Ansible with mitogen', taken.ansible), '', `${(ours / theirs).toFixed(2)} of Ansible's time; at most ${MOST}`,
  ].join('\n'));
  if (ours / theirs > MOST) process.exitCode = 1;
} finally {
  await removeBareMachines(docker, LAB);
  rmSync(packagePath('dist', 'bench-servers.mjs'), { force: true });
  rmSync(work, { recursive: true, force: true });
}
