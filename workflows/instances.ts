/**
 * The matrix of a job, or the one job that it is without: what starts when, and what one's end means to the others.
 *
 * 1. At most `max-parallel` of them are at work.
 * 2. With `fail-fast`, one that fails ends the others, also those that wait; one that is forgiven (`continue-on-error`) ends none.
 * 3. When the run is cancelled they end, unless the job's `if` holds all the same.
 */
import { jobIfScope, type JobFacts, jobScope, type NeedFacts } from '../language/contexts.js';
import { expandStrategy, jobName, type JobInstance } from '../language/matrix.js';
import type { JobPlan } from '../language/plan.js';
import type { JobRecord } from '../language/record.js';
import { Ending } from './ending.js';
import { recordsOf } from './needs.js';
import { type JobsRuntime, keyOf, nameOf } from './place.js';
import { freshJob, unstarted } from './records.js';
import { startJob } from './startJob.js';
import { takeInTurns } from './turns.js';

interface InstancesRuntime extends JobsRuntime {
  /** Whether the job's `if` holds although the run is cancelled. */
  readonly outlivesCancel: () => boolean;
}

/** @throws ExpressionError when the strategy or a name cannot be evaluated */
export async function runInstances(job: JobPlan, needs: Readonly<Record<string, NeedFacts>>, runtime: InstancesRuntime): Promise<void> {
  const { run, cancel, endings } = runtime;
  const { instances, failFast, maxParallel } = expandStrategy(job, jobIfScope(run, needs));
  const factsOf = (instance: JobInstance): JobFacts => ({
    run, job: job.id, needs, strategy: instance.strategy, ...(instance.matrix ? { matrix: instance.matrix } : {}),
  });
  putInstances(job, instances, factsOf, runtime);
  const own = new Map(instances.map(({ key }) => [keyOf(key, runtime), new Ending()]));
  for (const [key, ending] of own) endings.set(key, ending);
  const endAll = (reason?: string): void => {
    for (const ending of own.values()) ending.end(reason);
  };
  const forget = cancel.listen(() => {
    if (!runtime.outlivesCancel()) endAll(cancel.reason);
  });
  try {
    await takeInTurns(instances, maxParallel, async (instance) => {
      const key = keyOf(instance.key, runtime);
      const done = await runOne(job, instance, factsOf(instance), own.get(key)!, runtime);
      if (done?.conclusion === 'failure' && failFast && instances.length > 1) endAll(`${done.name} failed (fail-fast)`);
    });
  } finally {
    forget();
    for (const key of own.keys()) endings.delete(key);
  }
}

/** Undefined when it was done before. */
async function runOne(job: JobPlan, instance: JobInstance, facts: JobFacts, ending: Ending, runtime: JobsRuntime): Promise<JobRecord | undefined> {
  const { board } = runtime;
  const key = keyOf(instance.key, runtime);
  const record = board.jobs.find((other) => other.key === key)!;
  if (record.status === 'completed') return undefined;
  const ended = ending.requested ? unstarted(record, 'cancelled', ending.reason) : await startJob({ plan: job, record, facts, local: instance.key }, ending, runtime);
  const { reason } = ending;
  const done = ended.conclusion === 'cancelled' && ended.error === undefined && reason !== undefined ? { ...ended, error: reason } : ended;
  board.putJobs([done]);
  return done;
}

/** One record a combination, with its name; those of an earlier attempt stay. */
function putInstances(job: JobPlan, instances: readonly JobInstance[], factsOf: (instance: JobInstance) => JobFacts, runtime: JobsRuntime): void {
  const { board } = runtime;
  const known = new Map(recordsOf(job.id, runtime).map((record) => [record.key, record]));
  const records = instances.map((instance): JobRecord => {
    const key = keyOf(instance.key, runtime);
    const name = nameOf(jobName(job, instance, jobScope(factsOf(instance))), runtime);
    return { ...(known.get(key) ?? freshJob(job, { key, ...(instance.matrix ? { matrix: instance.matrix } : {}), ...(runtime.caller ? { caller: runtime.caller } : {}) })), name };
  });
  const whole = keyOf(job.id, runtime);
  if (job.strategy && known.has(whole)) board.replaceJob(whole, records);
  else board.putJobs(records);
}
