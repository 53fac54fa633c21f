import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../language/checkWorkflow.js';
import { matchesPatterns, patternProblem } from '../../language/filterPatterns.js';
import { parseWorkflowFile } from '../../language/parse.js';
import { defaultEvent, triggerProblem } from '../../language/triggers.js';

const JOBS = 'jobs: {a: {runs-on: x, steps: [{run: x}]}}\n';
const triggers = (on: string) => parseWorkflowFile(`on: ${on}\n${JOBS}`, 'f.yml').definition!.triggers;
const push = (ref: string, ...paths: string[]) => ({ event_name: 'push', ref, event: { ref, commits: [{ added: paths, modified: [], removed: [] }] } });
const pull = (base: string, action = 'opened') => ({ event_name: 'pull_request', base_ref: base, event: { action } });

describe('a pattern', () => {
  it.each([
    ['main', 'main', true], ['main', 'Main', false], ['feature/*', 'feature/a', true], ['feature/*', 'feature/a/b', false], ['feature/**', 'feature/a/b', true],
    ['**', 'all/the/branches', true], ['*', 'a/b', false], ['**.js', 'src/a.js', true], ['**/*.md', 'README.md', true], ['docs/**/*.md', 'docs/a/b/c.md', true],
    ['docs/**/*.md', 'docs/c.md', true], ['v[12].[0-9]+.[0-9]+', 'v1.10.1', true], ['v[12].[0-9]+.[0-9]+', 'v3.10.1', false], ['*.jsx?', 'page.js', true],
    ['a+b', 'aab', true], ['x.y', 'xzy', false], ['a(b', 'a(b', true], ['\\*', '*', true], ['[z-a]', '[z-a]', true],
  ])('%s takes %s: %s', (pattern, name, takes) => expect(matchesPatterns([pattern], name)).toBe(takes));

  it('that is negative takes out, and a later one in again', () => {
    const patterns = ['releases/**', '!releases/**-alpha', 'releases/x-alpha'];
    expect(['releases/1', 'releases/1-alpha', 'releases/x-alpha'].map((name) => matchesPatterns(patterns, name))).toEqual([true, false, true]);
  });
});

describe('a pattern that takes nothing', () => {
  it.each([
    ['v[0-', 'a "[" is not closed'], ['v[9-0]', 'in "9-0" the first comes after the last'], ['v[]', 'a set of nothing'], ['!', 'nothing behind the "!"'], ['main ', 'begins or ends with a space'],
    ['a b', 'no branch or tag has " "'], ['x~1', 'no branch or tag has "~"'], ['/v\\d+/', 'begins or ends with "/"'],
  ])('of branches and tags: %j', (pattern, message) => expect(patternProblem(pattern, false)).toContain(message));

  it.each(['/src/**', './src', '../x', '!./x'])('of paths: %j', (pattern) => expect(patternProblem(pattern, true)).toContain('from the root of the repository'));

  it.each([['main', false], ['**', false], ['!v[0-9]+', false], ['feature/**', false], ['v\\[x', false], ['docs/**/*.md', true], ['.github/**', true], ['a b/*.txt', true], ['**.js', true], ['..x', true]])(
    'is not %j', (pattern, ofPaths) => expect(patternProblem(pattern as string, ofPaths as boolean)).toBeUndefined());

  it('is an error of validate, and no reason not to run', async () => {
    const text = `on: {push: {branches: [main, "v[0-"]}, workflow_run: {types: [completed]}}\n${JOBS}`;
    const { definition, diagnostics } = await checkWorkflow(text, 'f.yml');
    expect(definition).toBeDefined();
    expect(diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '1:30 "v[0-" takes nothing: a "[" is not closed with "]"',
      '1:40 "workflow_run" needs "workflows": the names of the workflows after which it runs',
    ]);
  });
});

describe('an event', () => {
  it.each([
    ['push', push('refs/heads/main')],
    ['{push: {branches: [main]}}', push('refs/heads/main')],
    ['{push: {tags: [v*]}}', push('refs/tags/v1')],
    ['{push: {tags-ignore: [x]}}', push('refs/tags/v1')],
    ['{push: {paths: [src/**]}}', push('refs/heads/main', 'docs/a', 'src/b')],
    ['{push: {paths: [src/**]}}', push('refs/heads/main')],
    ['{push: {paths-ignore: [docs/**]}}', push('refs/heads/main', 'docs/a', 'src/b')],
    ['pull_request', pull('main', 'synchronize')],
    ['{pull_request: {types: [labeled], branches: [main]}}', pull('main', 'labeled')],
    ['{workflow_run: {workflows: [CI], branches: [main]}}', { event_name: 'workflow_run', event: { workflow_run: { name: 'CI', head_branch: 'main' } } }],
    ['[issues, push]', { event_name: 'issues', event: { action: 'anything' } }],
  ])('starts %s', (on, github) => expect(triggerProblem(triggers(on), { github })).toBeUndefined());

  it.each([
    ['push', pull('main'), 'its "on" has push, and not pull_request'],
    ['{push: {branches: [main]}}', push('refs/heads/dev'), 'dev is not among its branches main'],
    ['{push: {branches-ignore: [dev]}}', push('refs/heads/dev'), 'dev is among its branches-ignore dev'],
    ['{push: {branches: [main]}}', push('refs/tags/v1'), 'it takes pushes of branches, and this is one of the tag v1'],
    ['{push: {tags: [v*]}}', push('refs/heads/main'), 'it takes pushes of tags, and this is one of the branch main'],
    ['{push: {paths: [src/**]}}', push('refs/heads/main', 'docs/a'), 'nothing that it changes is among its paths src/**'],
    ['{push: {paths-ignore: [docs/**]}}', push('refs/heads/main', 'docs/a'), 'all that it changes is among its paths-ignore docs/**'],
    ['pull_request', pull('main', 'labeled'), 'it takes the types opened, synchronize, reopened of pull_request, and not labeled'],
    ['{pull_request: {branches: [main]}}', pull('dev'), 'dev is not among its branches main'],
    ['{workflow_run: {workflows: [CI]}}', { event_name: 'workflow_run', event: { workflow_run: { name: 'Other' } } }, 'it follows CI, and not Other'],
  ])('does not start %s', (on, github, why) => expect(triggerProblem(triggers(on), { github })).toBe(why));

  it('that nobody gave is a dispatch, else a push, else the first', () => {
    expect([['push', 'workflow_dispatch'], ['issues', 'push'], ['issues', 'label']].map((events) => defaultEvent({ triggers: triggers(`[${events.join(', ')}]`) })))
      .toEqual(['workflow_dispatch', 'push', 'issues']);
  });
});

describe('what GitHub refuses and everybody can run', () => {
  it.each([
    ['{push: {tag: x}}', 'unknown key "tag" in push'],
    ['{pull_request: {types: [opend]}}', /^pull_request has no type "opend"/],
    ['{workflow_dispatch: {branches: [x]}}', 'unknown key "branches" in workflow_dispatch'],
    ['{workflow_call: {inputs: {a: {}}}}', 'input a needs "type": string, number, boolean'],
  ])('on: %s is a finding of validate, and is run', async (on, message) => {
    const text = `on: ${on}\n${JOBS}`;
    expect(parseWorkflowFile(text, 'f.yml').definition).toBeDefined();
    expect((await checkWorkflow(text, 'f.yml')).diagnostics.map((found) => found.message)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  it('is an if with something around its braces, which is true', async () => {
    const text = 'on: push\njobs: {a: {runs-on: x, if: "${{ false }} ", steps: [{run: x, shell: "${{ env.X }}"}]}}\n';
    expect(parseWorkflowFile(text, 'f.yml').definition?.jobs[0]?.if).toBe("format('{0} ', false )".replace(', false )', ',  false )'));
    expect((await checkWorkflow(text, 'f.yml')).diagnostics.map((found) => found.message)).toEqual([expect.stringMatching(/^"if" is always true/), 'an expression is not allowed here']);
  });
});
