/** Follows a run and prints what came of it. */
import type { Client } from '@temporalio/client';
import { shellWord } from '../../infra/errors.js';
import { lastLogLines } from '../../infra/logStore.js';
import { deleteRunSecrets, forgetRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId, StepAddress } from '../../language/ids.js';
import type { ProgressRecord } from '../../language/record.js';
import { isGone } from '../../language/undoing.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { githubAnnotations } from '../log/github.js';
import { reportEnd, reportJson } from '../report.js';
import type { Session } from '../session.js';
import type { Terminal } from '../terminal.js';
import { workerIsElsewhere } from '../worker.js';
import type { FollowOptions } from './follow.js';
import type { RunEnd } from './outcome.js';
import { saidBy } from './whole.js';

export interface ConcludeOptions {
  readonly json?: boolean | undefined;
  /** As in `followRun`. */
  readonly mayCancel?: boolean;
  readonly onRecord?: (record: ProgressRecord) => void;
  readonly stop?: AbortSignal;
  /** Changes the exit code of an end. @default exitCodeOfEnd */
  readonly exitCode?: (end: RunEnd, usual: ExitCode) => ExitCode;
  /** How the run is shown. @default its tree */
  readonly follow?: Follow;
}

/** Of each step that failed. */
const TAIL_LINES = 10;

/** As `followRun`. */
export type Follow = (client: Client, id: string, terminal: Terminal, options: FollowOptions) => Promise<RunEnd | undefined>;

/** The exit code of the run's end, its report printed; 130 when the person detached. */
export async function conclude(session: Session, terminal: Terminal, id: string, options: ConcludeOptions = {}): Promise<ExitCode> {
  const follow = options.follow ?? (await import('./follow.js')).followRun;
  const end = await follow(session.client, id, terminal, {
    heal: (trouble) => session.heal(trouble),
    gone: () => session.gone(),
    ...(options.mayCancel === undefined ? {} : { mayCancel: options.mayCancel }),
    ...(options.onRecord === undefined ? {} : { onRecord: options.onRecord }),
    ...(options.stop === undefined ? {} : { stop: options.stop }),
  });
  if (end === undefined) {
    if (options.stop?.aborted !== true) terminal.note(...detachedLines(id));
    return EXIT.cancelled;
  }
  forget(end);
  return tellEnd(session, terminal, end, options);
}

/** What the run was given goes when it is closed. The worker does the same where nobody watches; here it is sure before the command returns. */
function forget({ id, record }: RunEnd): void {
  (record !== undefined && isGone(record) ? deleteRunSecrets : forgetRunSecrets)(id as RunId);
}

/** Prints the report of a run that has ended. */
export function tellEnd(session: Session, terminal: Terminal, end: RunEnd, options: ConcludeOptions = {}): ExitCode {
  const url = session.url(end.id);
  const tail = (job: string, step: StepAddress): readonly string[] => lastLogLines(end.id as RunId, step, TAIL_LINES, job);
  const context = { ...(url === undefined ? {} : { url }), ...(workerIsElsewhere() ? {} : { tail }) };
  const report = reportEnd(end, context);
  terminal.out(...(options.json ? [reportJson(end, context)] : report.data));
  if (terminal.github) terminal.note(...githubAnnotations(end.record, saidBy(end.id as RunId).annotations));
  terminal.note(...report.notes);
  return options.exitCode?.(end, report.exitCode) ?? report.exitCode;
}

/** What to say when a run goes on without us. */
export function detachedLines(id: string): string[] {
  return [`Detached: ${id} goes on by itself.`, `Come back with: fleetwright watch ${shellWord(id)}`, `Stop it with:   fleetwright cancel ${shellWord(id)}`];
}

/** Says that a run was started, and where it is seen. */
export function noteStarted(session: Session, terminal: Terminal, id: string): void {
  const url = session.url(id);
  terminal.note(`${id} started${url === undefined ? '' : `: ${url}`}`);
}

/** What `--detach` prints: the run's id as data. */
export function tellDetached(session: Session, terminal: Terminal, id: string, json: boolean | undefined): ExitCode {
  terminal.out(json ? JSON.stringify({ run: id, url: session.url(id) ?? null }, undefined, 2) : id);
  terminal.note(`Follow it with: fleetwright watch ${shellWord(id)}`);
  return EXIT.ok;
}
