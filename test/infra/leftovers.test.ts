import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = new URL('./fixtures/leftovers.sh', import.meta.url).pathname;
const REMOVES = new URL('./fixtures/leftovers.ts', import.meta.url).pathname;
/** Network namespaces, bridges and firewall rules take root and its programs. */
const isPossible = spawnSync('unshare', ['--net', 'sh', '-c', 'ip link add probe type bridge && iptables -S']).status === 0;

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'fleetwright-leftovers-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @param state of a process called dockerd in the namespace @param letter how proc_pid_stat(5) says that */
async function leftAfterRemoval(state: 'ended' | 'running', letter: string): Promise<{ readonly rules: readonly string[]; readonly links: readonly string[] }> {
  const remove = [process.execPath, '--import', 'tsx', REMOVES, letter];
  const { stdout } = await promisify(execFile)('unshare', ['--net', 'sh', SCRIPT, state, folder, ...remove], { timeout: 50_000 });
  const [rules = '', links = ''] = stdout.split('rules:\n').at(-1)!.split('links:\n');
  return { rules: rules.trim().split('\n'), links: links.trim().split('\n').filter((name) => /docker|br-/.test(name)) };
}

describe.skipIf(!isPossible)('what our engine leaves on the host', () => {
  it('goes although the engine that ended is still a zombie, and nothing of anybody else', async () => {
    expect(await leftAfterRemoval('ended', 'Z')).toEqual({
      rules: ['-P INPUT ACCEPT', '-P FORWARD ACCEPT', '-P OUTPUT ACCEPT', '-A INPUT -i lo -j ACCEPT'],
      links: ['br-theirs'],
    });
  });

  it('stays while another engine runs, whose it may be', async () => {
    const { rules, links } = await leftAfterRemoval('running', 'S');
    expect(rules).toContain('-A FORWARD -o br-ours -j DOCKER');
    expect([...links].sort()).toEqual(['br-ours', 'br-theirs', 'docker0']);
  });
});
