/** Bad inputs that the language must withstand, one of each kind. */
import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../language/checkWorkflow.js';
import { evaluateEnv, mergeEnv } from '../../language/contexts.js';
import { formatDiagnostic, isError } from '../../language/diagnostics.js';
import { EnvFileError, parseEnvFile } from '../../language/envFiles.js';
import { evaluateExpression, templateText } from '../../language/expressions.js';
import { planText } from '../../language/planText.js';

const job = (step: string) => `on: {workflow_dispatch: {inputs: {x: {default: safe}}}}\njobs: {a: {runs-on: worker, steps: [${step}]}}\n`;
const problems = async (text: string, options: object = {}) =>
  (await planText(text, 'f.yml', { actions: new Map(), ...options })).diagnostics.map(formatDiagnostic);

describe('an input inside of a script', () => {
  it('works as on GitHub, and validate warns and shows the form with env', async () => {
    const text = job("{run: 'echo ${{ inputs.x }}'}");
    const { plan } = await planText(text, 'f.yml', { actions: new Map(), inputs: { x: '$(id)' } });
    const [step] = plan!.jobs[0]!.steps;
    expect(step?.kind === 'run' && templateText(step.run, { contexts: { inputs: plan!.inputs } })).toBe('echo $(id)');
    const { diagnostics } = await checkWorkflow(text, 'f.yml');
    expect(diagnostics.some(isError)).toBe(false);
    expect(diagnostics.map(formatDiagnostic)).toEqual([expect.stringContaining('hand it over by "env: {X: ${{ inputs.x }}}" and write "$X"')]);
  });
});

describe('an environment file', () => {
  it.each([
    ['a line without "="', 'GITHUB_OUTPUT', 'good=1\nbad', 'line 2: Invalid format "bad"'],
    ['a heredoc without an end', 'GITHUB_OUTPUT', 'a=1\nx<<EOF\nmore', 'line 2: Matching delimiter not found'],
  ] as const)('with %s is refused by its line', (_, file, text, message) => {
    expect(() => parseEnvFile(text, file)).toThrow(EnvFileError);
    expect(() => parseEnvFile(text, file)).toThrow(message);
  });
});

describe('a path that leaves the repository', () => {
  it.each(['./../x', './a/../../b', '$/../x', './..'])('%s is refused before anything starts', async (uses) => {
    expect(await problems(job(`{uses: '${uses}'}`))).toEqual([expect.stringContaining('leaves the repository')]);
  });

  it('is refused for called workflows, too', async () => {
    expect(await problems('on: push\njobs: {a: {uses: ./../x.yml}}\n')).toEqual([expect.stringContaining('stay in the repository')]);
  });
});

describe('text that is made to do harm', () => {
  const bomb = Array.from({ length: 20 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`).join('\n');
  it.each([
    ['an alias bomb', `k0: &k0 [x]\n${bomb}`, /^f\.yml:\d+:\d+: with its aliases written out/],
    ['nesting of a thousand', `a: ${'['.repeat(1000)}`, /^f\.yml:1:\d+: this is nested more than 100 deep/],
    ['the same key twice', 'on: push\non: push', /^f\.yml:2:1: "on" is already defined in line 1/],
    ['more than 500 KB', `# ${'x'.repeat(600_000)}`, /^f\.yml:1:1: the file has 600002 bytes/],
  ])('%s is an error with its place', async (_, text, message) => expect(await problems(text)).toContainEqual(expect.stringMatching(message)));
});

describe('names that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

  it('are plain data as keys of env, inputs and outputs', async () => {
    const env = JSON.parse(`{${names.map((name) => `"${name}": "of ${name}"`).join(', ')}}`) as Record<string, string>;
    const scope = { contexts: { env: mergeEnv(evaluateEnv(env, { contexts: {} })), inputs: {}, steps: { s: { outputs: parseEnvFile('__proto__=out\nconstructor=c', 'GITHUB_OUTPUT') } } } };
    for (const name of names) {
      expect(evaluateExpression(`env.${name}`, scope)).toBe(`of ${name}`);
      expect(evaluateExpression(`inputs.${name}`, scope)).toBeNull();
    }
    expect(evaluateExpression('steps.s.outputs.__proto__', scope)).toBe('out');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await problems(job('{run: x}'), { inputs: JSON.parse('{"__proto__": {"polluted": 1}}') as object })).toEqual([expect.stringContaining('unknown input "__proto__"')]);
  });

  it('are jobs, steps and matrix keys like any other', async () => {
    const text = 'on: push\njobs:\n  constructor: {runs-on: worker, strategy: {matrix: {constructor: [1]}}, steps: [{id: toString, run: x}]}\n  b: {needs: constructor, runs-on: worker, steps: [{run: "${{ needs.constructor.result }}"}]}\n';
    expect((await checkWorkflow(text, 'f.yml')).diagnostics).toEqual([]);
    expect((await planText(text, 'f.yml', { actions: new Map() })).plan?.jobs.map(({ id }) => id)).toEqual(['constructor', 'b']);
  });
});

describe('what cannot run', () => {
  const many = JSON.stringify(Array.from({ length: 17 }, (_, i) => i));
  it.each([
    ['a matrix over 256', `on: push\njobs: {a: {runs-on: worker, strategy: {matrix: {x: ${many}, y: ${many}}}, steps: [{run: x}]}}`, /^f\.yml:2:\d+: the matrix makes 289 jobs, and 256 is the most/],
    ['needs in a circle', 'on: push\njobs:\n  a: {needs: b, runs-on: x, steps: [{run: x}]}\n  b: {needs: A, runs-on: x, steps: [{run: x}]}', /^f\.yml:3:14: these jobs wait for each other: a needs b needs a/],
    ['an unknown key', 'on: push\njobs: {a: {runs-on: x, stepss: []}}', /^f\.yml:2:24: unknown key "stepss" in job a: did you mean "steps"\?/],
    ['an unknown action', job('{uses: fleetwright/nosuch@v1}'), /^f\.yml:2:44: there is no action "nosuch"/],
    ['a required input that is missing', 'on: {workflow_dispatch: {inputs: {who: {required: true}}}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}', /^f\.yml:1:35: input who: it is required/],
  ])('%s is an error with file, line, column and a suggestion, before anything starts', async (_, text, message) => {
    expect(await problems(text)).toContainEqual(expect.stringMatching(message));
  });
});
