/** A run that does with its secrets what can be done with them, and fails; then all that is left of it is searched for them, in every form that a step could give them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRunLog } from '../../cli/log/runLog.js';
import { plainLines } from '../../cli/progress/plain.js';
import { reportEnd, reportJson } from '../../cli/report.js';
import type { RunEnd } from '../../cli/runs/outcome.js';
import { readEnd } from '../../cli/runs/read.js';
import { requestRun } from '../../cli/runs/request.js';
import { packagePath, stateDir } from '../../infra/paths.js';
import { forgetRunSecrets, writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
import { PLAN_QUERY, PROGRESS_QUERY, TASK_QUEUE } from '../../workflows/messages.js';
import { fakeTerminal } from '../cli/fakeTerminal.js';
import type { Case } from './cases.js';
import { decodedPayload, isWirePayload } from '../wirePayload.js';
import { allLogs } from './outcome.js';
import { flagsOf, makeCheckout } from './repository.js';
import { startWorld, type World } from './world.js';

const PLAIN = 'correct-horse-battery';
const ODD = 'p@ss word/"quoted"&<x>';
const LINES = ['first line of it', 'second line of it'];
const SECRETS = [PLAIN, ODD, ...LINES, `${PLAIN}-and-more`, `derived-${[...PLAIN].reverse().join('')}`];
const one: Case = { name: 'secrets', folder: packagePath('test', 'runs', 'fixtures', 'secrets'), expectation: { conclusion: 'failure', jobs: {} } };
const RUN = 'workflow/secrets#1' as RunId;

let world: World;
let end: RunEnd;
let live: readonly string[];

beforeAll(async () => {
  world = await startWorld((folder) => {
    process.env['XDG_STATE_HOME'] = join(folder, 'state');
    process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
  }, { database: 'temporal.db' });
  const file = makeCheckout(one, join(world.folder, 'checkout'));
  const requested = await requestRun(fakeTerminal({}), file, flagsOf(one));
  if ('notTriggered' in requested) throw new Error(requested.notTriggered);
  const { plan, facts, inputs, secrets } = requested;
  writeRunSecrets(RUN, secrets);
  const handle = await world.client.workflow.start(plan.type, { workflowId: RUN, taskQueue: TASK_QUEUE, args: [inputs, { file, facts }] });
  await handle.result().catch(() => undefined);
  end = await readEnd(world.client, await handle.describe());
  live = await Promise.all([PROGRESS_QUERY, PLAN_QUERY, '__temporal_workflow_metadata', '__stack_trace'].map(async (query) => JSON.stringify(await handle.query(query))));
  forgetRunSecrets(RUN); // as whoever sees the end of a run does
});
afterAll(async () => { await world.stop(); });

/** The secret as it is, and in the forms of which nobody may know. What of base64 depends on the neighbours is left out. */
function formsOf(secret: string): readonly string[] {
  const base64 = ['', 'a', 'ab'].map((before, shift) => Buffer.from(before + secret).toString('base64').slice(shift === 0 ? 0 : shift + 1, -4));
  return [...new Set([secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1), secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'), ...base64])];
}

function found(text: string | Buffer): readonly string[] {
  const bytes = Buffer.from(text as string);
  return SECRETS.flatMap(formsOf).filter((form) => bytes.includes(form));
}

/** Every payload of the history, decoded, under the history itself. */
async function decoded(value: unknown): Promise<string> {
  const texts: string[] = [];
  const visit = async (node: unknown): Promise<void> => {
    if (typeof node !== 'object' || node === null) return;
    if (isWirePayload(node)) texts.push(Buffer.from((await decodedPayload(node)).data!).toString());
    for (const child of Object.values(node)) await visit(child);
  };
  await visit(value);
  return `${JSON.stringify(value)}\n${texts.join('\n')}`;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesOf(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : []));
}

describe('the secrets of a run that used and printed them in every form, and failed and was undone', () => {
  it('were used: steps, actions, a called workflow and undos had them', () => {
    const logs = allLogs({ run: RUN });
    expect(end.record).toMatchObject({ conclusion: 'failure', undone: true });
    expect(end.record?.jobs.map(({ key, result }) => [key, result])).toEqual([['build', 'success'], ['called', 'success'], ['called / inside', 'success'], ['last', 'failure']]);
    expect(logs['build']?.['hand']).toBe('made with *** and ***\n');
    expect(logs['build']?.['4']).toBe('with *** in it *** ***\n');
    expect(logs['build']?.['undo-hand']).toBe('undo with *** *** ***\n');
    expect(logs['build']?.['undo-4']).toBe('*** with *** in it\n');
    expect(logs['build']?.['post-6']).toBe('post *** ***\n');
    expect(logs['called / inside']).toMatchObject({ one: 'inner is ***-and-more\n', 'undo-one': 'undo of ***-and-more\n' });
    expect(logs['last']?.['1']).toBe('[] clean []\n');
    expect(Object.values(logs).flatMap(Object.values).join('').match(/\*\*\*/g)!.length).toBeGreaterThan(40);
  });

  it('stand in no event of any history, whatever its payloads hold, and not in the database file', async () => {
    let count = 0;
    for await (const { workflowId, runId } of world.client.workflow.list()) {
      const history = await world.client.workflow.getHandle(workflowId, runId).fetchHistory();
      expect([workflowId, found(await decoded(JSON.parse(historyToJSON(history))))]).toEqual([workflowId, []]);
      count += 1;
    }
    expect(count).toBeGreaterThanOrEqual(5);
    const databases = filesOf(world.folder).filter((path) => path.includes('temporal.db'));
    expect(databases.map((path) => statSync(path).size).reduce((sum, size) => sum + size)).toBeGreaterThan(100_000);
    for (const path of databases) expect([path, found(readFileSync(path))]).toEqual([path, []]);
  });

  it('stand in no file of the state folder: logs, summaries, annotations, journals, what is kept for a resume', () => {
    const files = filesOf(stateDir('runs'));
    expect(files.some((path) => path.endsWith('.jsonl')) && files.some((path) => path.endsWith('.log')) && files.some((path) => path.endsWith('.summary.md'))).toBe(true);
    for (const path of files) expect([path, found(readFileSync(path))]).toEqual([path, []]);
  });

  it('are in nothing that a person is shown: queries, log, report, --json, the failure, the plain progress', () => {
    const shown: string[] = [];
    const log = openRunLog(RUN, { color: false, fold: false, write: (lines) => shown.push(...lines), here: true });
    log.see(end.record!);
    log.look();
    const { data, notes } = reportEnd(end, { url: 'http://localhost' });
    expect(shown.length).toBeGreaterThan(30);
    const all = { live, shown, data, notes, json: reportJson(end, {}), failure: end.failure?.message, plain: plainLines(undefined, end.record!), record: JSON.stringify(end.record) };
    for (const [what, text] of Object.entries(all)) expect([what, found(JSON.stringify(text)), found([text].flat().join('\n'))]).toEqual([what, [], []]);
    expect(notes.join('\n')).toContain('it fails because of ***');
  });
});
