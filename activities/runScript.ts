/** The activities `run-script` and `undo-script`: a `run:` step, and the script that undoes one. */
import { Context } from '@temporalio/activity';
import { InvalidInputError } from '../infra/errors.js';
import { folderName } from '../infra/script/folders.js';
import { STOP_TIMES, type StopTimes } from '../infra/script/stop.js';
import { attend, type Attendance } from './attend.js';
import type { ActionInput, ScriptInput, ScriptResult, UndoResult } from './contract.js';
import type { Runner, RunnerRequest } from './runner.js';
import { PATIENCE, withRunner, type PatienceTimes } from './scriptRunner.js';
import { chooseRunner } from './steps/chooseRunner.js';
import { runTries, stopTries, type ScriptAttendance, type ScriptWork } from './scriptTries.js';

export interface ScriptDependencies {
  readonly openRunner: (request: RunnerRequest) => Promise<Runner>;
  readonly stopTimes?: StopTimes;
  readonly patience?: PatienceTimes;
}

/** How long a runner may be out of reach when a script on it is to be ended. */
const STOP_PATIENCE_MS = 30_000;

/** The activities by type. */
export function createScriptActivities(deps: ScriptDependencies) {
  return {
    /** Runs a script on its runner, at most once a try. @throws ApplicationFailure `ScriptFailed`, CancelledFailure */
    'run-script': (input: ScriptInput): Promise<ScriptResult> =>
      attend(input, (attendance) => perform({ ...input, journal: folderName(stepName(input)) }, attendance, deps)),
    /**
     * Runs the script that undoes a step. Its `with`: `script`; `shell`, `working-directory`, `runs-on` (`worker` when absent), `cluster`, `provider`,
     * `job` (the key of the job whose workspace it uses), `env` (a JSON object of strings).
     */
    'undo-script': (input: ActionInput): Promise<UndoResult> => attend(input, async (attendance) => {
      const { failure } = await perform(undoWork(input), attendance, deps);
      return { removed: [], left: failure === undefined ? [] : [failure] };
    }),
  };
}

async function perform(work: ScriptWork, { signal, log }: Attendance, deps: ScriptDependencies): Promise<ScriptResult> {
  const attendance: ScriptAttendance = { signal, log, stopTimes: deps.stopTimes ?? STOP_TIMES, endsScript: endsScript(Context.current()) };
  const { run, cluster, provider } = work;
  const runsOn = chooseRunner(work.runsOn.split(' '), {});
  const times = deps.patience ?? PATIENCE;
  const open = (until: AbortSignal): Promise<Runner> =>
    deps.openRunner({ runsOn, run, signal: until, ...(cluster ? { cluster } : {}), ...(provider ? { provider } : {}) });
  try {
    return await withRunner(open, (transport, base) => runTries(work, transport, base, attendance), { signal, log, times });
  } catch (error) {
    if (signal.aborted && attendance.endsScript()) {
      // It was to be stopped while its runner was lost, or the connection went while it was stopped.
      const until = AbortSignal.timeout(STOP_PATIENCE_MS);
      await withRunner(open, (transport, base) => stopTries(work, transport, base, attendance), { signal: until, log, times })
        .catch((cause: unknown) => log.line(`could not be stopped on ${runsOn}: ${cause instanceof Error ? cause.message : String(cause)}`));
    }
    throw error;
  }
}

/**
 * A script ends with its step: when that is cancelled or late. It goes on when only this worker shuts down, or when the server no longer
 * counts on this attempt (it was taken over by another, as after a host was asleep).
 */
function endsScript(context: Context): () => boolean {
  return () => !context.cancellationSignal.aborted || context.cancellationDetails?.cancelRequested === true;
}

function stepName({ step }: ScriptInput | ActionInput): string {
  return step.slice(step.indexOf('/') + 1);
}

function undoWork(input: ActionInput): ScriptWork {
  const text = (name: string): string | undefined => (input.with[name] === undefined || input.with[name] === '' ? undefined : String(input.with[name]));
  const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } => (value === undefined ? {} : { [key]: value } as { [P in K]?: string });
  const { run, attempt, step, limits } = input;
  return {
    run, attempt, step, limits,
    journal: folderName(`undo ${stepName(input)}`),
    job: text('job') ?? step.slice(0, step.indexOf('/')),
    script: text('script') ?? '',
    ...optional('shell', text('shell')),
    ...optional('workingDirectory', text('working-directory')),
    ...optional('cluster', text('cluster')),
    ...optional('provider', text('provider')),
    runsOn: text('runs-on') ?? 'worker',
    env: parseEnv(text('env')),
    path: [],
    nonRetryableExitCodes: [],
  };
}

function parseEnv(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError('it is no object');
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));
  } catch (error) {
    throw new InvalidInputError(`env of undo-script cannot be read: ${(error as Error).message}`, 'Give a JSON object of strings.');
  }
}
