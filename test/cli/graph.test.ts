import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { graph } from '../../cli/commands/graph.js';
import { InvalidFileError } from '../../cli/errors.js';
import { dot } from '../../cli/graph/dot.js';
import { type Graph, graphOf } from '../../cli/graph/graph.js';
import { layoutOf } from '../../cli/graph/layout.js';
import { mermaid } from '../../cli/graph/mermaid.js';
import { svg } from '../../cli/graph/svg.js';
import { packagePath } from '../../infra/paths.js';
import type { JobPlan, Plan } from '../../language/plan.js';
import { fakeTerminal } from './fakeTerminal.js';
import { job, step } from './records.js';

const folder = mkdtempSync(join(tmpdir(), 'fleetwright-graph-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

function plan(...jobs: (Partial<Omit<JobPlan, 'id'>> & { id: string })[]): Pick<Plan, 'name' | 'jobs'> {
  return { name: 'ci', jobs: jobs.map(({ id, ...rest }) => ({ id: id as JobPlan['id'], name: id, needs: [], runsOn: 'worker', env: {}, defaults: {}, timeoutMinutes: 360, continueOnError: false, outputs: {}, steps: [], ...rest })) };
}
const needs = (...ids: string[]) => ids as unknown as JobPlan['needs'];
const HOSTILE = '</title><script>alert(1)</script>"];\n--> & \x1b[2J';

describe('the graph of a plan', () => {
  it('has an edge from each job to those that need it', () => {
    const made = graphOf(plan({ id: 'a' }, { id: 'b', needs: needs('a') }, { id: 'c', needs: needs('a', 'b') }));
    expect(made.nodes.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(made.edges).toEqual([{ from: 'a', to: 'b' }, { from: 'a', to: 'c' }, { from: 'b', to: 'c' }]);
  });

  it('leads through a called workflow, from its first jobs to its last', () => {
    const called = { uses: './x.yml', with: {}, inputs: {}, secrets: {}, outputs: {}, workflow: { type: 'x', file: 'x.yml', env: {}, ...plan({ id: 'one' }, { id: 'two', needs: needs('one') }) } } as unknown as NonNullable<JobPlan['call']>;
    const made = graphOf(plan({ id: 'a' }, { id: 'lib', needs: needs('a'), call: called }, { id: 'z', needs: needs('lib') }));
    expect(made.groups).toEqual([{ id: 'lib', name: 'lib' }]);
    expect(made.edges).toEqual([{ from: 'lib / one', to: 'lib / two' }, { from: 'a', to: 'lib / one' }, { from: 'lib / two', to: 'z' }]);
    const { groups: [group], nodes } = layoutOf(made);
    const inner = nodes.filter(({ node }) => node.group === 'lib').map(({ box }) => box);
    for (const { x, y, width, height } of inner) {
      expect(x >= group!.box.x && y >= group!.box.y && x + width <= group!.box.x + group!.box.width && y + height <= group!.box.y + group!.box.height).toBe(true);
    }
    expect(mermaid(made)).toContain('subgraph');
    expect(dot(made)).toContain('subgraph "cluster lib"');
  });

  it('has a node for each job of a matrix that ran, and one that counts where they are many', () => {
    const matrix = plan({ id: 'm', strategy: { matrix: {}, failFast: true } });
    const ran = (count: number) => ({ jobs: Array.from({ length: count }, (_, at) => ({ ...job(`m (${at})`, `m (${at})`, [step('m/1', 'S', { from: 0, to: 1 })], { from: 0, to: 1, ...(at === 0 ? { result: 'failure' as const } : {}) }), id: 'm' as JobPlan['id'] })) });
    expect(graphOf(matrix).nodes).toEqual([{ id: 'm', name: 'm', detail: 'matrix' }]);
    expect(graphOf(matrix, ran(2)).nodes.map(({ id, state }) => `${id} ${state}`)).toEqual(['m (0) failure', 'm (1) success']);
    expect(graphOf(matrix, ran(40)).nodes).toEqual([{ id: 'm', name: 'm', state: 'failure', detail: '40 jobs: 1 failure, 39 success' }]);
  });

  it('lets no name become markup, in any format', () => {
    const made: Graph = { name: HOSTILE, groups: [{ id: HOSTILE, name: HOSTILE }], nodes: [{ id: 'x', name: HOSTILE, group: HOSTILE, state: 'failure' }], edges: [] };
    for (const text of [svg(made), mermaid(made), dot(made)]) expect(text).not.toContain('\x1b');
    expect(svg(made)).not.toContain('<script');
    expect(mermaid(made)).not.toMatch(/<script|"\];\n-->/);
    expect(dot(made).split('\n').every((line) => (line.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 0)).toBe(true);
  });

  it('of no jobs is an empty picture', () => {
    expect(svg({ name: 'n', nodes: [], groups: [], edges: [] })).toContain('</svg>');
  });
});

describe('graph FILE', () => {
  it('draws the deployment that ships, whose inputs are not given', async () => {
    const terminal = fakeTerminal();
    expect(await graph(terminal, packagePath('deployments', 'deploy.yml'), { format: 'mermaid' })).toBe(0);
    expect(terminal.data.join('\n')).toMatch(/^flowchart LR\n {2}j1\["Prepare the cluster#39;s services"\]/);
  });

  it('says what is wrong with a file', async () => {
    writeFileSync(join(folder, 'bad.yml'), 'on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps: []\n');
    await expect(graph(fakeTerminal(), join(folder, 'bad.yml'), {})).rejects.toThrow(InvalidFileError);
    await expect(graph(fakeTerminal(), join(folder, 'none.yml'), {})).rejects.toThrow('there is no such file');
  });
});
