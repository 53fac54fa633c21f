/** A composite action: its steps in a frame of their own, its outputs when they are over. */
import { environmentSoFar, pathSoFar } from '../../language/contexts.js';
import { templateText } from '../../language/expressions.js';
import type { UsesAction, UsesCompositeStep } from '../../language/usesAction.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import { Frame } from './frame.js';
import { cancelledEnd, failed, LINGERS, type Performed, type StepEnd, succeeded } from './stepEnd.js';
import type { StepCall, StepExecutor } from './stepExecutor.js';

/** GitHub's limit. */
const DEEPEST = 10;

export interface CompositeAction {
  readonly resolved: ResolvedAction;
  readonly steps: readonly UsesCompositeStep[];
  readonly inputs: Readonly<Record<string, string>>;
}

export async function performComposite(
  { resolved, steps, inputs }: CompositeAction, call: StepCall, executor: StepExecutor, cancelled: () => boolean,
): Promise<Performed> {
  const { frame: outer, prepared, address, output, watch } = call;
  if (outer.depth >= DEEPEST) {
    const problem = `composite actions use each other more than ${DEEPEST} deep`;
    output.note(problem);
    return failed(problem);
  }
  const frame = compositeFrame(resolved, { address, env: prepared.env, inputs, action: outer.actionOf(call.step) }, outer);
  for (const step of steps) {
    const record = await executor.execute(step, frame, { within: { output, watch } });
    if (record === LINGERS) return LINGERS;
    frame.add(record);
  }
  return end(frame, resolved.action, cancelled());
}

/** Where its steps stand. @param own the address, the environment and the inputs of the step that uses it, and that step's `github.action` */
export function compositeFrame(
  { folder, repository, ref }: ResolvedAction,
  { address, env, inputs, action }: { readonly address: string; readonly env: Readonly<Record<string, string>>; readonly inputs: Readonly<Record<string, string>>; readonly action: string },
  outer: Frame,
): Frame {
  return new Frame(address, outer.facts, outer.host, env, outer.searched, { folder, repository, ref, inputs, action }, outer.depth + 1);
}

function end(frame: Frame, { outputs }: UsesAction, cancelled: boolean): StepEnd {
  const scope = frame.scope(cancelled);
  const values = Object.entries(outputs).map(([name, { value }]) => [name, value === undefined ? '' : templateText(value, scope)] as const);
  const handedOver = { outputs: Object.fromEntries(values), env: environmentSoFar({}, frame.steps), path: pathSoFar(frame.steps) };
  const failure = frame.steps.find(({ conclusion }) => conclusion === 'failure');
  if (failure) return failed(failure.error ?? `${failure.name} failed`, handedOver);
  if (frame.steps.some(({ conclusion }) => conclusion === 'cancelled')) return cancelledEnd(handedOver);
  return succeeded(handedOver);
}
