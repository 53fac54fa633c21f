/**
 * Runs of small plans on a real Temporal server. The steps' activities are the tests' own: each records that it acted, and does
 * what the test says. The server is started once a file.
 */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { ActionInput, ActionResult, StepsInput, StepsResult, UndoResult } from '../../activities/contract.js';
import type { HostFacts } from '../../language/contexts.js';
import type { RunId } from '../../language/ids.js';
import { stepAddress, parseJobId } from '../../language/ids.js';
import type { ActionStepPlan, CallPlan, ConcurrencyPlan, JobPlan, Plan, Scalar } from '../../language/plan.js';
import type { ProgressRecord, UndoEntry } from '../../language/record.js';
import { JOB_REPORT, MEMO, PROGRESS_QUERY, SEARCH_ATTRIBUTES, TASK_QUEUE, type RunOptions } from '../../workflows/messages.js';
import { cancelWorkflowActivity, groupPlacesActivity } from '../../activities/groups.js';
import { cancelWorkflow, openMemo } from '../../infra/temporal/workflowClosed.js';
import { dataConverter, payloadCodecs } from '../../infra/temporal/payloads.js';
import { startSkippingServer } from './timeSkipping.js';
import { hostSteps, type WorkContext } from './hostSteps.js';
import { workflowBundle } from '../workflowBundle.js';

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR' } } } });

const MAX_CACHED = Number(process.env['FLEETWRIGHT_CACHED_WORKFLOWS'] ?? 1000);

/** What a step's work is given, whichever activity it is of. Of a script `with` is its environment. */
export type StepInput = Omit<ActionInput, 'limits' | 'deferred'>;

/** What a step of a test does: gives outputs, throws, or waits. */
export type StepWork = (input: StepInput, context: WorkContext) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;

export interface Started {
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  progress(): Promise<ProgressRecord>;
  /** The record in the memo, once it is closed. */
  closed(): Promise<ProgressRecord>;
}

export class Harness {
  /** What acted, in order: `act a/1`, `undo a/1`, `run a/2: echo`. */
  readonly ledger: string[] = [];
  work: Record<string, StepWork> = {};
  plans: Record<string, Plan> = {};
  /** What the host of `run-steps` says. */
  host: HostFacts = {};
  /** Sees what `run-steps` is given. */
  onSteps: (input: StepsInput, context: Context) => Promise<void> | void = () => undefined;
  /** What the worker does before it reads payloads, of workflow tasks and activities. */
  onDecode: (payloads: readonly Payload[]) => Promise<void> = async () => undefined;
  #count = 0;

  private constructor(readonly env: TestWorkflowEnvironment, private readonly end = () => env.teardown()) {}

  /** @param config dynamic config values of the server, `NAME=VALUE` */
  static async start(config: readonly string[] = []): Promise<Harness> {
    const path = process.env['FLEETWRIGHT_TEMPORAL'];
    const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
    const extraArgs = [...attributes, ...config.flatMap((value) => ['--dynamic-config-value', value])];
    const env = await TestWorkflowEnvironment.createLocal({
      client: { dataConverter: dataConverter() },
      server: { ...(path ? { executable: { type: 'existing-path', path } } : {}), extraArgs },
    });
    return new Harness(env);
  }

  /** On the server in which time is skipped by `env.sleep`. */
  static async startSkippingTime(): Promise<Harness> {
    const { env, stop } = await startSkippingServer();
    return new Harness(env, stop);
  }

  async stop(): Promise<void> {
    await this.end();
  }

  /** Has a worker poll until the function that it gives is called. */
  async startWorker(): Promise<() => Promise<void>> {
    let end: () => void = () => undefined;
    const ended = this.withWorker(() => new Promise<void>((resolve) => { end = resolve; }));
    return async () => {
      end();
      await ended;
    };
  }

  /** Runs `body` with a worker polling. */
  async withWorker<T>(body: () => Promise<T>): Promise<T> {
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: TASK_QUEUE,
      dataConverter: { payloadCodecs: [this.waits(), ...payloadCodecs()] },
      workflowBundle: workflowBundle(),
      activities: this.activities(),
      maxCachedWorkflows: MAX_CACHED,
      stickyQueueScheduleToStartTimeout: '1 second',
      maxHeartbeatThrottleInterval: '200 milliseconds',
    });
    return worker.runUntil(body);
  }

  async startRun(plan: Plan, options: RunOptions = {}, id = `${plan.type}/t#${++this.#count}`): Promise<Started> {
    this.plans[plan.type] = plan;
    const handle = await this.env.client.workflow.start(plan.type, { workflowId: id, taskQueue: TASK_QUEUE, args: [plan.inputs, options] });
    return {
      handle,
      progress: () => handle.query<ProgressRecord>(PROGRESS_QUERY),
      closed: async () => (await handle.describe()).memo?.[MEMO.record] as ProgressRecord,
    };
  }

  /** Runs the plan to its end, however it ends. */
  async run(plan: Plan, options: RunOptions = {}, id?: string): Promise<ProgressRecord> {
    return this.withWorker(async () => {
      const started = await this.startRun(plan, options, id);
      await started.handle.result().catch(() => undefined);
      return started.closed();
    });
  }

  private waits(): PayloadCodec {
    return {
      encode: async (payloads) => payloads,
      decode: async (payloads) => {
        await this.onDecode(payloads);
        return payloads;
      },
    };
  }

  private activities() {
    const act = async (input: ActionInput): Promise<ActionResult> => {
      this.ledger.push(`act ${input.step}`);
      const work = this.work[input.step];
      return { outputs: work ? await work(input, Context.current()) : {} };
    };
    const undo = async (input: ActionInput): Promise<UndoResult> => {
      this.ledger.push(`undo ${input.step}`);
      const left = await this.work[`undo ${input.step}`]?.(input, Context.current());
      return { removed: [], left: left ? Object.values(left) : [] };
    };
    const steps = async (input: StepsInput): Promise<StepsResult> => {
      await this.onSteps(input, Context.current());
      return hostSteps(input, async ({ step, script: text, env }, context) => {
        const { run: { id, attempt } } = input.facts;
        if (step.kind === 'run' && step.undo !== undefined) {
          const undo: UndoEntry = { job: input.key, address: step.address, name: step.name, activity: 'undo-script', with: { script: step.undo } };
          await this.env.client.workflow.getHandle(id).signal(JOB_REPORT, { key: input.key, steps: [], undos: [undo] });
        }
        this.ledger.push(`run ${step.address}: ${text}`);
        return (await this.work[step.address]?.({ run: id, attempt, job: input.key, step: step.address, with: env }, context)) ?? {};
      }, this.host);
    };
    return {
      act,
      undo,
      'run-steps': steps,
      'undo-script': undo,
      'load-plan': async ({ type }: { type: string }): Promise<Plan> => {
        const plan = this.plans[type];
        if (!plan) throw ApplicationFailure.nonRetryable(`there is no ${type}`, 'InvalidRun');
        return plan;
      },
      'group-places': groupPlacesActivity({ openMemo: (id) => openMemo(this.env.client, id) }),
      'cancel-workflow': cancelWorkflowActivity({ cancelWorkflow: (id) => cancelWorkflow(this.env.client, id) }),
      'await-workflow-closed': async ({ workflowId }: { workflowId: string }): Promise<void> => {
        const heart = setInterval(() => Context.current().heartbeat(), 500);
        await this.env.client.workflow.getHandle(workflowId).result().catch(() => undefined);
        clearInterval(heart);
      },
    };
  }
}

/** A failure that stays. */
export function fails(message: string): StepWork {
  return () => {
    throw ApplicationFailure.nonRetryable(message);
  };
}

/** Waits until it is cancelled. */
export const untilCancelled: StepWork = async (_, context) => {
  const heart = setInterval(() => context.heartbeat(), 200);
  try {
    await context.cancelled;
    return {};
  } finally {
    clearInterval(heart);
  }
};

export { CancelledFailure };

export interface JobSketch {
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly steps?: readonly StepSketch[];
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: JobPlan['strategy'];
  readonly continueOnError?: Scalar;
  readonly timeoutMinutes?: Scalar;
  readonly name?: string;
  readonly concurrency?: Partial<ConcurrencyPlan> & Pick<ConcurrencyPlan, 'group'>;
  readonly call?: CallSketch;
  readonly environment?: string;
}

/** A called workflow. */
export interface CallSketch extends Partial<Pick<CallPlan, 'with' | 'inputs' | 'secrets' | 'outputs'>> {
  readonly jobs: Readonly<Record<string, JobSketch>>;
  readonly env?: Plan['env'];
  readonly concurrency?: JobSketch['concurrency'];
}

export interface StepSketch {
  readonly id?: string;
  readonly if?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly undo?: boolean;
  readonly continueOnError?: boolean;
  readonly timeoutMinutes?: number;
  readonly retry?: ActionStepPlan['retry'];
}

/** A plan from a sketch: steps are `act` activities with an undo unless they say `run`. */
export function plan(type: string, jobs: Readonly<Record<string, JobSketch>>, rest: Partial<Plan> = {}): Plan {
  return {
    version: 1, type, name: type, file: `${type}.yml`, inputs: {}, env: {}, onFailure: 'undo', ...rest,
    jobs: Object.entries(jobs).map(([name, sketch]) => job(name, sketch)),
  };
}

function job(name: string, sketch: JobSketch): JobPlan {
  const id = parseJobId(name);
  return {
    id, name: sketch.name ?? name, needs: (sketch.needs ?? []).map(parseJobId), ...(sketch.if ? { if: sketch.if } : {}), runsOn: 'worker', env: {}, defaults: {},
    timeoutMinutes: sketch.timeoutMinutes ?? 360, continueOnError: sketch.continueOnError ?? false, outputs: sketch.outputs ?? {},
    ...(sketch.strategy ? { strategy: sketch.strategy } : {}),
    ...(sketch.concurrency ? { concurrency: concurrency(sketch.concurrency) } : {}),
    ...(sketch.call ? { call: call(sketch.call) } : {}),
    ...(sketch.environment ? { environment: { name: sketch.environment } } : {}),
    steps: (sketch.steps ?? (sketch.call ? [] : [{}])).map((step, i) => {
      const address = stepAddress(id, step.id ?? i + 1);
      const base = {
        address, name: `step ${address}`, env: {}, continueOnError: step.continueOnError ?? false, ...(step.id ? { id: step.id } : {}),
        ...(step.if ? { if: step.if } : {}), ...(step.timeoutMinutes ? { timeoutMinutes: step.timeoutMinutes } : {}),
        ...(step.retry ? { retry: step.retry } : {}),
      };
      if (step.run !== undefined) return { ...base, kind: 'run', run: step.run, ...(step.undo ? { undo: 'undo it' } : {}) };
      const values = step.with ?? {};
      const inputTypes = Object.fromEntries(Object.keys(values).map((key) => [key, 'string' as const]));
      return { ...base, kind: 'action', uses: 'fleetwright/act@v1', activity: 'act', with: values, inputTypes, ...(step.undo === false ? {} : { undo: 'undo' }) };
    }),
  };
}

function concurrency(sketch: NonNullable<JobSketch['concurrency']>): ConcurrencyPlan {
  return { cancelInProgress: false, queue: 'single', ...sketch };
}

function call({ jobs, env = {}, concurrency: group, ...rest }: CallSketch): CallPlan {
  const planned = Object.entries(jobs).map(([name, sketch]) => job(name, sketch));
  return {
    uses: './.github/workflows/called.yml', with: {}, inputs: {}, secrets: {}, outputs: {}, ...rest,
    workflow: { type: 'called', name: 'called', file: 'called.yml', env, jobs: planned, ...(group ? { concurrency: concurrency(group) } : {}) },
  };
}

/** `success`, or the address and conclusion of every step, for short expectations. */
export function conclusions(record: ProgressRecord): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(record.jobs.flatMap(({ key, steps, conclusion }) => [
    [key, conclusion] as const, ...steps.map((step) => [step.address, step.conclusion] as const),
  ]));
}

export type { RunId };
