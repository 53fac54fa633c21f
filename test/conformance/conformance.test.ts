/**
 * Every folder of this one holds `workflow.yml` and either `diagnostics.txt` or `plan.json`: exactly what the file means.
 * `inputs.json` holds the inputs, if any. The actions are those in `actions/`. UPDATE_CONFORMANCE=1 writes the expectations anew.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ActionDefinition, parseActionFile } from '../../language/actionMetadata.js';
import { formatDiagnostic } from '../../language/diagnostics.js';
import { makePlan } from '../../language/makePlan.js';
import { parseWorkflowFile } from '../../language/parse.js';

const here = import.meta.dirname;
const folders = readdirSync(here).filter((name) => existsSync(join(here, name, 'workflow.yml')));
const actions = new Map(readdirSync(join(here, 'actions')).map((name) => [name, readAction(name)]));

describe('a workflow file', () => {
  it('is tried in many ways', () => expect(folders.length).toBeGreaterThan(40));

  for (const folder of folders) {
    it(folder.replaceAll('-', ' '), () => {
      const outcome = load(folder);
      if (process.env['UPDATE_CONFORMANCE']) update(folder, outcome);
      if (typeof outcome === 'string') expect(outcome).toBe(expected(folder, 'diagnostics.txt'));
      else expect(outcome).toEqual(JSON.parse(expected(folder, 'plan.json')));
    });
  }
});

/** The plan, or the diagnostics as lines. */
function load(folder: string): string | object {
  const inputs: unknown = existsSync(join(here, folder, 'inputs.json')) ? JSON.parse(expected(folder, 'inputs.json')) : undefined;
  const parsed = parseWorkflowFile(expected(folder, 'workflow.yml'), 'workflow.yml');
  const result = parsed.definition ? makePlan(parsed.definition, { inputs, actions }) : parsed;
  if ('plan' in result && result.plan) return JSON.parse(JSON.stringify(result.plan)) as object;
  return `${result.diagnostics.map(formatDiagnostic).join('\n')}\n`;
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
