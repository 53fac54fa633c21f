/** Bundles the workflows once for all tests of a run, and tells them where it is (test/workflowBundle.ts). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { packagePath } from '../../infra/paths.js';
import { bundleOptions } from '../../tools/workflowBundle.mjs';

/** Runs once for each vitest project, all in one process: the first makes it, and removes it. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env['FLEETWRIGHT_TEST_BUNDLE']) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fleetwright-bundle-'));
  process.env['FLEETWRIGHT_TEST_BUNDLE'] = join(folder, 'workflows.cjs');
  const { code } = await bundleWorkflowCode({ ...bundleOptions(packagePath()), logger: new DefaultLogger('ERROR') });
  writeFileSync(process.env['FLEETWRIGHT_TEST_BUNDLE'], code);
  return () => rmSync(folder, { recursive: true, force: true });
}
