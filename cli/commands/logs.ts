/** `fleetwright logs RUN`: what the steps of a run printed: all, or the part that is asked for. */
import { existsSync } from 'node:fs';
import { fileLogStore } from '../../infra/log/fileStore.js';
import { jobEntriesPath } from '../../infra/steps/paths.js';
import type { RunId } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { PermanentError } from '../../infra/errors.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { jobsElsewhere, type OnHost } from '../log/absent.js';
import { choosesPart, chosenPart, type LogChoice } from '../log/choice.js';
import { jsonPrinter } from '../log/jsonPrinter.js';
import { openRunLog, type RunLog, type RunLogOptions } from '../log/runLog.js';
import { attemptRanges, recordOfAttempt } from '../runs/attempts.js';
import { followLog } from '../runs/followLog.js';
import { type SeenRun, seeRun } from '../runs/whole.js';
import { openSession, type Session } from '../session.js';
import type { Terminal } from '../terminal.js';
import { count } from '../values/count.js';
import { workerIsElsewhere } from '../worker.js';

export interface LogsFlags extends CommonFlags, LogChoice {
  /** Of the run. */
  readonly attempt?: string;
  readonly follow?: boolean;
}

/** @throws UsageError when there is no such run, attempt, job or step; TemporalUnreachableError, PermanentError */
export async function logs(terminal: Terminal, word: string | undefined, flags: LogsFlags): Promise<ExitCode> {
  const attempt = count('--attempt', flags.attempt);
  if (flags.follow && attempt !== undefined) throw new UsageError('--follow and --attempt exclude each other: what comes is of the latest attempt');
  if (workerIsElsewhere()) throw new PermanentError('the worker is on another host (FLEETWRIGHT_WORKER=elsewhere), and so are its logs', 'Run `fleetwright logs` there.');
  const session = await openSession(flags, terminal, 'nothing');
  try {
    const seen = await seeRun(session.client, word);
    const record = attempt === undefined ? seen.record : await recordOfAttempt(session.client, seen, attempt);
    const follows = flags.follow === true && seen.end === undefined;
    const part = follows && record.jobs.length === 0 ? record : chosenPart(record, flags); // before its plan is read it has no jobs
    if (follows) return await follow(session, terminal, seen, flags);
    if (flags.failed && part.jobs.length === 0) terminal.note(`no step of ${seen.id} failed`);
    const range = attempt === undefined ? {} : { range: attemptRanges(seen.id, attempt, seen.record.attempt) };
    openLog(seen.id, flags, { ...lookOf(terminal), ...range, part: true }).see(part);
    const away = jobsElsewhere(part, onHost(seen.id));
    if (away.length > 0) terminal.note(`This host has no log of all that ${away.join(', ')} did: it ran under the worker of another host, and its log is there, or it printed nothing.`);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}

function onHost(run: RunId): OnHost {
  const store = fileLogStore();
  return { log: (job, step) => store.size({ run, job, step }) > 0, journal: (job, attempt) => existsSync(jobEntriesPath(run, job, attempt)) };
}

function lookOf(terminal: Terminal): Pick<RunLogOptions, 'color' | 'fold' | 'write' | 'here'> {
  return { color: terminal.dataLook?.color ?? false, fold: false, write: (lines) => terminal.out(...lines), here: true };
}

/** A log in the form that the flags ask for. */
function openLog(id: RunId, { json }: LogsFlags, options: RunLogOptions): RunLog {
  return openRunLog(id, { ...options, ...(json ? { printer: (key) => jsonPrinter(key, options.write) } : {}) });
}

/** Of what is not there yet, a part may come. */
async function follow(session: Session, terminal: Terminal, { id }: SeenRun, flags: LogsFlags): Promise<ExitCode> {
  const part = choosesPart(flags);
  const end = await followLog(session.client, id, terminal, {
    mayCancel: false,
    log: (options) => {
      const log = openLog(id, flags, { ...options, part });
      return part ? { look: () => log.look(), see: (record) => log.see(partSoFar(record, flags)) } : log;
    },
  });
  return end === undefined ? EXIT.cancelled : EXIT.ok;
}

function partSoFar(record: ProgressRecord, choice: LogChoice): ProgressRecord {
  try {
    return chosenPart(record, choice);
  } catch (error) {
    if (error instanceof UsageError) return { ...record, jobs: [] };
    throw error;
  }
}
