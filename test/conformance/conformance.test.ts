/**
 * Every folder of this one holds `workflow.yml` and either `diagnostics.txt` or `plan.json`: exactly what the file means.
 * `inputs.json` holds the inputs, if any, and `facts.json` the facts of the event, whose `on` is honoured then. Called workflows are read from
 * the folder: `./.github/workflows/x.yml` is its `x.yml`, `owner/repo/.github/workflows/x.yml@v1` its `owner-repo-v1-x.yml`. The actions are
 * those in `actions/`. UPDATE_CONFORMANCE=1 writes the expectations anew.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ActionDefinition, parseActionFile } from '../../language/actionMetadata.js';
import { formatDiagnostic } from '../../language/diagnostics.js';
import type { EventFacts } from '../../language/plan.js';
import { planText } from '../../language/planText.js';

const here = import.meta.dirname;
const folders = readdirSync(here).filter((name) => existsSync(join(here, name, 'workflow.yml')) && isOfPlan(name));
// Behaviours of a run have a `run.yml`, and nothing else to expect: test/runs.
function isOfPlan(name: string): boolean {
  return ['plan.json', 'diagnostics.txt'].some((file) => existsSync(join(here, name, file))) || !existsSync(join(here, name, 'run.yml'));
}
const actions = new Map(readdirSync(join(here, 'actions')).map((name) => [name, readAction(name)]));

describe('a workflow file', () => {
  it('is tried in many ways', () => expect(folders.length).toBeGreaterThan(40));

  for (const folder of folders) {
    it(folder.replaceAll('-', ' '), async () => {
      const outcome = await load(folder);
      if (process.env['UPDATE_CONFORMANCE']) update(folder, outcome);
      if (typeof outcome === 'string') expect(outcome).toBe(expected(folder, 'diagnostics.txt'));
      else expect(outcome).toEqual(JSON.parse(expected(folder, 'plan.json')));
    });
  }
});

/** The plan, or the diagnostics as lines. */
async function load(folder: string): Promise<string | object> {
  const json = (file: string): unknown => (existsSync(join(here, folder, file)) ? JSON.parse(expected(folder, file)) : undefined);
  const facts = json('facts.json') as EventFacts | undefined;
  const { plan, diagnostics, notTriggered } = await planText(expected(folder, 'workflow.yml'), 'workflow.yml', {
    inputs: json('inputs.json'), actions, readWorkflow: async (uses) => readCalled(folder, uses), ...(facts ? { facts, honourTriggers: true } : {}),
  });
  if (plan) return JSON.parse(JSON.stringify(plan)) as object;
  return `${notTriggered ?? diagnostics.map(formatDiagnostic).join('\n')}\n`;
}

function readCalled(folder: string, uses: string): { readonly text: string; readonly file: string } | { readonly problem: string } {
  const [, owner, repository, name, ref] = /^([\w.-]+)\/([\w.-]+)\/.*?([^/@]+)@(.+)$/.exec(uses) ?? [];
  const file = uses.startsWith('./') ? uses.replace(/^.*\//, '') : `${owner}-${repository}-${ref}-${name}`;
  return existsSync(join(here, folder, file)) ? { text: expected(folder, file), file } : { problem: 'there is no such file' };
}

function expected(folder: string, file: string): string {
  return readFileSync(join(here, folder, file), 'utf8');
}

function update(folder: string, outcome: string | object): void {
  for (const file of ['diagnostics.txt', 'plan.json']) rmSync(join(here, folder, file), { force: true });
  if (typeof outcome === 'string') writeFileSync(join(here, folder, 'diagnostics.txt'), outcome);
  else writeFileSync(join(here, folder, 'plan.json'), `${JSON.stringify(outcome, null, 2)}\n`);
}

function readAction(name: string): ActionDefinition {
  const { action, diagnostics } = parseActionFile(readFileSync(join(here, 'actions', name, 'action.yml'), 'utf8'), `actions/${name}/action.yml`);
  if (!action) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return action;
}
