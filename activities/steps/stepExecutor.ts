/**
 * One step of a job, wherever it stands: whether it runs, what it runs, how it ends, and its entry in the job's journal.
 *
 * 1. A step that has its end in the journal is not looked at again: its record is taken from there.
 * 2. The order is GitHub's: env, name, `if`, the work, its files, `continue-on-error`.
 */
import { stepConclusion } from '../../language/conclusions.js';
import { ExpressionError } from '../../language/expressions.js';
import { stepTooLarge } from '../../language/handedOver.js';
import type { StepAddress } from '../../language/ids.js';
import type { RunStepPlan, UsesStepPlan } from '../../language/plan.js';
import type { StepRecord } from '../../language/record.js';
import { forgives, prepareStep, type PreparedStep } from '../../language/steps.js';
import { PermanentError } from '../../infra/errors.js';
import { awaited } from './awaited.js';
import { holds } from './condition.js';
import type { JobEntries } from './entries.js';
import type { Frame } from './frame.js';
import type { StepOutput } from './output.js';
import type { Watch } from './performProcess.js';
import { failed, LINGERS, type Performed, type StepEnd } from './stepEnd.js';

export type Prepared = Extract<PreparedStep, { kind: 'run' }>;
export type HostStep = RunStepPlan | UsesStepPlan;

/** What a step's work is given: all evaluated but what is its own. */
export interface StepCall<Step extends HostStep = HostStep> {
  readonly step: Step;
  /** `build/3`, `build/3/1` in a composite action: names the journal's folder. */
  readonly address: string;
  readonly prepared: Prepared;
  readonly frame: Frame;
  readonly watch: Watch;
  readonly output: StepOutput;
}

export interface StepWorker {
  perform(call: StepCall): Promise<Performed>;
}

export interface ExecutorParts {
  readonly entries: JobEntries;
  readonly worker: StepWorker;
  /** Called before a step is looked at. */
  readonly onBegin: () => void;
  /** Whether the job is cancelled by now. */
  readonly cancelled: () => boolean;
  /** Whether the job had its time to end after its cancel: nothing begins any more. */
  readonly forced: () => boolean;
  /** Opens the output of a step of the job. @param env the step's */
  readonly openOutput: (address: StepAddress, env: Readonly<Record<string, string>>) => StepOutput;
}

export interface ExecuteOptions {
  /** Milliseconds after which a process may be left running. @default never */
  readonly lingerMs?: number | undefined;
  /** Ends the step: it was in the background, and is to be cancelled. */
  readonly stop?: AbortSignal;
  /** The step in which this one stands: its output and its time are this one's too. */
  readonly within?: Pick<StepCall, 'output' | 'watch'>;
}

export class StepExecutor {
  constructor(private readonly parts: ExecutorParts) {}

  /** The step's record, or that it goes on. It is added to the frame by who asked. @throws when the host is lost or let go of */
  async execute(step: HostStep, frame: Frame, options: ExecuteOptions = {}): Promise<StepRecord | typeof LINGERS> {
    const { entries, cancelled } = this.parts;
    const address = `${frame.path}/${step.address.slice(step.address.lastIndexOf('/') + 1)}`;
    const known = entries.ended(address);
    if (known) return known.record;
    // What has begun is not skipped by a cancel that came later: it is ended.
    const isCancelled = cancelled() && entries.begun(address) === undefined;
    this.parts.onBegin();
    const prepared = await awaited(() => prepareStep(step, frame.scopeInput(isCancelled, frame.actionOf(step))));
    const base = { address: address as StepAddress, ...(step.id === undefined ? {} : { id: step.id }), name: prepared.name, outputs: {} };
    const tooLate = prepared.kind === 'run' && this.parts.forced() && entries.begun(address) === undefined;
    if (prepared.kind === 'skip' || tooLate) {
      const outcome = tooLate ? 'cancelled' : 'skipped';
      const record: StepRecord = { ...base, status: 'completed', outcome, conclusion: outcome };
      entries.add({ kind: 'end', address, record, state: {} });
      return record;
    }
    const begun = this.#begin(address, base.name, options.within?.output ?? (() => this.parts.openOutput(address as StepAddress, prepared.kind === 'run' ? prepared.env : {})));
    const { output } = begun;
    try {
      if (prepared.kind === 'run' && prepared.timeoutProblem !== undefined) output.error(prepared.timeoutProblem);
      const performed = prepared.kind === 'fail' ? failed(prepared.error) : await this.#perform(step, address, prepared, frame, begun, options);
      if (performed === LINGERS) return LINGERS;
      const end = withinLimit(performed, frame, output);
      if (prepared.kind === 'fail') output.note(prepared.error);
      const forgiven = end.outcome === 'failure' && prepared.kind === 'run' && forgives(step.continueOnError, prepared.scope); // env and `if` come before `continue-on-error`
      const record = completed(base, end, forgiven, begun.at);
      entries.add({ kind: 'end', address, record, state: end.state });
      await end.forget?.();
      return record;
    } finally {
      if (!options.within) output.close();
    }
  }

  #begin(address: string, name: string, opened: StepOutput | (() => StepOutput)): { readonly output: StepOutput; readonly at: number } {
    const { entries } = this.parts;
    const begun = entries.begun(address);
    const output = typeof opened === 'function' ? opened() : opened;
    const at = begun?.at ?? Date.now();
    // In a composite action the output may still wait for what an earlier step printed, which is not printed again.
    output.replay(begun);
    if (!begun) entries.add({ kind: 'begin', address, name, at, log: output.position, ...(output.annotated > 0 ? { annotated: output.annotated } : {}) });
    return { output, at };
  }

  async #perform(
    step: HostStep, address: string, prepared: Prepared, frame: Frame, { output, at }: { readonly output: StepOutput; readonly at: number },
    { lingerMs, within, stop }: ExecuteOptions,
  ): Promise<Performed> {
    // A running step's `if` is asked again when its job is cancelled, as on GitHub.
    const outlivesCancel = (): boolean => (within?.watch.outlivesCancel() ?? true) && holds(step.if, frame.scope(true, frame.actionOf(step)));
    const watch: Watch = within ? { ...within.watch, outlivesCancel } : { startedAt: at, timeoutMs: prepared.timeoutMs, lingerMs, outlivesCancel, ...(stop ? { stop } : {}) };
    try {
      return await awaited(() => this.parts.worker.perform({ step, address, prepared, frame, watch, output }));
    } catch (error) {
      // A local action that is not there, a shell that is none, a full disk: the step's failure, which `continue-on-error` may forgive.
      if (!(error instanceof ExpressionError || error instanceof PermanentError)) throw error;
      output.note(error.message);
      return failed(error.message);
    }
  }
}

/** A step that hands over too much has failed, and hands over nothing. */
function withinLimit(end: StepEnd, frame: Frame, output: StepOutput): StepEnd {
  const problem = stepTooLarge(end, frame.handedOverSize);
  if (problem === undefined) return end;
  output.note(problem);
  const error = end.error === undefined ? problem : `${end.error}\n${problem}`;
  return failed(error, { ...(end.outcome === 'cancelled' ? { outcome: end.outcome } : {}), state: end.state, ...(end.forget ? { forget: end.forget } : {}) });
}

function completed(
  base: Pick<StepRecord, 'address' | 'id' | 'name'>, end: StepEnd, forgiven: boolean, startedAt: number,
): StepRecord {
  return {
    ...base,
    status: 'completed',
    outcome: end.outcome,
    conclusion: stepConclusion(end.outcome, forgiven),
    outputs: end.outputs,
    ...(end.error === undefined ? {} : { error: end.error }),
    ...(Object.keys(end.env).length === 0 ? {} : { env: end.env }),
    ...(end.path.length === 0 ? {} : { path: end.path }),
    startedAt,
    endedAt: Date.now(),
  };
}
