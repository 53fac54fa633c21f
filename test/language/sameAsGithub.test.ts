/** Every slip that GitHub's own parser finds is found by ours, too. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { checkWorkflow } from '../../language/checkWorkflow.js';
import { formatDiagnostic, isError } from '../../language/diagnostics.js';
import { githubDiagnostics } from '../../language/githubSchema.js';

const folder = (name: string) => readFileSync(packagePath('test', 'conformance', name, 'workflow.yml'), 'utf8');
const FILES = ['every-key-that-is-done-is-in-the-plan', 'containers-services-and-environments', 'concurrency-of-the-file-and-of-jobs', 'runs-on-in-every-form', 'permissions-and-names-are-checked',
  'every-event-with-its-filters-is-fine'].map(folder);

/** Words of the language, and what does not fit anywhere. */
const WORDS = ['x', '1', '-1', 'true', "''", '[]', '{}', '[a, b]', '{a: b}', 'null', '${{ github.ref }}', "'${{ secrets.X }}'", "'${{ nosuch.x }}'", 'read-all', 'push', 'steps', 'bash'];
const KEYS = ['runs-on', 'run', 'uses', 'with', 'name', 'needs', 'if', 'env', 'steps', 'group', 'types', 'image', 'matrix', 'inputs', 'nosuch', 'shell', 'outputs'];

describe('a file with one slip', () => {
  it('is wrong here where it is wrong for GitHub', async () => {
    const slip = fc.record({ text: fc.constantFrom(...FILES), at: fc.nat(200), key: fc.boolean(), word: fc.constantFrom(...WORDS), name: fc.constantFrom(...KEYS) });
    await fc.assert(fc.asyncProperty(slip, async ({ text, at, key, word, name }) => {
      const lines = text.split('\n');
      const i = at % lines.length;
      const changed = lines.map((line, n) => (n !== i ? line : key ? line.replace(/[\w-]+(?=:)/, name) : line.replace(/(?<=: ?|- )\S.*$/, word))).join('\n');
      const github = await githubDiagnostics(changed, 'f.yml');
      if (github.length === 0) return;
      const ours = await checkWorkflow(changed, 'f.yml');
      const found = ours.diagnostics.filter(isError);
      expect(found.length, `${github.map(formatDiagnostic).join('\n')}\n${lines[i]}\n${changed}`).toBeGreaterThan(0);
    }), { numRuns: 400 });
  });
});

describe('a file with what GitHub takes and its package does not know yet', () => {
  it.each(['run-what-the-cache-mode-lets-a-job-do', 'steps-that-run-beside-others'])('is right: %s', async (name) => {
    expect((await githubDiagnostics(folder(name), 'f.yml')).map(formatDiagnostic)).toEqual([]);
  });
});
