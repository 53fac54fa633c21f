import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { importsOf, violation } from './rules.js';

const FOLDERS = ['language', 'workflows', 'activities', 'infra', 'cli'];

function sources(): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(packagePath(folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`));
  return [...inFolders.filter((path) => path.endsWith('.ts')), 'worker.ts'];
}

describe('the folders', () => {
  it('import only what the design lets them', () => {
    const wrong = sources().flatMap((file) =>
      importsOf(readFileSync(packagePath(file), 'utf8')).flatMap((one) => violation(file, one) ?? []));
    expect(wrong).toEqual([]);
  });

  it('are read whole: every one of them has imports', () => {
    for (const folder of FOLDERS) {
      const found = sources().filter((file) => file.startsWith(`${folder}/`)).flatMap((file) => importsOf(readFileSync(packagePath(file), 'utf8')));
      expect(found.length, folder).toBeGreaterThan(0);
    }
  });
});

describe('the rules', () => {
  it.each([
    ['language/parse.ts', 'node:fs', 'language/ is pure'],
    ['language/parse.ts', 'fs', 'the same, without its prefix'],
    ['language/deep/parse.ts', '../../infra/paths.js', 'language/ imports no other folder'],
    ['language/parse.ts', '@temporalio/common', 'no Temporal in language/'],
    ['workflows/run.ts', 'node:crypto', 'no Node built-in in the sandbox'],
    ['workflows/run.ts', '../infra/paths.js', 'nothing of the world in the sandbox'],
    ['workflows/run.ts', '../activities/attend.js', 'activities are known by type only'],
    ['workflows/run.ts', '@temporalio/client', 'no client in the sandbox'],
    ['activities/attend.ts', '../workflows/messages.js', 'activities/ never imports workflows/'],
    ['activities/attend.ts', '@temporalio/workflow', 'nor their SDK'],
    ['activities/contract.ts', './attend.js', 'what workflows/ reads is pure'],
    ['activities/contract.ts', 'node:fs', 'what workflows/ reads is pure'],
    ['infra/logStore.ts', '@temporalio/client', 'no Temporal in infra/'],
    ['infra/logStore.ts', '../language/plan.js', 'infra/ knows ids alone'],
    ['infra/temporal/acquire.ts', '@temporalio/workflow', 'infra/temporal is no workflow'],
    ['cli/main.ts', '../activities/attend.js', 'cli/ starts runs, the worker does the work'],
    ['cli/main.ts', '../workflows/run.js', 'cli/ knows the messages of workflows alone'],
    ['cli/main.ts', '@temporalio/worker', 'cli/ is no worker'],
    ['worker.ts', './workflows/run.js', 'the worker gets the workflows by path'],
    ['worker.ts', './cli/main.js', 'the worker is no CLI'],
  ])('refuse %s importing %s: %s', (file, specifier) => {
    expect(violation(file, { specifier, typeOnly: false })).toContain(`${file} imports `);
  });

  it.each([
    ['workflows/run.ts', '../activities/attend.js'],
  ])('let %s import %s as a type', (file, specifier) => {
    expect(violation(file, { specifier, typeOnly: true })).toBeUndefined();
  });
});

describe('importsOf', () => {
  it('finds every way of importing, and tells types apart', () => {
    const source = `
      import a from 'a'; import type { B } from './b.js';
      import { type C, d } from './c.js';
      import {
        type E,
        type F,
      } from './e.js';
      import 'side-effect';
      export { g } from './g.js';
      export * from './h.js';
      export type { I } from './i.js';
      // import { no } from 'comment';
      const j = await import('./j.js');
    `;
    expect(importsOf(source)).toEqual([
      { specifier: 'a', typeOnly: false },
      { specifier: './c.js', typeOnly: false },
      { specifier: './e.js', typeOnly: true },
      { specifier: 'side-effect', typeOnly: false },
      { specifier: './g.js', typeOnly: false },
      { specifier: './h.js', typeOnly: false },
      { specifier: './i.js', typeOnly: true },
      { specifier: './j.js', typeOnly: false },
    ]);
  });
});
