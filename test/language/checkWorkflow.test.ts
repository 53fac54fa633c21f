import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../language/checkWorkflow.js';
import { formatDiagnostic, isError } from '../../language/diagnostics.js';
import { parseUsesAction } from '../../language/usesAction.js';
import { planText } from '../../language/planText.js';

const FILE = `on: {push: , workflow_dispatch: {inputs: {web: {type: number}, who: {}}}}
env: {A: "\${{ EXPRESSION_OF_FILE }}"}
jobs:
  a:
    runs-on: x
    outputs: {o: "\${{ steps.one.outputs.x }}"}
    steps:
      - {run: x, id: zero}
      - {run: x, id: one, env: {A: "\${{ EXPRESSION_OF_STEP }}"}}
  b:
    needs: A
    runs-on: x
    strategy: {matrix: {os: [a, b], n: [{v: 1}, {w: x}], include: [{extra: 1}]}}
    if: EXPRESSION_OF_IF
    steps: [{run: x, env: {A: "\${{ EXPRESSION_OF_B }}"}}]
`;

async function findings(place: 'FILE' | 'STEP' | 'IF' | 'B', expression: string): Promise<readonly string[]> {
  const text = FILE.replace(`EXPRESSION_OF_${place}`, expression).replaceAll(/EXPRESSION_OF_\w+/g, 'true');
  const { diagnostics } = await checkWorkflow(text, 'f.yml');
  return diagnostics.map(({ message }) => message.replace('expression: ', ''));
}

describe('a called workflow', () => {
  const FILE_THAT_CALLS = 'on: push\njobs: {a: {uses: o/r/w.yml@v1}, b: {needs: a, runs-on: x, steps: [{run: x, env: {A: "${{ needs.a.outputs.x }}"}}]}}\n';

  it('whose repository cannot be reached is a warning of validate, and an error of a run', async () => {
    const read = async () => ({ problem: 'nobody answers', unreachable: true });
    const { definition, calls, diagnostics } = await checkWorkflow(FILE_THAT_CALLS, 'f.yml', read);
    expect([definition?.jobs.length, calls.size, diagnostics.map(formatDiagnostic)]).toEqual([2, 0, ['f.yml:2:18: warning: "o/r/w.yml@v1" cannot be read: nobody answers']]);
    const planned = await planText(FILE_THAT_CALLS, 'f.yml', { inputs: {}, actions: new Map(), readWorkflow: read });
    expect(planned.diagnostics.map(formatDiagnostic)).toEqual(['f.yml:2:18: "o/r/w.yml@v1" cannot be read: nobody answers']);
  });

  it('that is not there is an error', async () => {
    const { diagnostics } = await checkWorkflow(FILE_THAT_CALLS, 'f.yml', async () => ({ problem: 'there is no such file' }));
    expect(diagnostics.map(formatDiagnostic)).toEqual(['f.yml:2:18: "o/r/w.yml@v1" cannot be read: there is no such file']);
  });
});

describe('a called workflow that asks for more than its caller gives', () => {
  const called = (permissions: string, ofJob = '{}') => `{on: workflow_call, ${permissions} jobs: {deep: {runs-on: x, permissions: ${ofJob}, steps: [{run: x}]}}}`;
  const caller = (ofFile: string, ofJob: string) => `on: push\n${ofFile}\njobs:\n  a: {${ofJob} uses: ./c.yml}\n`;
  const middle = '{on: workflow_call, jobs: {b: {permissions: {actions: read}, uses: ./d.yml}}}';

  it.each([
    ['permissions: {actions: read}', '', called('permissions: {actions: write},'), 'it asks for actions: write, and is given actions: read'],
    ['permissions: {actions: read}', '', called('', '{actions: write}'), 'its job deep asks for actions: write, and is given actions: read'],
    ['permissions: write-all', 'permissions: {},', called('', '{contents: read, packages: write}'), 'its job deep asks for contents: read, packages: write, and is given contents: none, packages: none'],
    ['', 'permissions: read-all,', called('permissions: write-all,'), /^it asks for actions: write, artifact-metadata: write.*, \.\.\., and is given actions: read/],
    ['permissions: {actions: write}', '', called('permissions: {actions: read},', '{actions: write}'), undefined],
    ['', '', called('permissions: write-all,'), undefined],
    ['permissions: write-all', '', called('permissions: write-all,', 'read-all'), undefined],
    ['permissions: {actions: write}', '', called(''), undefined],
  ])('is what GitHub refuses: %s %s %s', async (ofFile, ofJob, text, message) => {
    const file = caller(ofFile, ofJob);
    const read = async () => ({ text, file: 'c.yml' });
    const { diagnostics } = await checkWorkflow(file, 'f.yml', read);
    expect(diagnostics.map(formatDiagnostic)).toEqual(message === undefined ? [] : [expect.stringMatching(/^f.yml:4:3: /)]);
    if (message !== undefined) expect(diagnostics[0]!.message.replace('./c.yml: ', '')).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect((await planText(file, 'f.yml', { actions: new Map(), readWorkflow: read })).diagnostics).toEqual([]);
  });

  it('is it also two calls away', async () => {
    const read = async (uses: string) => (uses === './c.yml' ? { text: middle, file: 'c.yml' } : { text: called('permissions: {actions: write},'), file: 'd.yml' });
    const { diagnostics } = await checkWorkflow(caller('permissions: {actions: write}', ''), 'f.yml', read);
    expect(diagnostics.map(formatDiagnostic)).toEqual(['c.yml:1:28: ./d.yml: it asks for actions: write, and is given actions: read']);
  });

  it('is it also where the workflow between them says nothing', async () => {
    const read = async (uses: string) => (uses === './c.yml' ? { text: '{on: workflow_call, jobs: {b: {uses: ./d.yml}}}', file: 'c.yml' } : { text: called('permissions: {actions: write},'), file: 'd.yml' });
    const { diagnostics } = await checkWorkflow(caller('permissions: {actions: read}', ''), 'f.yml', read);
    expect(diagnostics.map(formatDiagnostic)).toEqual(['c.yml:1:28: ./d.yml: it asks for actions: write, and is given actions: read']);
  });
});

describe('an input of a called workflow that is required and has a default', () => {
  it('is wanted of its callers by GitHub, and is its default here', async () => {
    const file = (gives: string) => `on: push\njobs:\n  a: {uses: ./c.yml${gives}}\n`;
    const read = async () => ({ text: "{on: {workflow_call: {inputs: {Who: {type: string, required: true, default: mona}}}}, jobs: {deep: {runs-on: x, steps: [{run: x}]}}}", file: 'c.yml' });
    const found = async (gives: string) => (await checkWorkflow(file(gives), 'f.yml', read)).diagnostics.map(formatDiagnostic);
    expect(await found('')).toEqual(['f.yml:3:13: ./c.yml needs the input "Who": GitHub asks for it although it has a default']);
    expect([await found(', with: {who: x}'), await found(', with: {"${{ insert }}": "${{ github }}"}')]).toEqual([[], []]);
    expect((await planText(file(''), 'f.yml', { actions: new Map(), readWorkflow: read })).diagnostics).toEqual([]);
  });
});

describe('what a step gives an action that is known', () => {
  const actions: Readonly<Record<string, string>> = {
    './own': 'name: x\ndescription: x\ninputs: {who: {description: x, required: true}, Count: {description: x, default: 1}}\noutputs: {said: {description: x, value: x}}\nruns: {using: composite, steps: []}\n',
    'a/public@v1': 'name: x\ndescription: x\ninputs: {path: {description: x}}\nruns: {using: node20, main: x.js}\n',
    './docker': 'name: x\ndescription: x\nruns: {using: docker, image: Dockerfile}\n',
  };
  const read = async (uses: string) => (uses === './broken' ? { problem: 'it is broken' } : uses in actions ? parseUsesAction(actions[uses]!, uses).action : undefined);

  it.each([
    ['uses: ./own, with: {who: mona, count: 2}', []],
    ['uses: ./own', ['1:50: warning: ./own needs the input "who"']],
    ['uses: ./own, with: {WHO: mona, coont: 2}', ['1:75: warning: ./own has no input "coont": there are who, Count: did you mean "Count"?']],
    ['uses: ./own, with: "${{ fromJSON(vars.X) }}"', []],
    ['uses: a/public@v1, with: {pth: x}', ['1:70: warning: a/public@v1 has no input "pth": there are path: did you mean "path"?']],
    ['uses: ./docker, with: {args: x, entrypoint: y}', []],
    ['uses: ./broken', ['1:50: it is broken']],
    ['uses: ./made-by-an-earlier-step, with: {x: y}', []],
    ['uses: someone/else@v1, with: {x: y}', []],
  ])('%s', async (step, expected) => {
    const { diagnostics } = await checkWorkflow(`{on: push, jobs: {a: {runs-on: x, steps: [{${step}}]}}}`, 'f.yml', undefined, read);
    expect(diagnostics.map((one) => formatDiagnostic(one).replace('f.yml:', ''))).toEqual(expected);
  });

  it('are outputs: those that a composite action declares, any of another', async () => {
    const text = `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - {id: own, uses: ./own, with: {who: x}}\n    - {id: other, uses: a/public@v1}\n    - run: x\n      env: {A: "\${{ steps.own.outputs.SAID }}", B: "\${{ steps.own.outputs.sad }}", C: "\${{ steps.other.outputs.any }}"}\n`;
    const { diagnostics } = await checkWorkflow(text, 'f.yml', undefined, read);
    expect(diagnostics.map(({ message }) => message)).toEqual(['expression: steps.own.outputs has no member "sad": there is said']);
  });
});

describe('an expression', () => {
  it.each([
    ['FILE', 'github.reff', /^github has no member "reff"/],
    ['FILE', "github['reff']", /^github has no member "reff"/],
    ['FILE', 'inputs.wep', 'inputs has no member "wep": there are web, who'],
    ['STEP', 'steps.one.outcome', 'steps has no member "one": there is zero'],
    ['STEP', 'steps.zero.outcom', 'steps.zero has no member "outcom": there are outputs, outcome, conclusion'],
    ['STEP', 'matrix.os', 'matrix has no member "os": it has none'],
    ['STEP', 'needs.b.result', 'needs has no member "b": it has none'],
    ['STEP', 'runner.nosuch', /^runner has no member "nosuch"/],
    ['STEP', 'job.statuss', /^job has no member "statuss"/],
    ['STEP', "join(steps.*.otcome, ',')", 'steps.* has no member "otcome": there are outputs, outcome, conclusion'],
    ['STEP', 'secrets.a.b', 'secrets.a is a text and has no member "b"'],
    ['STEP', "contains(github, 'x')", 'contains takes a text or a list as its first argument, not an object'],
    ['STEP', "startsWith(steps.*, 'x')", 'startsWith takes a text as its first argument, not a list'],
    ['STEP', "format('{0} {1}', 1)", 'format has {1} and no argument for it'],
    ['STEP', "format('x', 1)", 'format has no {0} for its second argument'],
    ['STEP', "fromJSON('{bad')", /^this is not JSON: /],
    ['STEP', "github == 'x'", 'an object is never equal to a text'],
    ['STEP', 'true != steps.*', 'a list is never equal to true or false'],
    ['STEP', 'github < 1', 'an object has no order: "<" compares numbers or texts'],
    ['STEP', '1 >= null', 'null has no order: ">=" compares numbers or texts'],
    ['STEP', 'github.ref_protected > 1', 'true or false has no order: ">" compares numbers or texts'],
    ['B', 'needs.a.outputs.p', 'needs.a.outputs has no member "p": there is o'],
    ['B', 'matrix.ohs', 'matrix has no member "ohs": there are os, n, extra'],
    ['B', 'matrix.n.u', 'matrix.n has no member "u": there are v, w'],
    ['STEP', "fromJSON('{}').b", 'fromJSON(...) has no member "b": it has none'],
    ['STEP', 'github.event == \'push\'', 'an object is never equal to a text'],
    ['STEP', 'env[0]', 'env is an object, and a number names no member of it'],
    ['STEP', 'github[inputs.web]', 'github is an object, and a number names no member of it'],
    ['STEP', "fromJSON('[1]')[inputs.who]", 'fromJSON(...) is a list, and a text names no item of it'],
    ['STEP', "fromJSON('[1]').first", 'fromJSON(...) is a list and has no member "first"'],
    ['IF', 'needs.c.result', 'needs has no member "c": there is a'],
  ] as const)('%s: %s cannot be', async (place, expression, message) => {
    expect(await findings(place, expression)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  it.each([
    ['FILE', 'github.event.anything.at[0].all'],
    ['STEP', "github == github && steps.* == null && '42' == 42 && true == 1 && '41' < 42 && github.event.x < 3"],
    ['FILE', 'vars.X || inputs.WHO || github.repositoryUrl'],
    ['STEP', "steps.ZERO.outputs.x && env.Y && secrets.Z && hashFiles('x')"],
    ['STEP', 'job.services.db.ports[5432] && job.container.id'],
    ['STEP', "fromJSON(steps.zero.outputs.x).a.b && contains(github.event.issue.labels.*.name, 'x')"],
    ['STEP', "contains(fromJSON('[1]'), 1) && format('{{0}} {0}', 1) && join(github.event.commits.*.id)"],
    ['B', 'needs.a.outputs.o && needs.A.result && matrix.os && matrix.n.v && matrix.n.w && matrix.extra && strategy.job-index'],
    ['IF', "always() && needs.*.result && contains(needs.*.result, 'failure')"],
  ] as const)('%s: %s can be', async (place, expression) => expect(await findings(place, expression)).toEqual([]));

  it.each([
    ['${{ steps }}', '6:17', 'in a text, an object reads as the word "Object"'],
    ['a list: ${{ steps.*.outcome }}', '6:25', 'in a text, a list reads as the word "Array"'],
    ['${{ null }}', '6:17', 'in a text, null reads as nothing at all'],
  ])('in a script is text: %s', async (script, place, message) => {
    const text = `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: "${script}"\n      env: "\${{ github.event.env }}"\n`;
    const { diagnostics } = await checkWorkflow(text, 'f.yml');
    expect(diagnostics.map(formatDiagnostic)).toEqual([expect.stringContaining(`f.yml:${place}: expression: ${message}`)]);
  });

  it.each([
    ['env: ${{ runner.os }}', 'the value must be an object, and this is a text'],
    ['timeout-minutes: ${{ inputs.who }}', 'the value must be a number, and this is a text'],
    ['timeout-minutes: ${{ runner.debug == 1 }}', 'the value must be a number, and this is true or false'],
    ['continue-on-error: ${{ inputs.n }}', 'the value must be true or false, and this is a number'],
    ["env: ${{ fromJSON('[1]') }}", 'the value must be an object, and this is a list'],
    ["env: ${{ fromJSON('{}') }}", undefined],
    ['timeout-minutes: ${{ inputs.n }}', undefined],
    ['timeout-minutes: ${{ inputs.who || 5 }}', undefined],
    ['timeout-minutes: ${{ fromJSON(inputs.who) }}', undefined],
  ])('that is all of a value gives what the key takes: %s', async (key, message) => {
    const text = `on: {workflow_dispatch: {inputs: {who: {}, n: {type: number}}}}\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: x\n      ${key}\n`;
    const { diagnostics } = await checkWorkflow(text, 'f.yml');
    expect(diagnostics.map(({ message: said }) => said)).toEqual(message === undefined ? [] : [`expression: ${message}`]);
  });

  it.each([
    ['a step without a body', '  a:\n    runs-on: x\n    steps:\n    - id: one\n    - run: "${{ steps.one.outcome }} ${{ steps.two.outcome }}"\n', 'steps has no member "two": there is one'],
    ['a job without a body', '  a:\n  b:\n    needs: a\n    runs-on: x\n    steps:\n    - run: "${{ needs.a.result }} ${{ needs.b.result }}"\n', 'needs has no member "b": there is a'],
    ['a matrix that is none', '  a:\n    strategy: {matrix: 1}\n    runs-on: "${{ matrix.x }}"\n    steps: [{run: "${{ runner.x }}"}]\n', 'runner has no member "x"'],
  ])('is checked beside %s, and what that has to do with it is not said twice', async (_, jobs, message) => {
    const { definition, diagnostics } = await checkWorkflow(`on: push\njobs:\n${jobs}`, 'f.yml');
    expect(definition).toBeUndefined();
    expect(diagnostics.map(({ message: text }) => text).filter((text) => text.startsWith('expression: '))).toEqual([expect.stringContaining(message)]);
  });

  it('in a script that others can choose is a warning with the form that is safe', async () => {
    const text = 'on: {workflow_dispatch: {inputs: {who: {}, n: {type: number}}}}\njobs: {a: {runs-on: x, steps: [{run: "${{ inputs.who }} ${{ inputs.n }} ${{ github.sha }} ${{ github.event.issue.title }}"}]}}\n';
    const { definition, diagnostics } = await checkWorkflow(text, 'f.yml');
    expect(definition).toBeDefined();
    expect(diagnostics.filter(isError)).toEqual([]);
    expect(diagnostics.map(formatDiagnostic)).toEqual([
      'f.yml:2:43: warning: ${{ inputs.who }} becomes a part of the script, so whoever chooses its value chooses what runs: hand it over by "env: {WHO: ${{ inputs.who }}}" and write "$WHO"',
      expect.stringMatching(/^f.yml:2:95: warning: .*env: \{TITLE: /),
    ]);
  });
});
