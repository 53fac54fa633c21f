/** What is no step of the plan, with its entry in the job's journal, a record and a log of its own: parts of actions, and what undoes a step. */
import { ExpressionError } from '../../language/expressions.js';
import type { StepAddress } from '../../language/ids.js';
import type { StepRecord } from '../../language/record.js';
import type { JobEntries } from './entries.js';
import type { StepOutput } from './output.js';
import { failed, LINGERS, type Performed, type StepEnd } from './stepEnd.js';

export interface PartRecorder {
  readonly entries: JobEntries;
  readonly openOutput: (address: StepAddress) => StepOutput;
}

export type PartWork = (output: StepOutput, startedAt: number) => Promise<Performed>;

/** Goes on where a killed worker was. @throws what the work throws, but for ExpressionError */
export async function performPart(base: Pick<StepRecord, 'address' | 'name' | 'stage'>, { entries, openOutput }: PartRecorder, work: PartWork): Promise<StepRecord> {
  const begun = entries.begun(base.address);
  const output = openOutput(base.address);
  const startedAt = begun?.at ?? Date.now();
  if (begun) output.replay(begun);
  else entries.add({ kind: 'begin', address: base.address, name: base.name, at: startedAt, log: output.position });
  try {
    const end = await work(output, startedAt).catch(asEnd);
    if (end === LINGERS) throw new Error('what is no step of the plan was left running');
    const record = recordOf(base, end, startedAt);
    entries.add({ kind: 'end', address: base.address, record, state: end.state });
    await end.forget?.();
    return record;
  } finally {
    output.close();
  }
}

function asEnd(error: unknown): StepEnd {
  if (error instanceof ExpressionError) return failed(error.message);
  throw error;
}

function recordOf(base: Pick<StepRecord, 'address' | 'name' | 'stage'>, { outcome, error, env, path }: StepEnd, startedAt: number): StepRecord {
  return {
    ...base, status: 'completed', outcome, conclusion: outcome, outputs: {}, startedAt, endedAt: Date.now(),
    ...(error === undefined ? {} : { error }), ...(Object.keys(env).length === 0 ? {} : { env }), ...(path.length === 0 ? {} : { path }),
  };
}
