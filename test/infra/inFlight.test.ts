import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { announceWorker, forgetInFlight, noteInFlight, takeOverKilled } from '../../infra/inFlight.js';
import { packagePath, stateDir } from '../../infra/paths.js';

/** A worker's process that does this and is gone. @returns its identity */
function deadWorker(program: string): string {
  const all = `import { announceWorker, noteInFlight, forgetInFlight, leaveWorkers } from '${packagePath('infra', 'inFlight.ts')}';
    const note = (taskToken) => noteInFlight({ workflowId: 'run/' + taskToken, runId: '1', taskToken: Buffer.from(taskToken) });
    console.log(announceWorker()); ${program}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', all], { cwd: packagePath(), encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim();
}

const folderOf = (identity: string): string => stateDir('in-flight', identity.slice(0, identity.indexOf('@')));

describe('what a killed worker had in hand', () => {
  it('is given to the next worker, once, with the identities of the killed, without what had ended', () => {
    const killed = [deadWorker("note('one'); note('done'); forgetInFlight(Buffer.from('done'))"), deadWorker("note('two')"), deadWorker('')];
    const { identities, activities } = takeOverKilled();
    expect(identities.toSorted()).toEqual(killed.toSorted());
    expect(activities.map(({ workflowId, taskToken }) => [workflowId, String(taskToken)]).sort()).toEqual([['run/one', 'one'], ['run/two', 'two']]);
    expect(takeOverKilled()).toEqual({ identities: [], activities: [] });
  });

  it('is not taken from a worker that lives, nor from one that has ended well', () => {
    announceWorker();
    noteInFlight({ workflowId: 'run', runId: '1', taskToken: Buffer.from('mine') });
    deadWorker("note('one'); leaveWorkers()");
    expect(takeOverKilled()).toEqual({ identities: [], activities: [] });
    forgetInFlight(Buffer.from('mine'));
  });

  it('is what stands in whole notes: one that the kill has cut short is left out', () => {
    const killed = deadWorker("note('one')");
    writeFileSync(join(folderOf(killed), 'torn'), '{"workflowId":"run/two","ru');
    const { identities, activities } = takeOverKilled();
    expect(identities).toEqual([killed]);
    expect(activities.map(({ workflowId }) => workflowId)).toEqual(['run/one']);
  });
});
