import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type Docker from 'dockerode';
import { ensureEngine } from '../../infra/docker/engine.js';
import { readLedger, type Effect } from '../../infra/ledger.js';
import { clusterDir, packagePath } from '../../infra/paths.js';
import { parseClusterName } from '../../language/ids.js';
import { existsSync, readFileSync } from 'node:fs';
import { clusterThings } from './cluster.js';
import { product, type Product } from './product.js';

const CLUSTER = parseClusterName('e2e');
let fleetwright: Product;
let docker: Docker;
beforeAll(async () => {
  docker = await ensureEngine();
  fleetwright = await product();
});
afterAll(async () => {
  await fleetwright.run('down', '--cluster', CLUSTER);
  await fleetwright.run('stop');
});

/** How often each effect happened to each key. */
function effects(effect: Effect): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const entry of readLedger(CLUSTER)) if (entry.effect === effect) counts[entry.key] = (counts[entry.key] ?? 0) + 1;
  return counts;
}

function numbered(prefix: string, count: number, suffix = ''): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${String(i + 1).padStart(2, '0')}${suffix}`, 1]));
}

describe('the deployment that ships, on a real local cluster', () => {
  it('comes up from nothing with one command: four machines, 23 units, ten web servers that serve every page', async () => {
    const { code, stdout, stderr } = await fleetwright.run('up', '--cluster', CLUSTER);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/4079 cities/g)).toHaveLength(10);
    expect(stdout).toMatch(/web@10\.service\s+core\d\d\s+http:\/\/10\.210\.\d+\.\d+:18010\s+ok\s+web10\s+PASS/);
    for (const title of ['MACHINE', 'DSTATE', 'ACTIVE', 'KEY', '/world.php']) expect(stdout).toContain(title);
    expect(effects('create-server')).toEqual(numbered('core', 4));
    expect(effects('start-unit')).toEqual({
      'db.service': 1, 'dbhelper.service': 1, 'mondb.service': 1, ...numbered('web@', 10, '.service'), ...numbered('monweb@', 10, '.service'),
    });
  });

  it('puts dbhelper and mondb on the machine of db, and spreads the web servers over all machines', async () => {
    const { stdout } = await fleetwright.run('up', '--cluster', CLUSTER, '--json');
    const { units } = JSON.parse(stdout) as { units: { UNIT: string; HOST: string; ACTIVE: string; SUB: string }[] };
    const host = (unit: string): string | undefined => units.find(({ UNIT }) => UNIT === unit)?.HOST;
    expect([host('dbhelper.service'), host('mondb.service')]).toEqual([host('db.service'), host('db.service')]);
    const webs = units.filter(({ UNIT }) => UNIT.startsWith('web@'));
    expect(new Set(webs.map(({ HOST }) => HOST)).size).toBe(4);
    expect(units.every(({ ACTIVE, SUB }) => ACTIVE === 'active' && SUB === 'running')).toBe(true);
  });

  it('shows what is in it as fleetctl, journalctl, ssh and etcdctl do', async () => {
    const seen = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await fleetwright.run(...args, '--cluster', CLUSTER);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect((await seen('machines')).split('\n')[0]).toMatch(/^MACHINE +IP +METADATA$/);
    expect(JSON.parse(await seen('units', '--json'))).toHaveLength(23);
    expect(await seen('unit-files')).toMatch(/^db\.service +[0-9a-f]{7} +launched +launched$/m);
    expect((await seen('endpoints')).match(/PASS +4079 cities/g)).toHaveLength(10);
    expect((await seen('journal', 'dbhelper')).replaceAll(/^.*docker\[\d+\]: /gm, '')).toContain('creating database\ncreating user\n4079\n');
    expect(JSON.parse(await seen('etcd', 'get', '/services/web/01'))).toMatchObject({ unit: 'web@01.service', port: 18001 });
    expect(await seen('etcd', 'ls', '/services')).toBe('/services/db\n/services/web/\n');
    expect(await fleetwright.run('ssh', 'core02', '--cluster', CLUSTER, '--', 'sh', '-c', 'echo "$1"; hostname; exit 7', 'sh', 'two  words')).toEqual({ code: 7, stdout: 'two  words\ncore02\n', stderr: '' });
  });

  it('changes nothing when it is up already, and says so', async () => {
    const before = readLedger(CLUSTER).length;
    const { code, stderr } = await fleetwright.run('up', '--cluster', CLUSTER);
    expect(code).toBe(0);
    expect(stderr).toMatch(/nothing (was )?changed|changed nothing/i);
    expect(readLedger(CLUSTER)).toHaveLength(before);
  });

  it('is compared with its file by plan, before anything is made, changed or removed', async () => {
    const planned = async (...inputs: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await fleetwright.run('plan', packagePath('deployments', 'deploy.yml'), '--live', ...[`cluster=${CLUSTER}`, ...inputs].flatMap((input) => ['-i', input]));
      expect(code, stderr).toBe(0);
      return stdout.slice(stdout.indexOf(`The cluster ${CLUSTER} now:`));
    };
    expect(await planned()).toBe(`The cluster ${CLUSTER} now:\n  its servers and units are as the file wants them\n`);
    const other = await planned('machines=5', 'web=9');
    expect(other.split('\n').slice(1, -1)).toEqual(['  made     server core05', '  removed  unit monweb@10.service', '  removed  unit web@10.service']);
  });

  it('is undone down to a step, which stops what that started and nothing else, and a resume starts it again', async () => {
    const running = async (): Promise<readonly string[]> => {
      const units = JSON.parse((await fleetwright.run('units', '--cluster', CLUSTER, '--json')).stdout) as { UNIT: string; SUB: string }[];
      return units.filter(({ SUB }) => SUB === 'running').map(({ UNIT }) => UNIT).filter((unit) => !unit.includes('web@'));
    };
    const undone = await fleetwright.run('undo', `deploy/${CLUSTER}#1`, '--to', 'database/2');
    expect(undone.code, undone.stderr).toBe(5);
    await expect.poll(running, { timeout: 60_000 }).toEqual(['db.service']);
    const again = await fleetwright.run('resume', `deploy/${CLUSTER}#1`);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout.match(/4079 cities/g)).toHaveLength(10);
  });

  it('keeps the passwords out of every unit, log, history and argument', async () => {
    const machine = docker.getContainer(`fleetwright-${CLUSTER}-core01`);
    const secrets = await clusterThings(docker, CLUSTER).read(machine, '/etc/fleetwright/secrets.env');
    const passwords = [...secrets.matchAll(/^DB_\w*PASSWORD=(.+)$/gm)].map(([, value]) => value!);
    expect(passwords).toHaveLength(2);
    const haystack = await clusterThings(docker, CLUSTER).everythingSaid(fleetwright);
    for (const password of passwords) expect(haystack.includes(password)).toBe(false);
  });

  it('adds two web servers with --web 12, and nothing else', async () => {
    const before = readLedger(CLUSTER).length;
    const { code, stdout, stderr } = await fleetwright.run('up', '--cluster', CLUSTER, '--web', '12');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/web@12\.service/);
    expect(readLedger(CLUSTER).slice(before).map(({ effect, key }) => `${effect} ${key}`).sort()).toEqual([
      'load-unit monweb@11.service', 'load-unit monweb@12.service', 'load-unit web@11.service', 'load-unit web@12.service',
      'start-unit monweb@11.service', 'start-unit monweb@12.service', 'start-unit web@11.service', 'start-unit web@12.service',
    ]);
  });

  it('refuses a second up while one runs, with the id and the link of the first', async () => {
    const both = await Promise.all([1, 2].map(() => fleetwright.run('up', '--cluster', CLUSTER, '--web', '12')));
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const refused = both.find(({ code }) => code === 1)!;
    expect(refused.stderr).toMatch(/deploy\/e2e#\d+/);
    expect(refused.stderr).toMatch(/http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\//);
  });

  it('mends a cluster with a dead machine and a missing unit', async () => {
    await docker.getContainer(`fleetwright-${CLUSTER}-core03`).kill();
    await clusterThings(docker, CLUSTER).destroyUnit('web@05.service');
    const { code, stdout, stderr } = await fleetwright.run('up', '--cluster', CLUSTER, '--web', '12');
    expect(code, stderr).toBe(0);
    expect(stdout.match(/4079 cities/g)).toHaveLength(12);
    expect(effects('create-server')).toEqual(numbered('core', 4));
    expect(effects('start-server')).toEqual({ core03: 1 });
  });

  it('mends a cluster that lost a machine for good', async () => {
    await docker.getContainer(`fleetwright-${CLUSTER}-core02`).remove({ force: true, v: true });
    const { code, stderr } = await fleetwright.run('up', '--cluster', CLUSTER, '--web', '12');
    expect(code, stderr).toBe(0);
    expect(effects('create-server')).toEqual({ ...numbered('core', 4), core02: 2 });
  });

  it('runs its web servers from an image that has changed, and leaves all else as it is', async () => {
    const { Id: old, RepoTags: names } = await docker.getImage('fleetwright/web:latest').inspect();
    const template = await docker.createContainer({ Image: old });
    const { Id: changed } = await template.commit({ changes: 'LABEL changed=yes' }) as { readonly Id: string };
    const name = async (id: string): Promise<void> => {
      for (const [repo = '', tag = ''] of names.map((reference) => reference.split(':'))) await docker.getImage(id).tag({ repo, tag });
    };
    const before = readLedger(CLUSTER).length;
    try {
      await name(changed);
      const { code, stdout, stderr } = await fleetwright.run('up', '--cluster', CLUSTER, '--web', '12');
      expect(code, stderr).toBe(0);
      expect(stdout.match(/4079 cities/g)).toHaveLength(12);
    } finally {
      await name(old);
      await template.remove();
      await docker.getImage(changed).remove();
    }
    const webs = Object.keys(numbered('web@', 12, '.service'));
    expect(readLedger(CLUSTER).slice(before).map(({ effect, key }) => `${effect} ${key}`).sort()).toEqual(['push-image web', ...webs.map((unit) => `restart-unit ${unit}`)]);
    const images = await clusterThings(docker, CLUSTER).runningImages();
    expect(webs.map((unit) => images.get(unit.replace(/^web@(\d+)\.service$/, 'web$1')))).toEqual(webs.map(() => changed));
  });

  it('is removed by down without a trace, and a second down is a no-op', async () => {
    const { code, stdout, stderr } = await fleetwright.run('down', '--cluster', CLUSTER);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).toMatch(/core01/);
    expect(await clusterThings(docker, CLUSTER).list()).toEqual([]);
    expect(existsSync(clusterDir(CLUSTER))).toBe(false);
    const again = await fleetwright.run('down', '--cluster', CLUSTER);
    expect(again.code, again.stderr).toBe(0);
  });

  it('writes no password into the ledger', () => {
    expect(readFileSync(`${clusterDir(CLUSTER, '..', '..')}/ledger.jsonl`, 'utf8')).not.toMatch(/PASSWORD/);
  });
});
