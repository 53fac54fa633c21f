import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';

/** One mistake a file, and the rule that must see it. */
const MISTAKES = {
  'language/readsFile.ts': ["import { readFileSync } from 'node:fs';\nexport const a = readFileSync;", 'no-restricted-imports'],
  'language/usesTemporal.ts': ["import { Client } from '@temporalio/client';\nexport const a = Client;", 'no-restricted-imports'],
  'language/deep/usesInfra.ts': ["import { cacheDir } from '../../infra/paths.js';\nexport const a = cacheDir;", 'no-restricted-imports'],
  'language/readsEnv.ts': ['export const a = process.env;', 'no-restricted-globals'],
  'workflows/usesCrypto.ts': ["import { createHash } from 'node:crypto';\nexport const a = createHash;", 'no-restricted-imports'],
  'workflows/usesClient.ts': ["import { Client } from '@temporalio/client';\nexport const a = Client;", 'no-restricted-imports'],
  'workflows/usesPackage.ts': ["import { parse } from 'yaml';\nexport const a = parse;", 'no-restricted-imports'],
  'workflows/usesInfra.ts': ["import { cacheDir } from '../infra/paths.js';\nexport const a = cacheDir;", 'no-restricted-imports'],
  'workflows/usesActivity.ts': ["import { attend } from '../activities/attend.js';\nexport const a = attend;", 'no-restricted-imports'],
  'activities/usesWorkflow.ts': ["import { run } from '../workflows/run.js';\nexport const a = run;", 'no-restricted-imports'],
  'activities/contract.ts': ["import { attend } from './attend.js';\nexport const a = attend;", 'no-restricted-imports'],
  'activities/usesSandbox.ts': ["import { sleep } from '@temporalio/workflow';\nexport const a = sleep;", 'no-restricted-imports'],
  'infra/usesTemporal.ts': ["import { Client } from '@temporalio/client';\nexport const a = Client;", 'no-restricted-imports'],
  'infra/usesPlan.ts': ["import { a as b } from '../language/plan.js';\nexport const a = b;", 'no-restricted-imports'],
  'infra/temporal/usesSandbox.ts': ["import { sleep } from '@temporalio/workflow';\nexport const a = sleep;", 'no-restricted-imports'],
  'cli/usesActivity.ts': ["import { attend } from '../activities/attend.js';\nexport const a = attend;", 'no-restricted-imports'],
  'cli/usesWorkflow.ts': ["import { run } from '../workflows/run.js';\nexport const a = run;", 'no-restricted-imports'],
  'cli/isWorker.ts': ["import { Worker } from '@temporalio/worker';\nexport const a = Worker;", 'no-restricted-imports'],
  'infra/hasDefault.ts': ['export default 1;', 'no-default-export'],
  'infra/hasAny.ts': ['export function a(b: any): void { void b; }', 'no-explicit-any'],
  'infra/forgets.ts': ['export function a(): number { const b = 1; return 2; }', 'no-unused-vars'],
} as const;

/** As the folders may import. */
const FINE = {
  'language/fine.ts': "import { parse } from 'yaml';\nimport { Parser } from '@actions/expressions';\nimport { b } from './deep/b.js';\nexport const a = [parse, Parser, b];",
  'workflows/fine.ts': "import { sleep } from '@temporalio/workflow';\nimport type { attend } from '../activities/attend.js';\nexport const a = (): typeof attend | undefined => void sleep(1);",
  'workflows/names.ts': "import { FAILURES } from '../activities/contract.js';\nexport const a = FAILURES;",
  'workflows/index.ts': 'export default 1;',
  'infra/fine.ts': "import { parseRunId } from '../language/ids.js';\nimport { Client } from 'ssh2';\nexport const a = [parseRunId, Client];",
  'infra/temporal/fine.ts': "import { Client } from '@temporalio/client';\nexport const a = Client;",
  'cli/fine.ts': "import { TASK_QUEUE } from '../workflows/messages.js';\nexport const a = TASK_QUEUE;",
} as const;

describe('the linter', () => {
  let folder = '';
  let found: readonly string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleetwright-lint-'));
    cpSync(packagePath('.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    const files = [...Object.entries(MISTAKES).map(([path, [text]]) => [path, text] as const), ...Object.entries(FINE)];
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    found = await lint(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(MISTAKES))('sees the mistake of %s', (path, [, rule]) => {
    expect(found.filter((line) => line.startsWith(`${path}:`)).join('\n')).toContain(`(${rule})`);
  });

  it.each(Object.keys(FINE))('has nothing to say about %s', (path) => {
    expect(found.filter((line) => line.startsWith(`${path}:`))).toEqual([]);
  });
});

function lint(cwd: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    // A non-zero exit code is what the mistakes are for.
    execFile(packagePath('node_modules', '.bin', 'oxlint'), ['-f', 'unix'], { cwd }, (_error, stdout) => resolve(stdout.split('\n')));
  });
}
