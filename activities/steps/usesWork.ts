/** The work of a `uses:` step, by what its action is. */
import type { UsesStepPlan } from '../../language/plan.js';
import type { UsesAction } from '../../language/usesAction.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import { preAddress } from './actionAddresses.js';
import { actionInputs } from './actionInputs.js';
import { type ActionProcessParts, dockerProcess, nodeProcess, whyNotThere } from './actionProcess.js';
import type { ActionSource } from './actionSource.js';
import { performBuiltIn } from './builtInWork.js';
import { performComposite } from './composite.js';
import type { JobEntries } from './entries.js';
import { performProcess, type ProcessRequest } from './performProcess.js';
import { failed, type Performed } from './stepEnd.js';
import type { StepCall, StepExecutor } from './stepExecutor.js';

export interface UsesParts extends ActionProcessParts {
  readonly actions: ActionSource;
  readonly entries: JobEntries;
  readonly executor: () => StepExecutor;
  readonly cancelled: () => boolean;
}

/** @throws ExpressionError, and what looking the action up and `performProcess` throw */
export async function performUses(call: StepCall<UsesStepPlan>, parts: UsesParts): Promise<Performed> {
  const { step, prepared, output } = call;
  const builtIn = builtInAction(step.uses);
  if (builtIn) {
    const inputs = inputsOf(call, builtIn.action);
    return performBuiltIn(builtIn, { ...call, inputs }, parts, (state) => state && builtIn.post && registerPost(call, inputs, builtIn.action, undefined, parts.entries));
  }
  const found = await parts.actions.get(step.uses);
  const { action } = found;
  const inputs = inputsOf(call, action);
  const { runs } = action;
  const refused = await whyNotThere(found, call.frame, parts);
  if (refused !== undefined) {
    output.note(refused);
    return failed(refused);
  }
  const resolved = await parts.carry(found);
  if (runs.using === 'composite') return performComposite({ resolved, steps: runs.steps, inputs }, call, parts.executor(), parts.cancelled);
  if ((runs.using === 'node' ? runs.post : runs.postEntrypoint) !== undefined) registerPost(call, inputs, action, found, parts.entries);
  const state = parts.entries.ended(preAddress(call.address))?.state ?? {};
  const part = { resolved, inputs, state, stage: 'main' as const, prepared, frame: call.frame };
  const request: Pick<ProcessRequest, 'process' | 'cleanUp' | 'outside'> = runs.using === 'node' ? nodeProcess(part, runs.main, parts) : await dockerProcess(part, runs, parts);
  return performProcess({ ...request, name: parts.processName(call.address), retry: step.retry, watch: call.watch, output }, parts.place);
}

function inputsOf({ step, prepared, output }: StepCall<UsesStepPlan>, action: UsesAction): Readonly<Record<string, string>> {
  const { values, warnings } = actionInputs(step.with, action, prepared.scope);
  for (const warning of warnings) output.note(`warning: ${warning}`);
  return values;
}

function registerPost(
  { address, prepared, step, frame }: StepCall<UsesStepPlan>, inputs: Readonly<Record<string, string>>, { runs }: UsesAction, resolved: ResolvedAction | undefined, entries: JobEntries,
): void {
  if (entries.posts.some((post) => post.address === address)) return;
  const condition = runs.using === 'composite' ? 'always()' : runs.postIf;
  entries.add({ kind: 'post', post: { address, name: prepared.name, uses: step.uses, action: frame.actionOf(step), if: condition, inputs, env: prepared.env, ...(resolved ? { resolved } : {}) } });
}
