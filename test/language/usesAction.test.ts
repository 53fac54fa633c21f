import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { imageAction, parseUsesAction } from '../../language/usesAction.js';

const parse = (text: string) => parseUsesAction(text, 'action.yml');
const problems = (text: string) => parse(text).diagnostics.map(formatDiagnostic);
const warnings = (text: string) => parse(text).warnings.map(formatDiagnostic);
const NODE = 'runs: {using: node20, main: index.js}\n';

describe('an action of others', () => {
  it('in JavaScript has its files and when they run', () => {
    const { action } = parse(`name: Say\ndescription: Says it\nauthor: me\nbranding: {icon: mic, color: red}\ninputs:
  text: {description: What, required: true, default: "\${{ github.actor }}", deprecationMessage: use words}\n  bare:\noutputs:\n  said: {description: It}
runs: {using: Node24, main: dist/index.js, pre: pre.js, pre-if: "\${{ runner.os == 'Linux' }}", post: post.js, post-if: success()}\n`);
    expect(action).toEqual({
      name: 'Say', description: 'Says it', author: 'me',
      inputs: {
        text: { description: 'What', required: true, default: '${{ github.actor }}', deprecationMessage: 'use words' },
        bare: { description: '', required: false },
      },
      outputs: { said: { description: 'It' } },
      runs: { using: 'node', version: 'node24', main: 'dist/index.js', pre: 'pre.js', preIf: "runner.os == 'Linux'", post: 'post.js', postIf: 'success()' },
    });
  });

  it.each(['node12', 'node16', 'node20', 'node24'])('says %s, and its pre and post run always', (version) => {
    expect(parse(`name: A\nruns: {using: ${version}, main: a.js}`).action?.runs).toEqual({ using: 'node', version, main: 'a.js', preIf: 'always()', postIf: 'always()' });
  });

  it('that is composite has steps, and outputs that are made of theirs', () => {
    const { action, diagnostics } = parse(`name: Both
outputs:
  out: {value: "\${{ steps.make.outputs.x }}"}
runs:
  using: composite
  steps:
    - id: make
      run: |
        echo one
        echo "x=\${{ inputs.x }}" >> "$GITHUB_OUTPUT"
      shell: bash
      working-directory: "\${{ github.action_path }}"
      if: inputs.x != '' && success()
      env: {A: 1}
    - uses: actions/setup-node@v4
      name: Node
      with: {node-version: 20}
      continue-on-error: true
`);
    expect(diagnostics).toEqual([]);
    expect(action?.outputs).toEqual({ out: { description: '', value: '${{ steps.make.outputs.x }}' } });
    expect(action?.runs).toEqual({
      using: 'composite',
      steps: [
        {
          kind: 'run', address: 'make', id: 'make', name: 'Run echo one', if: "inputs.x != '' && success()", env: { A: 1 }, continueOnError: false, shell: 'bash',
          run: 'echo one\necho "x=${{ inputs.x }}" >> "$GITHUB_OUTPUT"\n', workingDirectory: '${{ github.action_path }}',
        },
        { kind: 'uses', address: '2', name: 'Node', uses: 'actions/setup-node@v4', with: { 'node-version': 20 }, env: {}, continueOnError: true },
      ],
    });
  });

  it('in Docker has its image, arguments and entrypoints', () => {
    const { action } = parse(`name: D\nruns:\n  using: docker\n  image: docker://alpine:3\n  entrypoint: /e.sh\n  args: [a, "\${{ inputs.b }}", 3]\n  env: {C: d}\n  pre-entrypoint: p.sh\n  post-entrypoint: q.sh\n  post-if: failure()\n`);
    expect(action?.runs).toEqual({
      using: 'docker', image: 'docker://alpine:3', entrypoint: '/e.sh', args: ['a', '${{ inputs.b }}', '3'], env: { C: 'd' },
      preEntrypoint: 'p.sh', postEntrypoint: 'q.sh', preIf: 'always()', postIf: 'failure()',
    });
  });

  it('may be an image alone, whose arguments the step gives', () => {
    expect(imageAction('docker://alpine:3', 'docker://alpine:3').runs).toEqual({ using: 'docker', image: 'docker://alpine:3', env: {}, preIf: 'always()', postIf: 'always()' });
  });

  it('may hold keys that nobody knows, which is a warning', () => {
    expect(warnings(`name: A\nversion: 3\ninputs:\n  x: {desc: D}\n${NODE}`)).toEqual([
      'action.yml:2:1: unknown key "version" in the action is passed over',
      'action.yml:4:7: unknown key "desc" in input x is passed over: did you mean "description"?',
    ]);
    expect(problems(`name: A\nversion: 3\n${NODE}`)).toEqual([]);
  });

  it.each([
    ['', ['action.yml:1:1: the file is empty']],
    ['- a', ['action.yml:1:1: an action must be a mapping with "runs"']],
    ['name: A', ['action.yml:1:1: "runs" is missing: it says what the action runs']],
    ['name: A\nruns: {main: x}', ['action.yml:2:7: "using" is missing: write one of composite, docker, node12, node16, node20, node24']],
    ['name: A\nruns: {using: nod20, main: x}', ['action.yml:2:15: "using" is "nod20": use composite, docker, node12, node16, node20, node24: did you mean "node20"?']],
    ['name: A\nruns: {using: node20}', ['action.yml:2:7: a JavaScript action needs "main": the path of its entry file']],
    ['name: A\nruns: {using: docker}', ['action.yml:2:7: a Docker action needs "image": docker://IMAGE or the path of its Dockerfile']],
    ['name: A\nruns: {using: composite}', ['action.yml:2:7: a composite action needs "steps"']],
    ['name: A\nruns: {using: node20, main: x, image: y}', ['action.yml:2:32: unknown key "image" in "runs"']],
    ['name: A\nruns:\n  using: composite\n  steps:\n    - run: x', ['action.yml:5:7: "shell" is missing: a "run" of a composite action says its shell, such as shell: bash']],
    ['name: A\nruns:\n  using: composite\n  steps:\n    - {uses: a/b@c, run: x, shell: sh}', ['action.yml:5:8: a step has "run" or "uses", not both']],
    ['name: A\nruns:\n  using: composite\n  steps:\n    - {run: x, shell: sh, timeout-minutes: 3}', ['action.yml:5:27: unknown key "timeout-minutes" in a step of a composite action']],
    ['name: A\nruns:\n  using: composite\n  steps:\n    - {run: "${{ secrets.a }}", shell: sh}', [expect.stringContaining('action.yml:5:18: expression: context "secrets" is not available here')]],
    ['name: A\nruns:\n  using: composite\n  steps:\n    - {id: a, run: x, shell: sh}\n    - {id: A, run: x, shell: sh}', ['action.yml:6:7: the step\'s id "A" is taken by the step in line 5']],
    [`name: A\ninputs:\n  x: {default: "\${{ steps.a }}"}\n${NODE}`, [expect.stringContaining('action.yml:3:21: expression: context "steps" is not available here')]],
    ['name: [', [expect.stringContaining('not YAML')]],
  ])('is refused with line and column: %s', (text, expected) => {
    expect(problems(text)).toEqual(expected);
    expect(parse(text).action).toBeUndefined();
  });

  it.each([['true', true], ['"True"', true], ['false', false], ['', false], ['yes', false]])('says required: %s', (text, required) => {
    expect(parse(`name: A\ninputs:\n  x: {required: ${text}}\n${NODE}`).action?.inputs['x']?.required).toBe(required);
  });

  it('may show an expression in what it says to people', () => {
    expect(parse(`name: A\ninputs:\n  x: {description: "as in \${{ secrets.x }}"}\n${NODE}`).action?.inputs['x']?.description).toBe('as in ${{ secrets.x }}');
    expect(problems(`name: A\ndescription: [a]\n${NODE}`)).toEqual(['action.yml:2:14: "description" must be one value, not a list']);
  });

  it('pollutes nothing by the names of its inputs', () => {
    const inputs = parse(`name: A\ninputs:\n  __proto__: {default: a}\n  constructor: {default: b}\n${NODE}`).action!.inputs;
    expect(Object.keys(inputs)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['default']).toBeUndefined();
  });
});
