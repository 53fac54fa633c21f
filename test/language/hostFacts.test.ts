import { describe, expect, it } from 'vitest';
import { type HostFacts, jobEnvironment, jobScope, type StepScopeInput, stepScope } from '../../language/contexts.js';
import { evaluateExpression, templateText } from '../../language/expressions.js';
import { conditionReadsHostFacts, readsHostFacts, readsSecrets } from '../../language/hostFacts.js';
import type { JobId, RunId } from '../../language/ids.js';
import type { RunStepPlan } from '../../language/plan.js';
import { prepareStep } from '../../language/steps.js';

const facts: StepScopeInput = {
  run: { id: 'ci#3' as RunId, attempt: 1, name: 'CI', inputs: {}, env: { FROM_FILE: '${{ secrets.TOKEN }}' } },
  job: 'build' as JobId, needs: {}, strategy: {}, env: {}, steps: [], status: 'success',
};
const host: HostFacts = {
  secrets: { TOKEN: 's3cret' },
  hashFiles: (...patterns) => `hash of ${patterns.join(' and ')}`,
  runner: { name: 'here', temp: '/tmp/x' },
  jobContext: { container: { id: 'c1' } },
  github: { workspace: '/work/x', action: '__run' },
};

describe('what the host adds', () => {
  const scope = stepScope({ ...facts, ...host });

  it.each([
    ['${{ secrets.TOKEN }}', 's3cret'],
    ['${{ secrets.token }}', 's3cret'],
    ['[${{ secrets.MISSING }}]', '[]'],
    ["${{ hashFiles('a', '**/b') }}", 'hash of a and **/b'],
    ['${{ runner.name }} ${{ runner.temp }} ${{ runner.os }}', 'here /tmp/x Linux'],
    ['${{ job.container.id }} ${{ job.status }}', 'c1 success'],
    ['${{ github.workspace }} ${{ github.action }} ${{ github.job }} ${{ github.run_id }}', '/work/x __run build ci#3'],
  ])('%s', (template, text) => expect(templateText(template, scope)).toBe(text));

  it('is there for a job, and for the env of the workflow', () => {
    expect(jobEnvironment(facts, { B: '${{ secrets.TOKEN }}2' }, host)).toEqual({ FROM_FILE: 's3cret', B: 's3cret2' });
    expect(evaluateExpression('secrets.TOKEN', jobScope(facts, host))).toBe('s3cret');
  });

  it('is not guessed without it', () => {
    expect(() => jobEnvironment(facts, {})).toThrow('secrets are read where the step runs, and not here');
    expect(() => evaluateExpression("hashFiles('x')", stepScope(facts))).toThrow('hashFiles is evaluated where the job runs');
  });

  it('tells the names of env apart by case, and no others', () => {
    const withEnv = stepScope({ ...facts, ...host, env: { a: 'small', A: 'big' } });
    expect(templateText('${{ env.a }} ${{ env.A }} ${{ env.B }}${{ GITHUB.JOB }}', withEnv)).toBe('small big build');
  });

  it('has other inputs inside of a composite action', () => {
    const inside = stepScope({ ...facts, inputs: { who: 'you' } });
    expect(templateText('${{ inputs.who }}', inside)).toBe('you');
  });
});

describe('the workflow is told what it must not evaluate', () => {
  it.each([
    ['${{ secrets.X }}', true, true],
    ["${{ SECRETS['X'] }}", true, true],
    ['${{ github.token }}', true, true],
    ["${{ github['token'] }}", true, true],
    ['${{ toJSON(github) }}', true, true],
    ['${{ github[inputs.key] }}', true, true],
    ['${{ github.ref }}', false, false],
    ["${{ github.event['token'] }}", false, false],
    ["${{ 'github secrets' }}", false, false],
    ['${{ inputs.github }}', false, false],
    ["${{ hashFiles('x') }}", false, true],
    ['${{ runner.os }}', false, true],
    ['${{ job.services.db.ports[5432] }}', false, true],
    ['${{ github.workspace }}/x', false, true],
    ['secrets.X', false, false],
    ['${{ broken', false, false],
  ])('%s', (template, secrets, hostFacts) => {
    expect(readsSecrets(template)).toBe(secrets);
    expect(readsHostFacts(template)).toBe(hostFacts);
    expect(readsHostFacts({ a: [1, { b: template }] })).toBe(hostFacts);
  });

  it('of a condition too, which needs no braces', () => {
    expect(conditionReadsHostFacts("hashFiles('x') != ''")).toBe(true);
    expect(conditionReadsHostFacts('${{ runner.debug }}')).toBe(true);
    expect(conditionReadsHostFacts('success()')).toBe(false);
    expect(conditionReadsHostFacts(undefined)).toBe(false);
  });
});

describe('preparing a step', () => {
  it('parses nothing twice: a thousand steps with a large event make a value a key that is read', () => {
    let reads = 0;
    const event = new Proxy({ number: 5 } as Record<string, unknown>, { get: (target, key) => (reads++, target[key as string]) });
    const run = { ...facts.run, env: {}, facts: { github: { event }, vars: {}, env: {}, runners: {} } };
    const step = { kind: 'run', address: 'build/1', name: 'n ${{ github.event.number }}', env: {}, continueOnError: false, run: 'true' } as unknown as RunStepPlan;
    for (let i = 0; i < 1000; i++) expect(prepareStep(step, { ...facts, run }).name).toBe('n 5');
    expect(reads).toBeLessThanOrEqual(2000);
  });
});
