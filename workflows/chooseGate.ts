/** Which jobs a person lets through a gate, and whether they may. Pure. */
import type { JobRecord, JobWait, ProgressRecord } from '../language/record.js';
import { Refusal } from './chooseParked.js';

type Gate = Extract<JobWait, { kind: 'gate' }>;

export interface JobAtGate {
  readonly job: JobRecord;
  readonly gate: Gate;
}

/** @throws Refusal */
export function chooseGate(record: ProgressRecord, choice: unknown): { readonly jobs: readonly JobAtGate[]; readonly by: string; readonly comment?: string } {
  const { environment, by, comment } = (typeof choice === 'object' && choice !== null ? choice : {}) as Readonly<Record<string, unknown>>;
  const waiting = record.jobs.flatMap((job): JobAtGate[] => (job.waiting?.kind === 'gate' ? [{ job, gate: job.waiting }] : []));
  const names = [...new Set(waiting.map(({ gate }) => gate.environment))];
  const wanted = environment === undefined && names.length === 1 ? names[0] : environment;
  if (typeof wanted !== 'string' || wanted === '') throw new Refusal(names.length > 1 ? `name the environment: jobs wait for ${names.join(', ')}` : nothingWaits(record, names));
  const jobs = waiting.filter(({ gate }) => gate.environment.toLowerCase() === wanted.toLowerCase());
  const open = jobs.filter(({ gate }) => gate.reviewers.length > 0);
  if (jobs.length === 0) throw new Refusal(`no job waits for the environment ${wanted}: ${nothingWaits(record, names)}`);
  if (open.length === 0) throw new Refusal(`${wanted} needs no approval any more: its wait timer ends at ${new Date(jobs[0]?.gate.until ?? 0).toISOString()}`);
  if (typeof by !== 'string' || by.trim() === '') throw new Refusal('say who decides: "by" is a name');
  const reviewers = open[0]!.gate.reviewers;
  if (!reviewers.some((one) => one.toLowerCase() === by.trim().toLowerCase())) throw new Refusal(`${by.trim()} is no reviewer of ${wanted}: ${reviewers.join(', ')} may decide`);
  if (comment !== undefined && comment !== null && typeof comment !== 'string') throw new Refusal('"comment" is a text');
  return { jobs: open, by: by.trim(), ...(typeof comment === 'string' && comment !== '' ? { comment } : {}) };
}

function nothingWaits({ run }: ProgressRecord, names: readonly string[]): string {
  return names.length === 0 ? `no job of ${run} waits for an approval` : `jobs wait for ${names.join(', ')}`;
}
