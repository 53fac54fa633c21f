/** What a job needs before its first step: its actions, and what they run before everything else. */
import type { StepAddress } from '../../language/ids.js';
import type { StepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import { type ActionSource, isLocal } from './actionSource.js';
import { holds } from './condition.js';
import type { JobEntries, SetUp } from './entries.js';
import type { Frame } from './frame.js';
import { preAddress } from './usesWork.js';

/** An action's part before the job's first step. */
export interface PreStep {
  /** Of the step that uses the action. */
  readonly address: string;
  readonly name: string;
  /** What `github.action` is in it: the name of the job's step. */
  readonly action: string;
  readonly uses: string;
  readonly with: Readonly<Record<string, string | number | boolean>>;
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
  const { runs } = (await actions.get(step.uses)).action;
  const condition = runs.using === 'composite' ? 'false' : runs.preIf;
  if (holds(condition, frame.scope(cancelled(), step.action))) return pre(step, frame);
  return { address, name: `Pre ${step.name}`, stage: 'pre', status: 'completed', outcome: 'skipped', conclusion: 'skipped', outputs: {} };
}

/** In the order of the steps, those of composite actions among them. Actions of the workspace have none: they may not be there yet. */
async function preSteps(steps: readonly StepPlan[], path: string, { actions, frame }: Pick<SetUpParts, 'actions' | 'frame'>, within?: string): Promise<readonly PreStep[]> {
  const found: PreStep[] = [];
  for (const step of steps) {
    if (step.kind !== 'uses' || isLocal(step.uses) || builtInAction(step.uses) !== undefined) continue;
    const address = `${path}/${step.address.slice(step.address.lastIndexOf('/') + 1)}`;
    const { runs } = (await actions.get(step.uses)).action;
    const action = within ?? frame.actionOf(step);
    if (runs.using === 'composite') found.push(...await preSteps(runs.steps, address, { actions, frame }, action));
    else if ((runs.using === 'node' ? runs.pre : runs.preEntrypoint) !== undefined) {
      found.push({ address, name: step.name, action, uses: step.uses, with: step.with });
    }
  }
  return found;
}
