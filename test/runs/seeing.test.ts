import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graph } from '../../cli/commands/graph.js';
import { logs, type LogsFlags } from '../../cli/commands/logs.js';
import { report } from '../../cli/commands/report.js';
import { runs, type RunsFlags } from '../../cli/commands/runs.js';
import { view } from '../../cli/commands/view.js';
import { UsageError } from '../../cli/errors.js';
import { type FakeTerminal, fakeTerminal } from '../cli/fakeTerminal.js';
import { endOfRun, flagsFor, runAgain, startText } from './seen.js';
import { startWorld, type World } from './world.js';

const NOISY = `
on: workflow_dispatch
jobs:
  build:
    runs-on: worker
    steps:
      - name: Compile
        run: |
          echo '::group::Compiler'
          echo one file
          echo '::endgroup::'
          echo '::warning file=src/a.ts,line=3,col=5::unused x'
          echo '### Built **well**' >> "$GITHUB_STEP_SUMMARY"
      - id: pack
        run: echo packed
  test:
    needs: build
    runs-on: worker
    steps:
      - name: Test
        run: |
          echo before the end
          echo '::error file=src/b.ts,line=7::expected 2'
          exit 3
      - run: echo never
`;
/** Fails the first time. */
const TWICE = `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    steps:
      - run: echo done once
      - name: Second
        run: |
          echo "attempt $GITHUB_RUN_ATTEMPT prints"
          test "$GITHUB_RUN_ATTEMPT" != 1
`;

let world: World;
let noisy: string;
beforeAll(async () => {
  world = await startWorld(() => undefined);
  noisy = await startText(world, 'noisy', NOISY);
  await endOfRun(world, noisy);
});
afterAll(async () => { await world.stop(); });

async function told(command: (terminal: FakeTerminal) => Promise<number>): Promise<FakeTerminal & { readonly code: number }> {
  const terminal = fakeTerminal();
  return { ...terminal, code: await command(terminal) };
}
const listed = (flags: RunsFlags = {}) => told((terminal) => runs(terminal, { ...flagsFor(world), ...flags }));
const logged = (run: string, flags: LogsFlags = {}) => told((terminal) => logs(terminal, run, { ...flagsFor(world), ...flags }));

describe('runs', () => {
  it('lists a run with its file, cluster and conclusion, and the filters find it or not', async () => {
    const { data } = await listed({ cluster: 'seen' });
    expect(data[0]).toMatch(/^RUN +FILE +CLUSTER +STATE +STARTED +TOOK +NAME$/);
    expect(data[1]).toMatch(/^noisy\/seen#1 +noisy +seen +failure +\d{4}-/);
    expect((await listed({ conclusion: 'failure', file: 'deployments/noisy.yml', json: true })).data.join('')).toContain('"state": "failure"');
    for (const flags of [{ conclusion: 'success', file: 'noisy' }, { cluster: 'other' }, { file: 'nois' }, { conclusion: 'running' }]) {
      expect(await listed(flags)).toMatchObject({ data: [], notes: ['No run is like that: `fleetwright runs` lists all.'] });
    }
  });

  it('refuses a cluster, and a limit, that are none', async () => {
    await expect(listed({ cluster: "x' OR 'a" })).rejects.toThrow('is not a cluster name');
    await expect(listed({ limit: '0' })).rejects.toThrow(UsageError);
  });
});

describe('view', () => {
  it('shows jobs and steps, annotations with their places, and summaries', async () => {
    const { data, code } = await told((terminal) => view(terminal, noisy, flagsFor(world)));
    const text = data.join('\n');
    expect(code).toBe(0);
    for (const part of ['✓ Compile', '✗ Test', '– ', 'warning src/a.ts:3:5  unused x  (build, build/1)', 'error   src/b.ts:7  expected 2', 'Summary of build/1', '### Built **well**']) expect(text).toContain(part);
  });

  it('gives the same as JSON', async () => {
    const { data } = await told((terminal) => view(terminal, noisy, { ...flagsFor(world), json: true }));
    expect(JSON.parse(data.join(''))).toMatchObject({ run: noisy, conclusion: 'failure', temporalStatus: 'FAILED', annotations: [{ level: 'warning', line: 3 }, { level: 'error', message: 'expected 2' }], summaries: [{ markdown: '### Built **well**\n' }] });
  });

  it('says which runs there are when there is none of that name', async () => {
    await expect(told((terminal) => view(terminal, 'deploy/demo#99', flagsFor(world)))).rejects.toThrow(`there is no run "deploy/demo#99"\n  The latest are: ${noisy}`);
  });
});

describe('logs', () => {
  it('are all steps in order, groups unfolded', async () => {
    const { data } = await logged(noisy);
    expect(data.map((line) => line.replace(/ \([\d.]+s\)$|\d{4}-\S+Z /, ''))).toEqual([
      'build | ▶ Compile', 'build | ▾ Compiler', 'build | one file', 'build | Warning: unused x', 'build | ✓ Compile',
      'build | ▶ Run echo packed', 'build | packed', 'build | ✓ Run echo packed', 'build | job succeeded',
      'test | ▶ Test', 'test | before the end', 'test | Error: expected 2', 'test | the process exited with 3', 'test | ✗ Test failed',
      'test | - Run echo never skipped', 'test | job failed',
    ]);
  });

  it('are of one job, one step, or those that failed', async () => {
    expect((await logged(noisy, { job: 'BUILD' })).data.every((line) => line.startsWith('build | '))).toBe(true);
    for (const step of ['build/pack', 'pack', 'Run echo packed']) expect((await logged(noisy, { step })).data.slice(0, 2)).toEqual(['build | ▶ Run echo packed', 'build | packed']);
    const { data } = await logged(noisy, { failed: true });
    expect(data).toContain('test | before the end');
    expect(data.join()).not.toMatch(/build|never/);
  });

  it('are an object a line for programs', async () => {
    const { data } = await logged(noisy, { step: 'test/1', json: true });
    expect(data.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { job: 'test', step: 'test/1', line: 'before the end' }, { line: '##[error]expected 2' }, {}, { step: 'test/1', name: 'Test', conclusion: 'failure' }, { job: 'test', conclusion: 'failure' },
    ]);
  });

  it('refuse a job or a step that is not there, and say what is', async () => {
    await expect(logged(noisy, { job: 'buidl' })).rejects.toThrow('noisy/seen#1 has no job "buidl"; did you mean "build"?\n  It has: build, test.');
    await expect(logged(noisy, { step: 'x' })).rejects.toThrow('It has: build/1, build/pack, test/1, test/2.');
    await expect(logged(noisy, { attempt: '2' })).rejects.toThrow('Its latest is 1');
    await expect(logged(noisy, { attempt: '1', follow: true })).rejects.toThrow(UsageError);
  });

  it('are of one attempt of the run', async () => {
    const id = await startText(world, 'twice', TWICE, { onFailure: 'keep' });
    await endOfRun(world, id);
    await runAgain(world, id);
    const lines = async (attempt: string): Promise<string[]> => (await logged(id, { attempt, step: 'Second' })).data.filter((line) => line.includes('prints'));
    expect(await lines('1')).toEqual(['a | attempt 1 prints']);
    expect(await lines('2')).toEqual(['a | attempt 2 prints']);
  });

  it('follow a run that is open, to its end, and no other job than the one asked for', async () => {
    const id = await startText(world, 'slow', 'on: workflow_dispatch\njobs:\n  a:\n    runs-on: worker\n    steps:\n      - run: sleep 1; echo a says\n  b:\n    runs-on: worker\n    steps:\n      - run: echo b says\n');
    const { data, code } = await logged(id, { follow: true, job: 'a' });
    expect(code).toBe(0);
    expect(data).toContain('a | a says');
    expect(data.join()).not.toContain('b says');
    expect((await endOfRun(world, id)).conclusion).toBe('success');
  });
});

describe('graph', () => {
  it('of a run has the states of its jobs, and needs no worker', async () => {
    const { data } = await told((terminal) => graph(terminal, noisy, flagsFor(world)));
    expect(data.join('\n')).toContain('j1["build"]:::success');
    expect(data.join('\n')).toContain('j1 --> j2');
    expect((await told((terminal) => graph(terminal, noisy, { ...flagsFor(world), format: 'svg' }))).data.join('')).toMatch(/^<svg .*<g class="job failure"><title>test: failure/s);
  });
});

describe('report', () => {
  const written = async (run: string): Promise<string> => (await told((terminal) => report(terminal, run, { ...flagsFor(world), output: '-' }))).data.join('\n');

  it('is one page with the graph, the time, the logs, the annotations and the summaries of the run', async () => {
    const page = await written(noisy);
    for (const part of ['<title>noisy/seen#1</title>', '<svg', 'class="gantt"', 'before the end', '<details class="group"><summary>Compiler</summary>', 'src/a.ts:3', 'Built <strong>well</strong>', 'the process exited with 3']) expect(page).toContain(part);
  });

  it('of a run of two attempts has the time of both', async () => {
    const id = await startText(world, 'again', TWICE, { onFailure: 'keep' });
    await endOfRun(world, id);
    await runAgain(world, id);
    const page = await written(id);
    expect(page).toContain('<h3>Attempt 1</h3>');
    expect(page).toContain('<h3>Attempt 2</h3>');
    expect(page.match(/class="gantt"/g)).toHaveLength(2);
  });

  it('goes to a file that is named after the run, and says where that cannot be written', async () => {
    const file = join(world.folder, 'run.html');
    expect(JSON.parse((await told((terminal) => report(terminal, noisy, { ...flagsFor(world), output: file, json: true }))).data.join(''))).toEqual({ file, bytes: statSync(file).size });
    await expect(told((terminal) => report(terminal, noisy, { ...flagsFor(world), output: join(world.folder, 'none', 'x.html') }))).rejects.toThrow('cannot be written: ENOENT');
  });
});

describe('why a step failed', () => {
  it('is what its last try printed, where it was tried again', async () => {
    const run = await startText(world, 'tries', `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    steps:
      - retry: { max-attempts: 2, initial-interval: 10ms }
        run: 'echo "$(ls | wc -l) files"; touch one; exit 3'
`);
    const { jobs: [job] } = await endOfRun(world, run);
    expect(job?.steps[0]?.error).toBe('the process exited with 3\n1 files');
  });
});
