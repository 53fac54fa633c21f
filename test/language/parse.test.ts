import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseActionFile } from '../../language/actionMetadata.js';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { githubDiagnostics } from '../../language/githubSchema.js';
import { makePlan } from '../../language/makePlan.js';
import { parseWorkflowFile, workflowType } from '../../language/parse.js';

const root = join(import.meta.dirname, '../..');
const shipped = readdirSync(join(root, 'deployments')).filter((name) => /\.ya?ml$/.test(name) && !['cloud-config.yml', 'inventory.example.yml'].includes(name));
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const messages = (text: string) => parseWorkflowFile(text, 'f.yml').diagnostics.map(formatDiagnostic);

function shippedActions() {
  return new Map(readdirSync(join(root, 'actions')).map((name) => {
    const { action, diagnostics } = parseActionFile(read('actions', name, 'action.yml'), `actions/${name}/action.yml`);
    expect(diagnostics.map(formatDiagnostic)).toEqual([]);
    return [name, action!] as const;
  }));
}

describe('the files that ship', () => {
  it('are there', () => expect(shipped).toContain('deploy.yml'));

  it.each(shipped)('%s has no problem, makes a plan from its defaults, and a plan is JSON', (name) => {
    const { definition, diagnostics } = parseWorkflowFile(read('deployments', name), name);
    expect(diagnostics.map(formatDiagnostic)).toEqual([]);
    const result = makePlan(definition!, { actions: shippedActions() });
    expect(result.diagnostics.map(formatDiagnostic)).toEqual([]);
    expect(JSON.parse(JSON.stringify(result.plan))).toEqual(result.plan);
    expect(result.plan!.type).toBe(workflowType(name));
  });

  it.each(shipped)('%s is what GitHub accepts, but for our extra keys', async (name) => {
    expect(await githubDiagnostics(read('deployments', name), name)).toEqual([]);
    const strict = await githubDiagnostics(read('deployments', name), name, { reportExtraKeys: true });
    expect(strict.map(({ message }) => message)).toEqual(["GitHub: Unexpected value 'on-failure'"]);
  });

  it('refuse too few machines with the reason, and point to the input', () => {
    const { definition } = parseWorkflowFile(read('deployments/deploy.yml'), 'deploy.yml');
    const { diagnostics } = makePlan(definition!, { actions: shippedActions(), inputs: { machines: '2', web: 100 } });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'input machines: 2 is less than 3: etcd needs three machines to survive the loss of one',
      expect.stringMatching(/^input web: 100 is more than 99/),
    ]);
    const machines = read('deployments/deploy.yml').split('\n').findIndex((line) => line.trim() === 'machines:') + 1;
    expect(diagnostics[0]).toMatchObject({ file: 'deploy.yml', line: machines, column: 7 });
  });

  it('do what the caller says on a failure, and otherwise what the file says', () => {
    const { definition } = parseWorkflowFile(read('deployments/deploy.yml'), 'deploy.yml');
    expect(makePlan(definition!, { actions: shippedActions() }).plan!.onFailure).toBe('undo');
    expect(makePlan(definition!, { actions: shippedActions(), onFailure: 'keep' }).plan!.onFailure).toBe('keep');
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    'on', 'jobs', 'workflow_dispatch', 'steps', 'run', 'uses', 'with', 'needs', 'if', 'strategy', 'matrix', '- ', ': ', '\n', '  ', '${{', '}}', "'", '"',
    '&a ', '*a', '[', ']', '{', '}', '|', '>', '#', '? ', '<<', '!!str ', '~', '---\n', '\t', '0', 'true', 'inputs.x', 'success()', 'a', ',', '\u0000', '\uD800',
  );
  const any = fc.oneof(fc.string({ unit: 'binary' }), fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')));

  it('is a definition or diagnostics within the text, and never an exception', () => {
    fc.assert(fc.property(any, (text) => {
      const { definition, diagnostics } = parseWorkflowFile(text, 'f.yml');
      expect(definition === undefined).toBe(diagnostics.length > 0);
      const lines = text.split('\n').length;
      for (const { line, column } of diagnostics) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThan(0);
      }
      parseActionFile(text, 'action.yml');
    }), { numRuns: 500 });
  });

  it('in the place of any value of a good file is no exception either', () => {
    const lines = read('test/conformance/every-key-that-is-done-is-in-the-plan/workflow.yml').split('\n');
    fc.assert(fc.property(fc.nat(lines.length - 1), fc.oneof(any, fc.json()), (at, value) => {
      const text = lines.map((line, i) => (i === at ? line.replace(/(?<=: ?|- )\S.*$/, value) : line)).join('\n');
      const { definition } = parseWorkflowFile(text, 'f.yml');
      if (definition) makePlan(definition, { actions: new Map(), inputs: { who: value } });
    }), { numRuns: 500 });
  });
});

describe('text that would take too long', () => {
  it.each([
    ['nested brackets', '['.repeat(400_000), /^f.yml:1:10\d: this is nested more than 100 deep$/],
    ['nested mappings', '{a: '.repeat(100_000), /^f.yml:1:4\d\d: this is nested more than 100 deep$/],
    ['nested lists', '- '.repeat(200_000), /^f.yml:1:2\d\d: this is nested more than 100 deep$/],
    ['more than 500 KB', `# ${'é'.repeat(256_000)}`, /^f.yml:1:1: the file has 512002 bytes, and 512000 is the most$/],
    ['nesting through aliases', `a: &a ${'['.repeat(60)}${']'.repeat(60)}\nb: ${'['.repeat(60)}*a${']'.repeat(60)}`, /^f.yml:2:64: this is nested more than 100 deep$/],
  ])('%s: one diagnostic says so', (_, text, message) => expect(messages(text)).toContainEqual(expect.stringMatching(message)));

  it('an alias bomb is found without being written out', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`);
    expect(messages(`k0: &k0 [x]\n${levels.join('\n')}\n`)).toContainEqual(expect.stringContaining('with its aliases written out, the file has more than 250000 values'));
  });
});
