/** The workflows as a worker loads them, from the sources; made before the tests by test/setup/bundle.ts. */
import { readFileSync } from 'node:fs';
import type { WorkflowBundle } from '@temporalio/worker';

export function workflowBundle(): WorkflowBundle {
  return { code: readFileSync(process.env['FLEETWRIGHT_TEST_BUNDLE'] ?? '', 'utf8') };
}
