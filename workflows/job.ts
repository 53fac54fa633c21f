/**
 * A job: a child workflow of its run, with a history of its own.
 *
 * Owns: the order of its steps, and its status. Does not own: whether it starts (the run), a step's work (`step.ts`, `segment.ts`), any effect.
 * 1. It never throws: it returns a result, also when it was cancelled.
 * 2. A step that the record says is completed is not touched again.
 * 3. Its time is kept by its steps: each is given at most what is left of it.
 */
import { CancellationScope, continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import { actionNames } from '../language/actionNames.js';
import { jobConclusion, jobResult, jobStatus } from '../language/conclusions.js';
import { environmentSoFar, jobEnvironment, jobScope, stepScope, type StepScopeInput } from '../language/contexts.js';
import { evaluateBoolean, ExpressionError, templateText } from '../language/expressions.js';
import { readsHostFacts } from '../language/hostFacts.js';
import type { StepAddress } from '../language/ids.js';
import type { StepPlan, UsesStepPlan, Values } from '../language/plan.js';
import type { Conclusion, JobRecord } from '../language/record.js';
import { evaluateMinutes } from '../language/steps.js';
import { trackCancel } from './cancel.js';
import { JobBoard } from './jobBoard.js';
import type { HostStanding, JobInput, JobResult } from './jobMessages.js';
import { Park, parkIfFailed } from './park.js';
import { isOfHost, LOST, MOST_STEPS, runSegment, visible } from './segment.js';
import { runStep, type JobSettings } from './step.js';

export async function job(input: JobInput): Promise<JobResult> {
  const board = new JobBoard({ ...input.record, status: 'in_progress', startedAt: input.record.startedAt ?? Date.now() }, input.run.id);
  const cancel = trackCancel();
  const park = new Park();
  try {
    const settings = evaluateSettings(input, board.record);
    const cancelledAt = (): number | undefined => {
      const { deadline } = withParked(settings, board);
      return earliest(cancel.requestedAt(), Date.now() >= deadline ? deadline : undefined);
    };
    const host = await runSteps(input, settings, { board, cancelledAt, park });
    conclude(board, input, withParked(settings, board), cancelledAt() !== undefined, host);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    skipRest(board);
    board.update({ status: 'completed', result: 'failure', conclusion: 'failure', endedAt: Date.now(), error: error.message });
  }
  return { record: board.record, undos: board.undos };
}

/** Segments where steps are the host's, a step at a time where they need the workflow. */
async function runSteps(input: JobInput, begun: JobSettings, { board, cancelledAt, park }: StepsRuntime): Promise<HostStanding> {
  const cancelled = (): boolean => cancelledAt() !== undefined;
  const { steps } = input.plan;
  const kept = keptActions(input);
  let host: HostStanding = input.host ?? { open: kept.length > 0 && patched('posts-after-resume') };
  const stepsAt = (): number => steps.findIndex((step) => board.record.steps.find(({ address }) => address === step.address)?.status !== 'completed');
  for (let at = stepsAt(); at >= 0 || host.open; at = stepsAt()) {
    if (workflowInfo().continueAsNewSuggested && !cancelled()) {
      board.report();
      await continueAsNew<typeof job>({ ...input, record: board.record, host });
    }
    const step = steps[at];
    const settings = withParked(begun, board);
    const parkMs = mayPark(input, settings, board) && !cancelled() ? input.parkMs : undefined;
    if (step && !isOfHost(step)) await runStep(step, settings, board, cancelled);
    else host = await segment(at < 0 ? [] : following(steps, at), { input, settings, board, cancelledAt, host, kept, pauses: parkMs !== undefined });
    if (parkMs !== undefined && !cancelled()) host = await parkIfFailed(park, parkMs, steps, board, host);
    if (host.error !== undefined) break;
  }
  return host;
}

/** Steps of an earlier attempt whose actions may have something to do yet when the job ends. */
function keptActions({ run, plan, record }: JobInput): readonly StepAddress[] {
  if (run.attempt === 1) return [];
  const done = new Set(record.steps.filter(({ status, conclusion }) => status === 'completed' && conclusion !== 'skipped').map(({ address }) => address));
  return plan.steps.filter(({ kind, address }) => kind === 'uses' && done.has(address)).map(({ address }) => address);
}

/** A failure that is forgiven, or that is not the job's first, waits for nobody. */
function mayPark({ parkMs, plan }: JobInput, { facts }: JobSettings, { record: { steps } }: JobBoard): boolean {
  return parkMs !== undefined && jobStatus(steps, false) === 'success' && !evaluateBoolean(plan.continueOnError, jobScope(facts));
}

/** The time for which it was parked is not the job's. */
function withParked(settings: JobSettings, { record: { parkedMs = 0 } }: JobBoard): JobSettings {
  return parkedMs === 0 ? settings : { ...settings, deadline: settings.deadline + parkedMs };
}

/** The host's steps from there on, up to one that needs the workflow. */
function following(steps: readonly StepPlan[], at: number): readonly StepPlan[] {
  const rest = steps.slice(at, at + MOST_STEPS);
  const end = rest.findIndex((step) => !isOfHost(step));
  return end < 0 ? rest : rest.slice(0, end);
}

/** What is used behind a segment. */
function usesAfter(steps: readonly StepPlan[], segment: readonly StepPlan[]): readonly UsesStepPlan[] {
  const last = steps.findIndex(({ address }) => address === segment.at(-1)?.address);
  return steps.slice(last + 1).filter((step) => step.kind === 'uses');
}

interface StepsRuntime {
  readonly board: JobBoard;
  readonly cancelledAt: () => number | undefined;
  readonly park: Park;
}

interface SegmentPlace {
  readonly input: JobInput;
  readonly settings: JobSettings;
  readonly board: JobBoard;
  readonly cancelledAt: () => number | undefined;
  readonly host: HostStanding;
  readonly kept: readonly StepAddress[];
  readonly pauses: boolean;
}

async function segment(steps: readonly StepPlan[], { input, settings, board, cancelledAt, host, kept, pauses }: SegmentPlace): Promise<HostStanding> {
  const { steps: _, ...job } = input.plan;
  const first = board.record.steps.find(({ address }) => address === steps[0]?.address);
  const alone = first?.status === 'in_progress' && host.followed === first.address;
  const last = input.plan.steps.at(-1)?.address === steps.at(-1)?.address || steps.length === 0;
  const since = cancelledAt();
  const isCancelled = since !== undefined;
  const before = board.record.steps.filter(({ address }) => !steps.some((step) => step.address === address));
  if (alone) board.report();
  const given = alone ? steps.slice(0, 1) : steps;
  const names = actionNames(input.plan.steps);
  const namesOf = (some: readonly StepPlan[]): readonly string[] => some.map(({ address }) => names.get(address) ?? '');
  const ahead = host.open ? [] : usesAfter(input.plan.steps, given);
  const perform = (): ReturnType<typeof runSegment> => runSegment({
    facts: settings.facts, key: board.record.key, job, ...settings.place, steps: given, actions: namesOf(given), before: visible(before), ...(kept.length > 0 ? { kept } : {}),
    ...(ahead.length === 0 ? {} : { ahead, actionsAhead: namesOf(ahead) }),
    cancelled: isCancelled, ...(since === undefined ? {} : { cancelledAt: since }), last: last && !(alone && steps.length > 1), alone, deadline: settings.deadline, ...(pauses ? { pauses } : {}), ...triesOf(board),
  }, host.queue, host.open, () => cancelledAt() !== undefined);
  // What runs although the job is cancelled (always(), post steps) is not ended by that same cancel.
  const result = isCancelled ? await CancellationScope.nonCancellable(perform) : await perform();
  // Asked again, the host gives what the journal has, and ends what is left.
  if (result === LOST) return { ...host, open: true };
  board.putSteps(result.steps);
  const latest = result.steps.at(-1);
  return {
    open: result.open, queue: result.queue || host.queue,
    ...(latest?.status === 'in_progress' ? { followed: latest.address } : {}),
    ...(result.outputs ? { outputs: result.outputs } : {}),
    ...(result.error === undefined ? {} : { error: result.error }),
  };
}

function triesOf({ record: { steps } }: JobBoard): { readonly tries?: Readonly<Record<string, number>> } {
  const again = steps.flatMap(({ address, tries }) => (tries === undefined ? [] : [[address, tries] as const]));
  return again.length === 0 ? {} : { tries: Object.fromEntries(again) };
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** @throws ExpressionError */
function evaluateSettings({ run, plan, record, needs, strategy }: JobInput, { startedAt }: JobRecord): JobSettings {
  const facts = { run, job: plan.id, needs, strategy, ...(record.matrix ? { matrix: record.matrix } : {}) };
  const scope = jobScope(facts);
  const place = Object.fromEntries(['cluster', 'provider'].flatMap((name) => (run.inputs[name] === undefined ? [] : [[name, String(run.inputs[name])]])));
  return {
    facts,
    plan,
    // What only the host can evaluate (secrets) is left to it.
    env: jobEnvironment({ ...facts, run: { ...run, env: ofWorkflow(run.env) } }, ofWorkflow(plan.env)),
    place,
    deadline: (startedAt ?? Date.now()) + evaluateMinutes(plan.timeoutMinutes, scope),
  };
}

function ofWorkflow(env: Values): Values {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => !readsHostFacts(value)));
}

/** A job that could not go on has left steps behind. */
function skipRest(board: JobBoard): void {
  board.putSteps(board.record.steps.filter(({ status }) => status !== 'completed').map((step) => ({ ...step, status: 'completed', outcome: 'skipped', conclusion: 'skipped' })));
}

/** Outputs are what they are when the steps are over, also when one has failed. */
function conclude(board: JobBoard, { plan }: JobInput, settings: JobSettings, cancelled: boolean, host: HostStanding): void {
  skipRest(board);
  const { steps } = board.record;
  const result: Conclusion = host.error === undefined || cancelled ? jobResult(steps, cancelled) : 'failure';
  const forgiven = result === 'failure' && evaluateBoolean(plan.continueOnError, jobScope(settings.facts));
  const late = cancelled && Date.now() >= settings.deadline;
  const error = late ? 'the job took longer than it may (timeout-minutes)' : host.error;
  board.update({
    status: 'completed',
    result,
    conclusion: jobConclusion(result, forgiven),
    outputs: host.outputs ?? evaluateOutputs(board, plan.outputs, settings, cancelled),
    endedAt: Date.now(),
    ...(error === undefined ? {} : { error }),
  });
}

/** Of a job without a host's step. */
function evaluateOutputs(board: JobBoard, outputs: Readonly<Record<string, string>>, settings: JobSettings, cancelled: boolean): JobRecord['outputs'] {
  const { steps } = board.record;
  const status = jobStatus(steps, cancelled);
  const scope = stepScope({ ...settings.facts, env: environmentSoFar(settings.env, steps), steps, status } satisfies StepScopeInput);
  return Object.fromEntries(Object.entries(outputs).map(([name, template]) => [name, templateText(template, scope)] as const));
}
