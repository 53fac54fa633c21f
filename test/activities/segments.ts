/** Segments of small workflow files in this very process, without Temporal: what the activities of a worker do. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActionInput, StepsInput, StepsResult, UndoResult } from '../../activities/contract.js';
import { runStepsActivity, type StepsDependencies } from '../../activities/steps/runSteps.js';
import { undoScriptActivity } from '../../activities/steps/undoScript.js';
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import { planText } from '../../language/planText.js';
import type { UndoEntry } from '../../language/record.js';

export const QUICK_STOP = { interruptMs: 300, terminateMs: 300, killMs: 5000 };

/** The input of a segment with all steps of the file's first job. @param workflow text of a workflow file */
export async function segmentOf(workflow: string, run: RunId, more: Partial<StepsInput> = {}): Promise<StepsInput> {
  const { plan, diagnostics } = await planText(workflow, 'segment.yml', { inputs: {}, facts: { github: { event_name: 'push' }, vars: {}, env: {} } as never, actions: new Map() });
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const [{ steps, ...job }] = plan.jobs as [(typeof plan.jobs)[0]];
  return {
    facts: { run: { id: run, attempt: 1, name: 'segment', inputs: {}, env: plan.env, ...(plan.facts ? { facts: plan.facts } : {}) }, job: job.id, needs: {}, strategy: {} },
    key: job.id, job, steps, before: [], cancelled: false, last: true, deadline: Date.now() + 600_000, alone: false, ...more,
  };
}

export interface Worker {
  readonly environment: MockActivityEnvironment;
  steps(input: StepsInput): Promise<StepsResult>;
  undo(entry: UndoEntry, run: RunId, more?: Partial<ActionInput>): Promise<UndoResult>;
}

/** @param deps @default no machine, and nobody is told of undos */
export function worker(deps: Partial<StepsDependencies> = {}, attempt = 1): Worker {
  const all: StepsDependencies = {
    queue: 'here', openRunner: async () => { throw new Error('there is no machine here'); }, registerUndo: async () => undefined, workflowIsOpen: async () => true, stopTimes: QUICK_STOP,
    times: { segmentMs: 600_000, lingerMs: 600_000 }, ...deps, // on a slow host too, one segment does all
  };
  const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
  return {
    environment,
    steps: (input) => environment.run(runStepsActivity(all), input) as Promise<StepsResult>,
    undo: ({ job, address, with: values }, run, more = {}) => environment.run(undoScriptActivity(all), {
      run, attempt: 1, job, step: address, with: values, limits: { timeoutMs: 60_000, maxAttempts: 1 }, ...more,
    }) as Promise<UndoResult>,
  };
}

const STAMP = /\d{4}-\d\d-\d\dT[\d:.]+Z /g;

/** Of a step of the run, without times; '' when there is none. */
export function logOf(run: RunId, job: string, step: string): string {
  const store = fileLogStore();
  const id = { run, job, step: step as StepAddress };
  return store.read(id, 0, store.size(id))?.toString().replaceAll(STAMP, '') ?? '';
}
