import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { jobFolder } from '../../infra/script/folders.js';
import { workspaceFolder } from '../../infra/script/workspaces.js';
import { writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import type { RunId } from '../../language/ids.js';
import { segmentOf, worker } from './segments.js';

const RUN = 'cut/local#1' as RunId;
const WORKFLOW = `
on: push
jobs:
  build:
    runs-on: worker
    steps:
      - {id: one, run: 'echo one >>ledger; echo "token=\${{ secrets.TOKEN }}" >>$GITHUB_OUTPUT'}
      - {name: has to go, run: 'echo two >>ledger', undo: 'true'}
      - run: echo three >>ledger
`;
let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'fleetwright-cut-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  writeRunSecrets(RUN, { given: { TOKEN: 'hunter2hunter2' }, environment: {} });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true, force: true });
});

it('a segment that fails for good gives back what is done of it, and what had begun as failed; asked again, the same', async () => {
  const broken = worker({ registerUndo: async () => { throw new Error('a fault of ours about hunter2hunter2'); } });
  const input = await segmentOf(WORKFLOW, RUN);
  const result = await broken.steps(input);
  expect(result).toMatchObject({
    open: false, error: expect.stringContaining('a fault of ours about ***') as string,
    steps: [
      { address: 'build/one', id: 'one', conclusion: 'success', outputs: { token: expect.stringMatching(/^fleetwright:sealed:/) as string } },
      { address: 'build/2', name: 'has to go', conclusion: 'failure', error: expect.stringContaining('a fault of ours') as string },
    ],
  });
  expect(result.steps).toHaveLength(2);
  expect(await worker({}, 2).steps(input)).toEqual(result);
  const { workspace, steps } = jobFolder(workspaceFolder(RUN), 'build');
  expect(readFileSync(join(workspace, 'ledger'), 'utf8')).toBe('one\n');
  expect(existsSync(steps)).toBe(false);
  expect(readFileSync(jobEntriesPath(RUN, 'build', 1), 'utf8')).not.toContain('hunter2');
});

it('what a killed worker left is given back by one whose host is lost', async () => {
  const input = await segmentOf(WORKFLOW, RUN);
  await worker().steps({ ...input, steps: input.steps.slice(0, 1), last: false });
  const { job } = input;
  const lost = await worker({ openRunner: async () => { throw new Error('core01 is lost'); } }, 2).steps({ ...input, job: { ...job, runsOn: 'core01' }, cluster: 'demo' });
  expect(lost).toMatchObject({ open: false, error: expect.stringContaining('core01 is lost') as string, steps: [{ address: 'build/one', conclusion: 'success' }] });
});
