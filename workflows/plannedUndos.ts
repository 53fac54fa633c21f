/** The undos of what was ended by force: from its plan, since it could not say how far it was. An undo of what was never done is a no-op. */
import { callInputs } from '../language/callInputs.js';
import { jobScope, type NeedFacts, type RunFacts, runScope } from '../language/contexts.js';
import { ExpressionError } from '../language/expressions.js';
import type { CallPlan, JobPlan } from '../language/plan.js';
import type { JobRecord, UndoEntry } from '../language/record.js';
import { evaluateWithInWorkflow } from '../language/deferredWith.js';
import { needFacts } from './needs.js';
import type { JobInput } from './jobMessages.js';

/** Undos find what they undo by tag, so those whose `with` reads what only the job knew are tried with what is known. */
export function plannedUndos({ run, plan, record, needs, strategy }: JobInput): readonly UndoEntry[] {
  const scope = jobScope({ run, job: plan.id, needs, strategy, ...(record.matrix ? { matrix: record.matrix } : {}) });
  return plan.steps.flatMap((step): UndoEntry[] => {
    if (step.kind !== 'action' || step.undo === undefined) return [];
    const { undo } = step;
    return whatCanBe(() => [{ job: record.key, address: step.address, name: step.name, activity: undo, of: step.activity, ...evaluateWithInWorkflow(step, scope) }]);
  });
}

/**
 * Those of the jobs of a called workflow that were at work.
 * @param run the called workflow's facts @param caller the calling job's key @param records all below the calling job
 */
export function plannedCallUndos({ workflow }: Pick<CallPlan, 'workflow'>, run: RunFacts, caller: string, records: readonly JobRecord[]): readonly UndoEntry[] {
  const needsOf = (job: JobPlan): Readonly<Record<string, NeedFacts>> => needFacts(job, { board: { jobs: records }, caller: { key: caller, name: caller } });
  const atWork = records.filter((record) => record.caller === caller && record.status === 'in_progress');
  return atWork.flatMap((record): readonly UndoEntry[] => {
    const plan = workflow.jobs.find(({ id }) => id === record.id);
    if (!plan) return [];
    const facts = { run, job: plan.id, needs: needsOf(plan), strategy: {}, ...(record.matrix ? { matrix: record.matrix } : {}) };
    const { call } = plan;
    if (!call) return plannedUndos({ run, plan, record, needs: facts.needs, strategy: {} });
    return whatCanBe(() => {
      const inputs = callInputs(call, jobScope(facts), runScope(run));
      return plannedCallUndos(call, { ...run, inputs, env: call.workflow.env }, record.key, records);
    });
  });
}

function whatCanBe(make: () => readonly UndoEntry[]): UndoEntry[] {
  try {
    return [...make()];
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
