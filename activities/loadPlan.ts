/** `load-plan`: finds a run's file and turns it and the inputs into the plan; every problem at once. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { actionsOf, InvalidActionsError } from '../language/actionMetadata.js';
import { formatDiagnostic } from '../language/diagnostics.js';
import type { Plan } from '../language/plan.js';
import { planText } from '../language/planText.js';
import { readActionFiles } from '../infra/actionFiles.js';
import { InvalidInputError } from '../infra/errors.js';
import { gatherFacts } from '../infra/git/facts.js';
import { problemsOfValue } from '../infra/host/values.js';
import { workflowReader } from '../infra/workflowFiles.js';
import type { LoadPlanInput } from './contract.js';
import { invalidRun } from './failures.js';

/**
 * The activity. Without facts the run is dispatched by the person of this host, in the checkout in which the file stands.
 * @throws ApplicationFailure InvalidRun whose details are the diagnostics
 */
export function loadPlanActivity(folders: readonly string[]): (input: LoadPlanInput) => Promise<Plan> {
  return async ({ type, inputs, file, onFailure, waitTimeoutMs, facts: given, job }) => {
    const path = file ?? (await findFile(type, folders));
    if (!path) throw invalidRun([`there is no workflow file ${type}.yml in ${folders.join(', ')}`]);
    const { cancellationSignal: signal } = Context.current();
    const text = await readFile(path, 'utf8').catch(asInvalid);
    const facts = given ?? await gatherFacts({ file: path, signal }).catch(asInvalidInput);
    const { plan, diagnostics } = await planText(text, path, {
      inputs, facts, actions: actionsOf(await readActionFiles().catch(asInvalid)), look: problemsOfValue,
      readWorkflow: workflowReader({ file: path, repository: facts.repository, signal }),
      ...(onFailure ? { onFailure } : {}), ...(waitTimeoutMs === undefined ? {} : { waitTimeoutMs }), ...(job === undefined ? {} : { job }),
    }).catch(asInvalidActions);
    if (!plan) throw invalidRun(diagnostics.map(formatDiagnostic));
    return plan;
  };
}

function asInvalidInput(error: unknown): never {
  throw error instanceof InvalidInputError ? invalidRun([error.message]) : error;
}

function asInvalidActions(error: unknown): never {
  throw error instanceof InvalidActionsError ? invalidRun([error.message]) : error;
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
