/** What a job needs before its first step: its actions, and what they run before everything else. */
import type { StepAddress } from '../../language/ids.js';
import { evaluateEnv, mergeEnv } from '../../language/contexts.js';
import { ExpressionError, type Scope } from '../../language/expressions.js';
import type { StepPlan, UsesStepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import { preAddress } from './actionAddresses.js';
import { actionInputs } from './actionInputs.js';
import { type ActionSource, isLocal } from './actionSource.js';
import { awaited } from './awaited.js';
import { compositeFrame } from './composite.js';
import { holds } from './condition.js';
import type { JobEntries, SetUp } from './entries.js';
import type { Frame } from './frame.js';

/** An action's part before the job's first step. */
export interface PreStep {
  /** Of the step that uses the action. */
  readonly address: string;
  readonly step: UsesStepPlan;
  /** What `github.action` is in it: the name of the job's step. */
  readonly action: string;
  /** The composite actions in which the step stands, the outermost first: by the step that uses each. */
  readonly within: readonly Pick<PreStep, 'address' | 'step' | 'action'>[];
}

export interface SetUpParts {
  readonly frame: Frame;
  readonly entries: JobEntries;
  readonly actions: ActionSource;
  readonly cancelled: () => boolean;
  readonly pre: (step: PreStep, frame: Frame) => Promise<StepRecord>;
}

/** Fetches the actions of the job and runs their pre steps, once for the whole job. Safe to repeat: it gives the same again to the segment that it was done for. @throws what fetching an action throws */
export async function setUpJob(steps: readonly StepPlan[], parts: SetUpParts): Promise<readonly StepRecord[]> {
  const { actions, entries, frame } = parts;
  const first = steps[0]?.address ?? '';
  if (entries.setUp) return setUpBefore(first, entries.setUp, frame);
  await actions.fetchAll(steps);
  const records: StepRecord[] = [];
  for (const step of await preSteps(steps, frame.path, parts)) {
    const address = preAddress(step.address) as StepAddress;
    const record = entries.ended(address)?.record ?? await runPre(step, address, parts);
    frame.add(record);
    records.push(record);
  }
  entries.add({ kind: 'ready', first, records });
  return records;
}

/** The same segment again: what was done for it before was not given back. */
function setUpBefore(first: string, known: SetUp, frame: Frame): readonly StepRecord[] {
  if (known.first !== first) return [];
  frame.add(...known.records.filter(({ address }) => !frame.steps.some((step) => step.address === address)));
  return known.records;
}

async function runPre(step: PreStep, address: StepAddress, { frame, actions, cancelled, pre }: SetUpParts): Promise<StepRecord> {
  const { runs } = (await actions.get(step.step.uses)).action;
  const condition = runs.using === 'composite' ? 'false' : runs.preIf;
  const own = await frameOf(step, frame, actions, cancelled);
  if (holds(condition, own.scope(cancelled(), step.action))) return pre(step, own);
  return { address, name: `Pre ${step.step.name}`, stage: 'pre', status: 'completed', outcome: 'skipped', conclusion: 'skipped', outputs: {} };
}

/**
 * Where the step stands: what the composite actions around it are given is evaluated now, and again when their own turn comes. An error in that is
 * told then, and until then nothing was given.
 */
async function frameOf(step: PreStep, frame: Frame, actions: ActionSource, cancelled: () => boolean): Promise<Frame> {
  try {
    return await innermost(step, frame, actions, cancelled);
  } catch (error) {
    if (error instanceof ExpressionError) return frame;
    throw error;
  }
}

async function innermost({ within }: PreStep, frame: Frame, actions: ActionSource, cancelled: () => boolean): Promise<Frame> {
  let inner = frame;
  for (const { address, step, action } of within) {
    const resolved = await actions.get(step.uses);
    const outer = inner;
    inner = await awaited(() => {
      const scope = outer.scope(cancelled(), action);
      const own = { address, action, env: stepEnvironment(step, outer, scope), inputs: actionInputs(step.with, resolved.action, scope).values };
      return compositeFrame(resolved, own, outer);
    });
  }
  return inner;
}

/** The environment of a step before its own turn. @throws ExpressionError */
export function stepEnvironment({ env }: Pick<UsesStepPlan, 'env'>, frame: Frame, scope: Scope): Readonly<Record<string, string>> {
  return mergeEnv(frame.env, frame.handedOver, evaluateEnv(env, scope));
}

/** In the order of the steps, those of composite actions among them. Actions of the workspace have none: they may not be there yet. */
async function preSteps(steps: readonly StepPlan[], path: string, { actions, frame }: Pick<SetUpParts, 'actions' | 'frame'>, within: PreStep['within'] = []): Promise<readonly PreStep[]> {
  const found: PreStep[] = [];
  for (const step of steps) {
    if (step.kind !== 'uses' || isLocal(step.uses) || builtInAction(step.uses) !== undefined) continue;
    const address = `${path}/${step.address.slice(step.address.lastIndexOf('/') + 1)}`;
    const { runs } = (await actions.get(step.uses)).action;
    const action = within[0]?.action ?? frame.actionOf(step);
    if (runs.using === 'composite') found.push(...await preSteps(runs.steps, address, { actions, frame }, [...within, { address, step, action }]));
    else if ((runs.using === 'node' ? runs.pre : runs.preEntrypoint) !== undefined) {
      found.push({ address, step, action, within });
    }
  }
  return found;
}
