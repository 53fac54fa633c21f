/** `load-plan`: finds a run's file and turns it and the inputs into the plan; every problem at once. */
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionDefinition } from '../language/actionMetadata.js';
import { parseActionFile } from '../language/actionMetadata.js';
import { formatDiagnostic, type Diagnostic } from '../language/diagnostics.js';
import { makePlan } from '../language/makePlan.js';
import { parseWorkflowFile } from '../language/parse.js';
import type { OnFailure, Plan, Values } from '../language/plan.js';
import { packagePath } from '../infra/paths.js';
import type { LoadPlanInput } from './contract.js';
import { invalidRun } from './failures.js';

export interface LoadedPlan {
  /** Absent when there are diagnostics. */
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}

/** The plan of the file at `path`, or what is wrong with it and the inputs. @throws when the file cannot be read */
export async function planFile(path: string, inputs: Values, onFailure?: OnFailure): Promise<LoadedPlan> {
  const { definition, diagnostics } = parseWorkflowFile(await readFile(path, 'utf8'), path);
  if (!definition || diagnostics.length > 0) return { diagnostics };
  return makePlan(definition, { inputs, actions: await builtInActions(), ...(onFailure ? { onFailure } : {}) });
}

/** The activity. @throws ApplicationFailure InvalidRun whose details are the diagnostics */
export function loadPlanActivity(folders: readonly string[]): (input: LoadPlanInput) => Promise<Plan> {
  return async ({ type, inputs, file, onFailure }) => {
    const path = file ?? (await findFile(type, folders));
    if (!path) throw invalidRun([`there is no workflow file ${type}.yml in ${folders.join(', ')}`]);
    const { plan, diagnostics } = await planFile(path, inputs, onFailure).catch((error: unknown) => {
      throw invalidRun([error instanceof Error ? error.message : String(error)]);
    });
    if (!plan) throw invalidRun(diagnostics.map(formatDiagnostic));
    return plan;
  };
}

async function findFile(type: string, folders: readonly string[]): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(type)) return undefined;
  const candidates = folders.flatMap((folder) => [join(folder, `${type}.yml`), join(folder, `${type}.yaml`)]);
  for (const path of candidates) {
    if (await access(path).then(() => true, () => false)) return path;
  }
  return undefined;
}

let actions: Promise<ReadonlyMap<string, ActionDefinition>> | undefined;

/** The built-in actions by name, from actions/NAME/action.yml. */
export function builtInActions(): Promise<ReadonlyMap<string, ActionDefinition>> {
  actions ??= readActions();
  return actions;
}

async function readActions(): Promise<ReadonlyMap<string, ActionDefinition>> {
  const names = (await readdir(packagePath('actions'), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const parsed = await Promise.all(
    names.map(async (name) => {
      const path = packagePath('actions', name, 'action.yml');
      const { action, diagnostics } = parseActionFile(await readFile(path, 'utf8'), path);
      if (!action || diagnostics.length > 0) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
      return [name, action] as const;
    }),
  );
  return new Map(parsed);
}
