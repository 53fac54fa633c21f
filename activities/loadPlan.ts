/** `load-plan`: finds a run's file and turns it and the inputs into the plan; every problem at once. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ActionDefinition, parseActionFiles } from '../language/actionMetadata.js';
import { formatDiagnostic } from '../language/diagnostics.js';
import type { Plan } from '../language/plan.js';
import { planText } from '../language/planText.js';
import { readActionFiles } from '../infra/actionFiles.js';
import { problemsOfValue } from '../infra/host/values.js';
import type { LoadPlanInput } from './contract.js';
import { invalidRun } from './failures.js';

/** The activity. @throws ApplicationFailure InvalidRun whose details are the diagnostics */
export function loadPlanActivity(folders: readonly string[]): (input: LoadPlanInput) => Promise<Plan> {
  return async ({ type, inputs, file, onFailure }) => {
    const path = file ?? (await findFile(type, folders));
    if (!path) throw invalidRun([`there is no workflow file ${type}.yml in ${folders.join(', ')}`]);
    const text = await readFile(path, 'utf8').catch(asInvalid);
    const { plan, diagnostics } = await planText(text, path, {
      inputs, actions: await builtInActions().catch(asInvalid), look: problemsOfValue, ...(onFailure ? { onFailure } : {}),
    });
    if (!plan) throw invalidRun(diagnostics.map(formatDiagnostic));
    return plan;
  };
}

function asInvalid(error: unknown): never {
  throw invalidRun([error instanceof Error ? error.message : String(error)]);
}

async function findFile(type: string, folders: readonly string[]): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(type)) return undefined;
  const candidates = folders.flatMap((folder) => [join(folder, `${type}.yml`), join(folder, `${type}.yaml`)]);
  for (const path of candidates) {
    if (await access(path).then(() => true, () => false)) return path;
  }
  return undefined;
}

async function builtInActions(): Promise<ReadonlyMap<string, ActionDefinition>> {
  return parseActionFiles(await readActionFiles());
}
