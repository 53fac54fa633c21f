/** What a person decides about a run that is open: its updates, each with the check that refuses it before it enters the history. */
import { CancellationScope, defineUpdate, getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { GateVerdict, ProgressRecord } from '../language/record.js';
import { chooseParked, parkedSteps, Refusal } from './chooseParked.js';
import { chooseGate } from './chooseGate.js';
import { decideGate, type Gates } from './gates.js';
import { cancelWorkflow } from './groupLock.js';
import { type Decided, type GateChoice, type SkipChoice, type StepChoice, UPDATES } from './messages.js';
import type { ParkedJobs } from './parkedJobs.js';
import type { Board } from './progress.js';
import type { RunCancel } from './runCancel.js';

const retry = defineUpdate<Decided, [StepChoice | undefined]>(UPDATES.retry);
const skip = defineUpdate<Decided, [SkipChoice | undefined]>(UPDATES.skip);
const undo = defineUpdate<Decided, []>(UPDATES.undo);
const approve = defineUpdate<Decided, [GateChoice | undefined]>(UPDATES.approve);
const reject = defineUpdate<Decided, [GateChoice | undefined]>(UPDATES.reject);
const cancelRun = defineUpdate<Decided, []>(UPDATES.cancel);

/** Call it in the run's main function, before anything else can wait. */
export function handleDecisions(board: Board, parked: ParkedJobs, cancel: RunCancel, gates: Gates): void {
  handleGates(board, gates);
  setHandler(retry, async (choice) => {
    const { key, name } = chooseParked(board.record, choice?.step);
    await parked.decide(key, { kind: 'retry' });
    return { steps: [name] };
  }, {
    validator: (choice) => void chooseParked(board.record, choice?.step),
    description: 'Run the parked step again. Input: nothing, or {"step": "web/verify"} where more than one is parked.',
  });
  setHandler(skip, async (choice) => {
    const { key, name } = chooseParked(board.record, choice?.step);
    await parked.decide(key, { kind: 'skip', outputs: choice?.outputs ?? {} });
    return { steps: [name] };
  }, {
    validator: (choice) => {
      chooseParked(board.record, choice?.step);
      checkOutputs(choice?.outputs);
    },
    description: 'Go on without the parked step. Input: nothing, or {"step": "web/verify", "outputs": {"url": "http://..."}}: what later steps see as its outputs.',
  });
  setHandler(undo, async () => {
    const steps = parkedSteps(board.record).map(({ name }) => name);
    await parked.giveUp();
    return { steps };
  }, {
    validator: () => refuseUnparked(board.record),
    description: 'Give the parked step up: what is at work ends as it does, and all that the run made is undone, last in, first out.',
  });
  setHandler(cancelRun, async () => {
    await CancellationScope.nonCancellable(() => cancelWorkflow({ workflowId: workflowInfo().workflowId }));
    return { steps: [] };
  }, {
    validator: () => refuseCancelled(board.record, cancel),
    description: 'Cancel the run: what is at work is ended, and all that it made is undone.',
  });
}

function handleGates(board: Board, gates: Gates): void {
  const on = (update: typeof approve, verdict: GateVerdict['verdict'], description: string): void => setHandler(update, async (choice) => {
    const { jobs, by, comment } = chooseGate(board.record, choice);
    const at = Date.now();
    // Who decides a moment later finds no job that waits.
    board.putJobs(jobs.map(({ job: { waiting: _, ...job } }) => ({ ...job, status: 'in_progress' as const })));
    for (const { job: { key }, gate } of jobs) {
      const decided = { verdict, environment: gate.environment, by, at, ...(comment === undefined ? {} : { comment }) };
      if (gate.owner === workflowInfo().workflowId) gates.decide(key, decided);
      else await getExternalWorkflowHandle(gate.owner).signal(decideGate, { key, verdict: decided });
    }
    return { steps: jobs.map(({ job }) => job.key) };
  }, { validator: (choice) => void chooseGate(board.record, choice), description });
  on(approve, 'approved', 'Let the jobs that wait for an environment go on. Input: {"environment": "production", "by": "ann", "comment": "..."}.');
  on(reject, 'rejected', 'Fail the jobs that wait for an environment. Input as that of approve.');
}

/** @throws Refusal */
function refuseUnparked(record: ProgressRecord): void {
  if (parkedSteps(record).length === 0) throw new Refusal(`no step of ${record.run} is parked: \`cancel\` ends a run that is at work, and undoes what it made`);
}

/** @throws Refusal */
function refuseCancelled({ run, status }: ProgressRecord, cancel: RunCancel): void {
  if (cancel.requested()) throw new Refusal(`${run} is cancelled already`);
  if (status === 'undoing') throw new Refusal(`${run} is being undone: there is nothing to cancel`);
}

/** @throws Refusal */
function checkOutputs(outputs: unknown): void {
  if (outputs === undefined || outputs === null) return;
  const texts = typeof outputs === 'object' && !Array.isArray(outputs) && Object.values(outputs).every((value) => typeof value === 'string');
  if (!texts) throw new Refusal('"outputs" is an object of texts, as in {"url": "http://10.0.0.1"}');
}
