/** Which parked step a person means. Pure. */
import type { JobRecord, ProgressRecord, StepRecord } from '../language/record.js';

export interface ParkedStep {
  /** The job's key. */
  readonly key: string;
  /** For a person: `web/verify`, `web (18)/verify`. */
  readonly name: string;
}

/** What was asked for cannot be done now: the message says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export function parkedSteps({ jobs }: Pick<ProgressRecord, 'jobs'>): readonly ParkedStep[] {
  return jobs.flatMap((job) => (job.waiting?.kind === 'parked' ? [{ key: job.key, name: nameOf(job, job.waiting.step) }] : []));
}

/** @param step an address, or one with the job's key; undefined: the one that is parked @throws Refusal */
export function chooseParked(record: ProgressRecord, step: unknown): ParkedStep {
  const parked = parkedSteps(record);
  if (step === undefined || step === null || step === '') return onlyOne(record, parked);
  if (typeof step !== 'string') throw new Refusal(`"step" is the address of a step, as in ${parked[0]?.name ?? 'web/verify'}`);
  const found = record.jobs.flatMap((job) => job.steps.filter(({ address }) => address === step || nameOf(job, address) === step).map((one) => ({ job, one })));
  const ready = found.filter(({ job, one }) => job.waiting?.kind === 'parked' && job.waiting.step === one.address);
  const [first, second] = ready;
  if (second) throw new Refusal(`${step} is parked in more than one job: name ${ready.map(({ job, one }) => nameOf(job, one.address)).join(' or ')}`);
  if (first) return { key: first.job.key, name: nameOf(first.job, first.one.address) };
  throw new Refusal(found[0] ? whyNot(found[0].job, found[0].one) : `there is no step ${JSON.stringify(step.slice(0, 80))}${listed(parked)}`);
}

function onlyOne(record: ProgressRecord, parked: readonly ParkedStep[]): ParkedStep {
  const [first, second] = parked;
  if (second) throw new Refusal(`more than one step is parked: name ${parked.map(({ name }) => name).join(' or ')}`);
  if (first) return first;
  throw new Refusal(`no step of ${record.run} is parked: it is ${record.status === 'completed' ? 'over' : record.status.replace('_', ' ')}`);
}

function whyNot(job: JobRecord, step: StepRecord): string {
  const name = nameOf(job, step.address);
  const how = step.status === 'completed' ? `is over (${step.conclusion ?? 'success'})` : step.status === 'in_progress' ? 'is running' : 'has not begun';
  return `${name} ${how}: only a step that has failed and is parked can be tried again or skipped`;
}

function listed(parked: readonly ParkedStep[]): string {
  return parked.length === 0 ? '' : `: parked ${parked.length === 1 ? 'is' : 'are'} ${parked.map(({ name }) => name).join(', ')}`;
}

function nameOf({ key, id }: JobRecord, address: string): string {
  return `${key}${address.slice(id.length)}`;
}
