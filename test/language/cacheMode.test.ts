import { describe, expect, it } from 'vitest';
import { cacheAccess, cacheModeOf } from '../../language/cacheMode.js';
import { checkWorkflow } from '../../language/checkWorkflow.js';
import { formatDiagnostic } from '../../language/diagnostics.js';
import type { CacheMode } from '../../language/plan.js';
import { planText } from '../../language/planText.js';

describe('the cache mode of a job', () => {
  it('lets it restore and save, or one of them, or nothing', () => {
    expect((['write', 'read', 'write-only', 'none', undefined] as const).map((mode) => cacheAccess(mode)))
      .toEqual([{ restore: true, save: true }, { restore: true, save: false }, { restore: false, save: true }, { restore: false, save: false }, { restore: true, save: true }]);
  });

  it.each<[CacheMode | undefined, CacheMode | undefined, CacheMode | undefined, CacheMode | undefined]>([
    ['none', 'write', undefined, 'none'], [undefined, 'read', undefined, 'read'], [undefined, undefined, 'read', 'read'], [undefined, undefined, undefined, undefined],
    ['write', 'read', 'write', 'write'], ['write', undefined, 'read', 'read'], ['read', undefined, 'write-only', 'none'], [undefined, 'write', 'none', 'none'],
  ])('%s in a workflow with %s that is given %s is %s', (ofJob, ofFile, given, mode) => {
    const holder = (cacheMode: CacheMode | undefined) => (cacheMode ? { cacheMode } : {});
    expect(cacheModeOf(holder(ofJob), holder(ofFile), given)).toBe(mode);
  });
});

describe('a called workflow whose jobs want more of the cache than they are given', () => {
  const called = (ofFile: string, ofJob: string) => `{on: workflow_call, ${ofFile} jobs: {deep: {runs-on: x, ${ofJob} steps: [{run: x}]}}}`;
  const middle = (mode: string) => `{on: workflow_call, jobs: {b: {${mode} uses: ./d.yml}}}`;
  const said = (wanted: string, given: string) => `: its job deep has cache-mode: ${wanted}, and is given ${given}`;

  it.each<[string, string, string, string, string | undefined]>([
    ['cache-mode: read', '', 'cache-mode: write,', '', said('write', 'read')],
    ['cache-mode: write', 'cache-mode: none,', 'cache-mode: read,', '', said('read', 'none')],
    ['cache-mode: none', 'cache-mode: write,', 'cache-mode: write,', '', undefined],
    ['cache-mode: read', '', 'cache-mode: write,', 'cache-mode: read,', undefined],
    ['cache-mode: write-only', '', '', 'cache-mode: read,', said('read', 'write-only')],
    ['cache-mode: none', '', '', '', undefined],
    ['', '', 'cache-mode: write,', '', undefined],
  ])('is what GitHub refuses: %s, %s calls %s %s', async (ofFile, ofCall, ofCalled, ofJob, message) => {
    const file = `on: push\n${ofFile}\njobs:\n  a: {${ofCall} uses: ./c.yml}\n`;
    const read = async () => ({ text: called(ofCalled, ofJob), file: 'c.yml' });
    expect((await checkWorkflow(file, 'f.yml', read)).diagnostics.map(formatDiagnostic)).toEqual(message === undefined ? [] : [`f.yml:4:3: ./c.yml${message}`]);
    expect((await planText(file, 'f.yml', { actions: new Map(), readWorkflow: read })).diagnostics).toEqual([]);
  });

  it.each<[string, string, string | undefined]>([['cache-mode: read', '', 'read'], ['', 'cache-mode: read,', 'read'], ['', '', undefined]])('is it also two calls away: %s, %s', async (ofFile, ofMiddle, given) => {
    const read = async (uses: string) => (uses === './c.yml' ? { text: middle(ofMiddle), file: 'c.yml' } : { text: called('cache-mode: write,', ''), file: 'd.yml' });
    const { diagnostics } = await checkWorkflow(`on: push\n${ofFile}\njobs: {a: {uses: ./c.yml}}\n`, 'f.yml', read);
    expect(diagnostics.map(formatDiagnostic)).toEqual(given === undefined ? [] : [`c.yml:1:28: ./d.yml${said('write', given)}`]);
  });
});
