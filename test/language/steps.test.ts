import { describe, expect, it } from 'vitest';
import { environmentSoFar, jobEnvironment, jobScope, pathSoFar, type StepScopeInput, stepScope } from '../../language/contexts.js';
import { evaluateExpression, templateText } from '../../language/expressions.js';
import { type JobId, type RunId, stepAddress } from '../../language/ids.js';
import type { ActionStepPlan, RunStepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { evaluateContinueOnError, evaluateScript, evaluateWith, prepareStep } from '../../language/steps.js';

const job = 'web' as JobId;
const done = (id: string, rest: Partial<StepRecord> = {}): StepRecord => ({
  address: stepAddress(job, id), id, name: id, status: 'completed', outcome: 'success', conclusion: 'success', outputs: {}, ...rest,
});
const input: StepScopeInput = {
  run: { id: 'deploy/demo#7' as RunId, attempt: 2, name: 'Deploy', inputs: { web: 12 }, env: { LEVEL: 'workflow', FROM: '${{ inputs.web }}' } },
  job, needs: { boot: { result: 'success', outputs: { url: 'http://d' } } }, strategy: { 'job-index': 0 }, matrix: { os: 'debian' },
  env: { LEVEL: 'job', KEEP: 'job' }, steps: [], status: 'success',
};
const run = (rest: Partial<RunStepPlan>): RunStepPlan => ({
  kind: 'run', address: stepAddress(job, 1), name: 'Run it', env: {}, continueOnError: false, run: 'true', ...rest,
});

describe('the environment', () => {
  it('is the workflow\'s under the job\'s', () => {
    expect(jobEnvironment(input, { LEVEL: 'job', OS: '${{ matrix.os }}' })).toEqual({ LEVEL: 'job', FROM: '12', OS: 'debian' });
  });

  it('takes what steps put into GITHUB_ENV, and the step\'s own last', () => {
    const steps = [done('a', { env: { LEVEL: 'a', A: '1' } }), done('b', { env: { LEVEL: 'b' } })];
    expect(environmentSoFar(input.env, steps)).toEqual({ LEVEL: 'b', KEEP: 'job', A: '1' });
    const prepared = prepareStep(run({ env: { LEVEL: 'step over ${{ env.LEVEL }}' }, if: "env.LEVEL == 'step over b'" }), { ...input, steps });
    expect(prepared).toMatchObject({ kind: 'run', env: { LEVEL: 'step over b', KEEP: 'job', A: '1' } });
  });

  it('searches first what was put before PATH last', () => {
    expect(pathSoFar([done('a', { path: ['/a2', '/a1'] }), done('b', { path: ['/b'] })])).toEqual(['/b', '/a2', '/a1']);
  });
});

describe('contexts', () => {
  it('hold the run, its needs and its matrix', () => {
    const text = '${{ github.run_id }} ${{ github.run_number }} ${{ github.run_attempt }} ${{ github.workflow }} ${{ github.job }} ${{ needs.boot.outputs.url }} ${{ matrix.os }}';
    expect(templateText(text, jobScope(input))).toBe('deploy/demo#7 7 2 Deploy web http://d debian');
  });

  it('hold the steps that have completed and have an id', () => {
    const { id: _, ...anonymous } = done('x');
    const forgiven = done('bad', { outcome: 'failure', conclusion: 'success', outputs: { url: 'u' } });
    const waiting: StepRecord = { address: stepAddress(job, 'later'), id: 'later', name: 'later', status: 'queued', outputs: {} };
    const scope = stepScope({ ...input, steps: [anonymous, forgiven, waiting], status: 'failure' });
    expect(evaluateExpression('steps', scope)).toEqual({ bad: { outputs: { url: 'u' }, outcome: 'failure', conclusion: 'success' } });
    expect(evaluateExpression('job.status', scope)).toBe('failure');
  });
});

describe('a step before it runs', () => {
  it('is skipped by its condition, with its name expanded', () => {
    expect(prepareStep(run({ name: 'Start ${{ inputs.web }}', if: 'false' }), input)).toEqual({ kind: 'skip', name: 'Start 12' });
    expect(prepareStep(run({}), { ...input, status: 'failure' }).kind).toBe('skip');
    expect(prepareStep(run({ if: 'failure()' }), { ...input, status: 'failure' }).kind).toBe('run');
  });

  it('fails when its env or its condition cannot be evaluated', () => {
    for (const broken of [{ env: { A: "${{ fromJSON('{') }}" } }, { if: "fromJSON('{')" }]) {
      expect(prepareStep(run(broken), input)).toMatchObject({ kind: 'fail', name: 'Run it', error: expect.any(String) });
    }
  });

  it('keeps a name that cannot be expanded as it was written', () => {
    expect(prepareStep(run({ name: "x ${{ fromJSON('{') }}" }), input)).toMatchObject({ kind: 'run', name: "x ${{ fromJSON('{') }}" });
  });

  it('has its timeout in milliseconds', () => {
    expect(prepareStep(run({ timeoutMinutes: '${{ inputs.web }}' }), input)).toMatchObject({ timeoutMs: 720_000 });
    expect(prepareStep(run({}), input)).not.toHaveProperty('timeoutMs');
  });

  it('runs without a timeout when that cannot be evaluated, and says why, or when it is no time', () => {
    const broken = prepareStep(run({ timeoutMinutes: "${{ 'soon' }}" }), input);
    expect(broken).toMatchObject({ kind: 'run', timeoutProblem: expect.stringContaining('a number was expected, not "soon"') });
    expect(broken).not.toHaveProperty('timeoutMs');
    for (const none of ['${{ 0 }}', -1, 0, '${{ Infinity }}']) {
      const prepared = prepareStep(run({ timeoutMinutes: none }), input);
      expect(prepared.kind).toBe('run');
      expect(prepared).not.toHaveProperty('timeoutMs');
      expect(prepared).not.toHaveProperty('timeoutProblem');
    }
  });
});

describe('what a step is given', () => {
  const scope = stepScope(input);
  const action = (values: ActionStepPlan['with'], inputTypes: ActionStepPlan['inputTypes']) => ({ with: values, inputTypes });

  it('has the types that the action declares', () => {
    const step = action({ n: '${{ inputs.web }}', text: '${{ inputs.web }}', b: "${{ 'true' }}", list: '${{ matrix }}' }, { n: 'number', text: 'string', b: 'boolean', list: 'string' });
    expect(evaluateWith(step, scope)).toEqual({ n: 12, text: '12', b: true, list: '{"os":"debian"}' });
  });

  it('is an error that names the input when it does not fit', () => {
    expect(() => evaluateWith(action({ n: '${{ needs.boot.outputs.url }}' }, { n: 'number' }), scope)).toThrow('input n: "http://d" is not a number');
  });

  it('is a script with the defaults of its job', () => {
    expect(evaluateScript(run({ run: 'echo ${{ inputs.web }}', workingDirectory: '/a' }), { shell: 'sh', workingDirectory: '/b' }, scope))
      .toEqual({ script: 'echo 12', shell: 'sh', workingDirectory: '/a' });
    // As on GitHub: an empty folder is the workspace, and an empty shell is that of the defaults.
    expect(evaluateScript(run({ shell: "${{ '' }}", workingDirectory: '' }), { shell: 'sh', workingDirectory: '/b' }, scope)).toEqual({ script: 'true', shell: 'sh', workingDirectory: '' });
  });

  it('may be forgiven by an expression', () => expect(evaluateContinueOnError("${{ matrix.os == 'debian' }}", scope)).toBe(true));
});
