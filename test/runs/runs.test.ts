/**
 * Every folder of test/conformance with a `run.yml` is a workflow file that is run as `fleetwright run` runs it, by a real worker on a real server;
 * `run.yml` (test/runs/cases.ts) says what comes of it. Beside `workflow.yml` may stand `files/` (the repository), `event.json`, `inputs.json`,
 * `secrets.env`, `vars.env`, `remote/OWNER/REPO@REF` (an action's folder) and `git/OWNER/REPO@REF` (the same, as a git repository).
 * UPDATE_CONFORMANCE=1 writes `run.yml` anew, where it says `?` for a log too.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { requestRun } from '../../cli/runs/request.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { MEMO, TASK_QUEUE } from '../../workflows/messages.js';
import { fakeTerminal } from '../cli/fakeTerminal.js';
import { type Case, readCases } from './cases.js';
import { allLogs, outcomeOf } from './outcome.js';
import { flagsOf, makeCheckout, makeRemotes } from './repository.js';
import { startWorld, type World } from './world.js';

const LOOK_MS = 25;
const cases = readCases();
let world: World;

beforeAll(async () => {
  world = await startWorld((folder) => {
    process.env['FLEETWRIGHT_ACTIONS_FOLDER'] = join(folder, 'actions');
    process.env['XDG_CACHE_HOME'] = join(folder, 'cache'); // what other tests fetched is not seen
    mkdirSync(join(folder, 'actions'));
    for (const one of cases) makeRemotes(one, join(folder, 'actions'));
  });
});
afterAll(async () => { await world.stop(); });

/** What a shell of a case needs and a bare host may lack. */
const hasPython = spawnSync('sh', ['-c', 'command -v python3 || command -v python']).status === 0;

describe.concurrent('a workflow file that is run', () => {
  for (const one of cases) {
    it.skipIf(!hasPython && /\bpython/.test(readFileSync(join(one.folder, 'workflow.yml'), 'utf8')))(one.name.replace(/^run-/, '').replaceAll('-', ' '), async () => {
      const repository = join(world.folder, 'checkouts', one.name, 'hello');
      const record = await run(one, makeCheckout(one, repository));
      const outcome = outcomeOf(record, one, repository);
      if (process.env['UPDATE_CONFORMANCE']) update(one, { ...outcome, ...(one.expectation.logs ? {} : { logs: allLogs(record, repository) }) });
      else expect(outcome).toEqual(one.expectation);
    });
  }
});

/** Runs the case to its end. */
async function run(one: Case, file: string): Promise<ProgressRecord> {
  const requested = await requestRun(fakeTerminal({}), file, flagsOf(one));
  if ('notTriggered' in requested) throw new Error(requested.notTriggered);
  const { plan, facts, inputs, secrets } = requested;
  const id = `${plan.type}/${one.name}#1` as RunId;
  writeRunSecrets(id, secrets);
  const { job } = one.expectation.given ?? {};
  const handle = await world.client.workflow.start(plan.type, { workflowId: id, taskQueue: TASK_QUEUE, args: [inputs, { file, facts, ...(job ? { job } : {}) }] });
  const ended = handle.result().then(() => true, () => true);
  const line = one.expectation['cancel-after'];
  if (line !== undefined && await printed(id, line, ended)) await handle.cancel();
  await ended;
  return (await handle.describe()).memo?.[MEMO.record] as ProgressRecord;
}

/** Whether a step printed the line before the run ended. */
async function printed(run: RunId, line: string, ended: Promise<boolean>): Promise<boolean> {
  const store = fileLogStore();
  for (let over: boolean | void = false; over !== true;) {
    if (store.list(run).some((id) => store.read(id, 0, store.size(id))?.toString().split('\n').includes(line))) return true;
    over = await Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  return false;
}

function update({ folder }: Case, outcome: object): void {
  writeFileSync(join(folder, 'run.yml'), stringify(outcome, { lineWidth: 0 }));
}
