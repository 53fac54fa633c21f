import { describe, expect, it } from 'vitest';
import { plan, type PlanFlags } from '../../cli/commands/plan.js';
import { InvalidFileError } from '../../cli/errors.js';
import { wantedOf } from '../../cli/plan/wanted.js';
import { packagePath } from '../../infra/paths.js';
import type { Preview } from '../../language/preview.js';
import { fakeTerminal } from './fakeTerminal.js';

async function told(file: string, flags: PlanFlags = {}): Promise<string> {
  const terminal = fakeTerminal();
  expect(await plan(terminal, packagePath('deployments', `${file}.yml`), flags)).toBe(0);
  return terminal.data.join('\n');
}
const wanted = async (file: string, ...input: string[]): Promise<unknown> => wantedOf(JSON.parse(await told(file, { input, json: true })) as Preview);

describe('plan', () => {
  it('says of the deployment that ships what each step makes, and the order of undo', async () => {
    const text = await told('deploy', { input: ['cluster=blue', 'web=2'] });
    for (const part of ['Inputs: cluster=blue provider=local', 'in the group cluster-blue', 'database  (Start the database; after load, cluster)', 'boot/1  Boot the servers  Boots the servers core01, core02, ... with cloud-init']) expect(text).toContain(part);
    expect(text.slice(text.indexOf('last first:')).split('\n\n', 1)[0]!.split('\n').slice(1).map((line) => line.trim().split(/\s+/, 1)[0])).toEqual(['web/1', 'database/2', 'database/1', 'cluster/3', 'boot/1', 'prepare/3']);
  });

  it('refuses what a run would refuse, with all problems', async () => {
    await expect(told('deploy', { input: ['machines=2', 'wbe=1'] })).rejects.toThrow(InvalidFileError);
    await expect(told('deploy', { input: ['machines=2', 'wbe=1'] })).rejects.toThrow(/wbe[^]*machines|machines[^]*wbe/);
  });

  it('knows the servers and units that the file asks for, and that a teardown asks for none', async () => {
    expect(await wanted('deploy', 'web=1', 'machines=5')).toEqual({
      machines: 5, units: ['db.service', 'dbhelper.service', 'mondb.service', 'web@.service', 'monweb@.service', 'web@01.service', 'monweb@01.service'],
      counts: new Map([['web@.service', 1], ['monweb@.service', 1]]), nothing: false,
    });
    expect(await wanted('teardown')).toMatchObject({ units: [], nothing: true });
  });
});
