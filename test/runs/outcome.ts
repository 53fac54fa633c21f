/** What came of a run, in the words of `run.yml`. */
import { fileLogStore } from '../../infra/log/fileStore.js';
import type { StoredAnnotation } from '../../infra/log/store.js';
import { jobFolder } from '../../infra/script/folders.js';
import { workspaceFolder } from '../../infra/script/workspaces.js';
import type { JobRecord, ProgressRecord, StepRecord } from '../../language/record.js';
import type { Case, Expectation, ExpectedJob, ExpectedLog, StepEnd } from './cases.js';

const LARGEST = 4 * 1024 * 1024;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /gm;

/** The expectation that this run would meet: what `wanted` says of parts alone is told of those parts. */
export function outcomeOf(record: ProgressRecord, { expectation: wanted }: Case, repository: string): Expectation {
  const shown = showing(record, repository);
  const { given, 'cancel-after': cancelAfter } = wanted;
  return {
    ...(given ? { given } : {}),
    ...(cancelAfter === undefined ? {} : { 'cancel-after': cancelAfter }),
    conclusion: record.conclusion ?? '',
    ...(wanted.name === undefined ? {} : { name: record.name ?? '' }),
    jobs: Object.fromEntries(record.jobs.map((job) => [job.key, jobOutcome(job, wanted.jobs?.[job.key], shown)])),
    ...(wanted.logs ? { logs: logsOf(record, wanted.logs, shown) } : {}),
    ...(wanted.annotations ? { annotations: fileLogStore().annotations(record.run).map((one) => shown(annotationText(one))) } : {}),
    ...(wanted.summaries ? { summaries: summariesOf(record, shown) } : {}),
  };
}

/** Every log of the run, whole. */
export function allLogs(record: Pick<ProgressRecord, 'run'>, repository = ''): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const logs: Record<string, Record<string, string>> = {};
  for (const { job, step } of fileLogStore().list(record.run)) (logs[job] ??= {})[afterSlash(step)] = logText(record, job, step, showing(record, repository));
  return logs;
}

function jobOutcome(job: JobRecord, wanted: string | ExpectedJob | undefined, shown: Shown): string | ExpectedJob {
  const result = job.result ?? job.conclusion ?? job.status;
  if (typeof wanted === 'string' && result === job.conclusion) return result;
  const { name, steps, errors } = typeof wanted === 'object' ? wanted : { name: undefined, steps: [], errors: undefined };
  return {
    result,
    ...(job.conclusion === result || job.conclusion === undefined ? {} : { conclusion: job.conclusion }),
    ...(name === undefined ? {} : { name: job.name }),
    ...(Object.keys(job.outputs).length === 0 ? {} : { outputs: Object.fromEntries(Object.entries(job.outputs).map(([key, value]) => [key, shown(value)])) }),
    ...(steps ? { steps: job.steps.map((step) => ({ [shown(step.name)]: endOf(step) })) } : {}),
    ...(errors ? { errors: errorsOf(job, errors, shown) } : {}),
  };
}

function endOf({ status, outcome, conclusion }: StepRecord): StepEnd {
  if (conclusion === undefined) return status;
  return outcome === undefined || outcome === conclusion ? conclusion : { outcome, conclusion };
}

function errorsOf(job: JobRecord, wanted: Readonly<Record<string, ExpectedLog>>, shown: Shown): Readonly<Record<string, ExpectedLog>> {
  const errors = Object.fromEntries([['job', job.error ?? ''], ...job.steps.map(({ address, error }) => [afterSlash(address), error ?? ''])] as [string, string][]);
  return Object.fromEntries(Object.entries(wanted).map(([at, log]) => [at, toldOf(shown(errors[at] ?? ''), log)]));
}

function logsOf(record: ProgressRecord, wanted: NonNullable<Expectation['logs']>, shown: Shown): NonNullable<Expectation['logs']> {
  return Object.fromEntries(Object.entries(wanted).map(([job, steps]) => {
    const id = record.jobs.find(({ key }) => key === job)?.id ?? job;
    return [job, Object.fromEntries(Object.entries(steps).map(([step, log]) => [step, toldOf(logText(record, job, `${id}/${step}`, shown), log)]))];
  }));
}

/** Of wanted lines those that are there; of unwanted texts those that are not. */
function toldOf(text: string, wanted: ExpectedLog): ExpectedLog {
  if (typeof wanted === 'string') return text;
  const lines = text.split('\n');
  const has = wanted.has?.filter((line) => lines.includes(line));
  const missing = has?.length !== wanted.has?.length;
  return {
    ...(has ? { has: missing ? [...has, `(the log) ${text}`] : has } : {}),
    ...(wanted.not ? { not: wanted.not.filter((part) => !text.includes(part)) } : {}),
  };
}

function logText({ run }: Pick<ProgressRecord, 'run'>, job: string, step: string, shown: Shown): string {
  const bytes = fileLogStore().read({ run, job, step: step as StepRecord['address'] }, 0, LARGEST);
  return shown(bytes?.toString('utf8').replaceAll(TIME, '') ?? '');
}

function annotationText({ job, step, level, message, title, file, line, column, code }: StoredAnnotation & { readonly line?: number; readonly column?: number }): string {
  const place = file === undefined ? '' : ` ${[file, line, column].filter((part) => part !== undefined).join(':')}`;
  return `${job}/${afterSlash(step)} ${level}${place}${title === undefined ? '' : ` ${title}:`}${code === undefined ? '' : ` [${code}]`} ${message}`;
}

function summariesOf({ run }: ProgressRecord, shown: Shown): NonNullable<Expectation['summaries']> {
  const found: Record<string, Record<string, string>> = {};
  for (const { job, step, markdown } of fileLogStore().summaries(run)) (found[job] ??= {})[afterSlash(step)] = shown(markdown.toString('utf8'));
  return found;
}

const afterSlash = (address: string): string => address.slice(address.indexOf('/') + 1);

type Shown = (text: string) => string;

/** Paths of this host by what they are. */
function showing(record: Pick<ProgressRecord, 'run'> & Partial<Pick<ProgressRecord, 'jobs'>>, repository: string): Shown {
  const base = workspaceFolder(record.run);
  const names: [string, string][] = (record.jobs ?? []).flatMap(({ key }) => {
    const { workspace, temp, steps } = jobFolder(base, key);
    return [[workspace, '<workspace>'], [temp, '<temp>'], [steps, '<steps>']] as [string, string][];
  });
  if (repository) names.push([repository, '<repository>']);
  names.push([process.env['FLEETWRIGHT_ACTIONS_FOLDER'] ?? '<actions>', '<actions>']);
  return (text) => names.reduce((shown, [path, name]) => shown.replaceAll(path, name), text);
}
