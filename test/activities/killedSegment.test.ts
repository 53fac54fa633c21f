/** The moments at which random kills hardly ever hit: a worker that is killed at a chosen write, and another one that goes on. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepsInput, StepsResult } from '../../activities/contract.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { packagePath } from '../../infra/paths.js';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import type { RunId } from '../../language/ids.js';
import { planText } from '../../language/planText.js';

/** Bundled once: dozens of processes begin with it. */
const program = packagePath('node_modules', '.cache', `fleetwright-killed-${process.pid}.mjs`);
const RUN = 'killed/local#1' as RunId;
const MASKED = 'correct horse battery';
const WORKFLOW = `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    env: {LEDGER: "${'${{ vars.LEDGER }}'}"}
    outputs: {all: "${'${{ steps.talk.outputs.x }} ${{ steps.talk.outputs.y }}'}"}
    steps:
      - uses: octo/parts@v1
      - id: talk
        run: |
          echo talk >>$LEDGER
          echo first line
          echo "::warning::look here"
          echo "::add-mask::${MASKED}"
          echo "it is ${MASKED}, they say"
          echo "::set-output name=y::2"
          echo x=1 >>$GITHUB_OUTPUT
          echo last line
      - uses: octo/both@v1
      - run: |
          echo fails >>$LEDGER
          echo and says why
          exit 3
        continue-on-error: true
`;
const NODE_PART = (part: string): string => `require('fs').appendFileSync(process.env.LEDGER, '${part}\\n'); console.log('this is ${part}');`;
const ACTIONS: Readonly<Record<string, string>> = {
  'octo/parts@v1/action.yml': "name: parts\nruns: {using: node20, pre: pre.js, main: main.js, post: post.js}\n",
  'octo/parts@v1/pre.js': `${NODE_PART('pre')} require('fs').appendFileSync(process.env.GITHUB_ENV, 'FROM_PRE=kept\\n');`,
  'octo/parts@v1/main.js': NODE_PART('main'),
  'octo/parts@v1/post.js': NODE_PART('post'),
  'octo/both@v1/action.yml': `name: both
runs:
  using: composite
  steps:
    - {run: "echo inner 1 >>$LEDGER; echo says the first", shell: bash}
    - {run: "echo inner 2 >>$LEDGER; echo says the second", shell: bash}
`,
};

interface World {
  readonly folder: string;
  readonly input: string;
}

const worlds: string[] = [];
beforeAll(async () => {
  await build({
    entryPoints: [packagePath('test', 'activities', 'fixtures', 'killedSegment.ts')], outfile: program, bundle: true, format: 'esm', platform: 'node', logLevel: 'error',
    // As build.mjs does it.
    plugins: [{ name: 'packages-external', setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@actions/') || path.startsWith('node:') ? undefined : { path, external: true })) }],
  });
});
afterAll(() => [program, ...worlds].forEach((path) => rmSync(path, { recursive: true, force: true })));

async function makeWorld(more: Partial<StepsInput> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-killed-'));
  worlds.push(folder);
  for (const [path, text] of Object.entries(ACTIONS)) {
    mkdirSync(join(folder, 'actions', path, '..'), { recursive: true });
    writeFileSync(join(folder, 'actions', path), text);
  }
  const { plan, diagnostics } = await planText(WORKFLOW, 'killed.yml', { inputs: {}, facts: { github: { event_name: 'push' }, vars: { LEDGER: join(folder, 'ledger') }, env: {} } as never, actions: new Map() });
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const [{ steps, ...job }] = plan.jobs as [(typeof plan.jobs)[0]];
  const input: StepsInput = {
    facts: { run: { id: RUN, attempt: 1, name: 'killed', inputs: {}, env: plan.env, ...(plan.facts ? { facts: plan.facts } : {}) }, job: job.id, needs: {}, strategy: {} },
    key: 'build', job, steps, before: [], cancelled: false, last: true, deadline: Date.now() + 600_000, alone: false, ...more,
  };
  const path = join(folder, 'input.json');
  writeFileSync(path, JSON.stringify(input));
  return { folder, input: path };
}

/** A worker's process. @returns what it gave back; undefined when it was killed */
function worker({ folder, input }: World, ...kill: readonly string[]): Promise<StepsResult | undefined> {
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), FLEETWRIGHT_ACTIONS_FOLDER: join(folder, 'actions') };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, input, ...kill], { env, cwd: packagePath() }, (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') resolve(undefined);
      else if (error) reject(new Error(stderr));
      else resolve(JSON.parse(stdout) as StepsResult);
    });
  });
}

const STAMP = /\d{4}-\d\d-\d\dT[\d:.]+Z /g;

/** All that is left of the job: what a person sees of it. */
function leftOf({ folder }: World, result: StepsResult | undefined): unknown {
  const store = fileLogStore(join(folder, 'state', 'fleetwright', 'runs'));
  const logs = Object.fromEntries(store.list(RUN).map((id) => [id.step, store.read(id, 0, store.size(id))!.toString().replaceAll(STAMP, '')]));
  const timeless = JSON.parse(JSON.stringify(result), (key, value: unknown) => (['startedAt', 'endedAt'].includes(key) ? undefined : value)) as unknown;
  return { ledger: readFileSync(join(folder, 'ledger'), 'utf8').split('\n'), logs, annotations: store.annotations(RUN), result: timeless };
}

const entry = (kind: string, address: string): string => `"kind":"${kind}","address":"build/${address}"`;
const KILLS: readonly (readonly [string, string, string, string])[] = [
  ['before a pre step begins', entry('begin', 'pre-1'), '1', 'before'],
  ['when a pre step has begun, before its process starts', entry('begin', 'pre-1'), '1', 'after'],
  ['when a pre step has ended, before that is recorded', entry('end', 'pre-1'), '1', 'before'],
  ['when the set-up is done and recorded', '"kind":"ready"', '1', 'after'],
  ['half way in the record of the set-up', '"kind":"ready"', '1', 'half'],
  ['when a step has begun, before its process starts', entry('begin', 'talk'), '1', 'after'],
  ['half way in the record that a step begins', entry('begin', 'talk'), '1', 'half'],
  ["half way in a step's log, before a mask", '^first line', '1', 'half'],
  ["after a step's log up to a mask", '^first line', '1', 'after'],
  ['before a mask is recorded', '"kind":"mask"', '1', 'before'],
  ['when a mask is recorded', '"kind":"mask"', '1', 'after'],
  ['half way in the log behind a mask', '^it is ', '1', 'half'],
  ['after the log behind a mask', '^it is ', '1', 'after'],
  ['before annotations are written', '"level":"warning"', '1', 'before'],
  ['when annotations are written', '"level":"warning"', '1', 'after'],
  ["when a step's process has ended, before that is recorded", entry('end', 'talk'), '1', 'before'],
  ["half way in the record of a step's end", entry('end', 'talk'), '1', 'half'],
  ["when a step's end is recorded", entry('end', 'talk'), '1', 'after'],
  ['before the raw log of a step is removed', 'remove .*steps/talk-1-1/log', '1', 'before'],
  ['when the raw log of a step is removed', 'remove .*steps/talk-1-1/log', '1', 'after'],
  ["between two steps of a composite action", entry('end', '3/1'), '1', 'after'],
  ["in the log of a composite action's second step", '^says the second', '1', 'half'],
  ['before the reason of a failure is noted', 'exited with 3\n', '1', 'before'],
  ['when the reason of a failure is noted', 'exited with 3\n', '1', 'after'],
  ['when a post step has begun', entry('begin', 'post-1'), '1', 'after'],
  ["when a post step's process has ended", entry('end', 'post-1'), '1', 'before'],
  ['before the end of the job is recorded', '"kind":"over"', '1', 'before'],
  ['half way in the record of the end of the job', '"kind":"over"', '1', 'half'],
  ['when the end of the job is recorded, before the answer', '"kind":"over"', '1', 'after'],
  ['when the journal is put away', '^\\n?[{]"kind":"begin","address":"build/pre-1","at"', '1', 'half'],
  ['when the journals of the steps are removed', 'remove .*/steps$', '1', 'after'],
];

describe('a worker that is killed', () => {
  let undisturbed: unknown;
  beforeAll(async () => {
    const world = await makeWorld();
    undisturbed = leftOf(world, await worker(world));
  });

  it('has, undisturbed, run each part once and in order', () => {
    expect(undisturbed).toMatchObject({
      ledger: ['pre', 'main', 'talk', 'inner 1', 'inner 2', 'fails', 'post', ''],
      logs: { 'build/talk': 'first line\n##[warning]look here\nit is ***, they say\n##[warning]The `set-output` command is deprecated. Write to the file GITHUB_OUTPUT instead.\nlast line\n' },
      annotations: [{ step: 'build/talk', level: 'warning', message: 'look here' }, { step: 'build/talk', level: 'warning' }],
      result: { open: false, outputs: { all: '1 2' } },
    });
  });

  describe.concurrent('and another one that goes on', () => {
    it.each(KILLS)('%s: nothing runs twice, nothing is lost', async (_, ...kill) => {
      const world = await makeWorld();
      expect(await worker(world, ...kill)).toBeUndefined();
      expect(leftOf(world, await worker(world))).toEqual(undisturbed);
      // Asked once more, since the answer was lost.
      expect(leftOf(world, await worker(world))).toEqual(undisturbed);
    }, 240_000);
  });

  it('leaves nothing that a step said in the files of the job when it is over', async () => {
    const world = await makeWorld();
    await worker(world);
    process.env['XDG_STATE_HOME'] = join(world.folder, 'state');
    const path = jobEntriesPath(RUN, 'build', 1);
    expect(readFileSync(path, 'utf8')).not.toContain(MASKED);
    expect(readFileSync(path, 'utf8')).toContain('"kind":"end","address":"build/talk"');
    expect(existsSync(join(path, '..', 'steps'))).toBe(false);
  });
});
