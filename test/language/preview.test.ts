import { describe, expect, it } from 'vitest';
import { readActionFiles } from '../../infra/actionFiles.js';
import { actionsOf } from '../../language/actionMetadata.js';
import { planText, type PlanTextOptions } from '../../language/planText.js';
import { type JobPreview, type Preview, previewOf } from '../../language/preview.js';

const actions = actionsOf(await readActionFiles());

async function preview(jobs: string, { inputs = {}, called, facts }: { readonly inputs?: Record<string, string>; readonly called?: string; readonly facts?: PlanTextOptions['facts'] } = {}): Promise<Preview> {
  const text = `on:\n  workflow_dispatch:\n    inputs:\n      full: { type: boolean, default: false }\n      cluster: { default: demo }\njobs:\n${jobs}`;
  const { plan, diagnostics } = await planText(text, 'x.yml', {
    inputs, actions, ...(facts ? { facts } : {}),
    ...(called === undefined ? {} : { readWorkflow: async () => ({ file: 'called.yml', text: called }) }),
  });
  expect(diagnostics).toEqual([]);
  return previewOf(plan!, actions);
}

const fates = ({ jobs }: Preview): readonly (readonly [string, string])[] => jobs.map(({ key, happens }) => [key, happens.kind] as const);
const job = ({ jobs }: Preview, key: string): JobPreview => jobs.find((one) => one.key === key)!;
const steps = (...lines: string[]): string => `    runs-on: worker\n    steps:\n${lines.map((line) => `      - ${line}\n`).join('')}`;

describe('the preview of a plan', () => {
  it('expands a matrix that is known, with the names of its jobs and steps, and says of one that is not', async () => {
    const made = await preview([
      `  a:\n    name: On \${{ matrix.os }}\n    strategy: { matrix: { os: [debian, ubuntu], exclude: [{ os: ubuntu }], include: [{ os: alpine }] } }\n${steps("{ name: 'Test ${{ matrix.os }}', if: \"matrix.os == 'alpine'\", run: make }")}`,
      `  b:\n    needs: a\n    strategy: { matrix: { v: '\${{ fromJSON(needs.a.outputs.list) }}' } }\n${steps("run: 'echo ${{ matrix.v }}'")}`,
    ].join(''));
    expect(made.jobs.map(({ key, name, openMatrix }) => [key, name, openMatrix])).toEqual([['a (debian)', 'On debian', undefined], ['a (alpine)', 'On alpine', undefined], ['b', 'b', true]]);
    expect(job(made, 'a (debian)').steps).toMatchObject([{ name: 'Test debian', happens: { kind: 'skipped' } }]);
    expect(job(made, 'a (alpine)').steps).toMatchObject([{ name: 'Test alpine', happens: { kind: 'runs' }, uses: 'run', makes: 'make' }]);
  });

  it('decides conditions that the inputs decide, and what needs a skipped job; the rest depends on what they read', async () => {
    const text = [
      `  full:\n    if: inputs.full\n${steps('run: a')}`, `  after:\n    needs: full\n${steps('run: a')}`, `  anyway:\n    needs: full\n    if: always()\n${steps('run: a')}`,
      `  mend:\n    if: failure()\n${steps('run: a')}`, `  told:\n    needs: anyway\n    if: needs.anyway.outputs.x == '1'\n${steps("{ run: a, if: success() }", "{ run: b, if: steps.a.outcome == 'failure' }", "{ run: c, if: '!inputs.full' }")}`,
      `  later:\n    needs: told\n${steps('run: a')}`,
    ].join('');
    const made = await preview(text);
    expect(fates(made)).toEqual([['full', 'skipped'], ['after', 'skipped'], ['anyway', 'runs'], ['mend', 'depends'], ['told', 'depends'], ['later', 'depends']]);
    expect(job(made, 'after').happens).toEqual({ kind: 'skipped', because: 'it needs full, which is skipped' });
    expect(job(made, 'later').happens).toEqual({ kind: 'depends', on: 'whether told runs' });
    expect(job(made, 'told').steps.map(({ happens }) => happens.kind)).toEqual(['runs', 'depends', 'runs']);
    expect(fates(await preview(text, { inputs: { full: 'true' } })).slice(0, 2)).toEqual([['full', 'runs'], ['after', 'runs']]);
  });

  it('says what an action makes and is given, and undoes what is not skipped in reverse order, whatever the order in the file', async () => {
    const made = await preview([
      `  web:\n    needs: boot\n${steps("{ name: Site, run: \"touch x\\nmore\", undo: rm x }", '{ run: never, if: inputs.full, undo: nothing }')}`,
      `  boot:\n${steps("{ name: Boot, uses: fleetwright/boot-servers@v1, with: { cluster: '${{ inputs.cluster }}', machines: 4, discovery-url: '${{ steps.x.outputs.y }}' } }")}`,
    ].join(''), { inputs: { cluster: 'blue' } });
    expect(made.undo).toEqual([{ job: 'web', address: 'web/1', name: 'Site', undo: 'rm x' }, { job: 'boot', address: 'boot/1', name: 'Boot', undo: 'delete-servers' }]);
    expect(job(made, 'boot').steps[0]).toMatchObject({ makes: expect.stringContaining('Boots the servers core01') as string, with: { cluster: 'blue', machines: 4, 'discovery-url': '${{ steps.x.outputs.y }}' } });
  });

  it('has the jobs of a called workflow behind the one that calls it, with its inputs', async () => {
    const called = `on:\n  workflow_call:\n    inputs: { deep: { type: boolean } }\njobs:\n  one:\n${steps('run: a')}  two:\n    needs: one\n    if: inputs.deep\n${steps('run: a')}`;
    const made = await preview("  outer:\n    uses: ./.github/workflows/called.yml\n    with: { deep: '${{ inputs.full }}' }\n  off:\n    if: inputs.full\n    uses: ./.github/workflows/called.yml\n", { called });
    expect(fates(made)).toEqual([['outer', 'runs'], ['outer / one', 'runs'], ['outer / two', 'skipped'], ['off', 'skipped'], ['off / one', 'skipped'], ['off / two', 'skipped']]);
    expect(job(made, 'outer / two').needs).toEqual(['outer / one']);
  });

  it('names the gate of an environment', async () => {
    const facts = { github: {}, vars: {}, env: {}, runners: {}, environments: { production: { reviewers: ['ann'], waitMinutes: 5 } } };
    expect(job(await preview(`  a:\n    environment: Production\n${steps('run: a')}`, { facts }), 'a').gate).toEqual({ environment: 'Production', reviewers: ['ann'], waitMinutes: 5 });
  });
});
