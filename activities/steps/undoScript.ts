/**
 * The activity `undo-script`: runs the script that undoes a `run:` step, where that step ran, when its job is over.
 *
 * 1. It needs nothing of its job but the workspace: all else stands in its `with` (`undoEntry.ts`).
 * 2. As a step's, its process is started once a try and followed by whoever comes after a kill; its end stands in a journal of its own.
 */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { Context } from '@temporalio/activity';
import { undoAddress } from '../../language/ids.js';
import type { StepRecord } from '../../language/record.js';
import type { EvaluatedContainer } from '../../infra/containers/types.js';
import { fileEnvironment } from '../../infra/script/environment.js';
import { folderName } from '../../infra/script/folders.js';
import type { StepHost, StepProcess } from '../../infra/script/host.js';
import { shellArgv } from '../../infra/script/shell.js';
import { STOP_TIMES } from '../../infra/script/stop.js';
import type { Masker } from '../../infra/log/masker.js';
import { unseal } from '../../infra/secrets/sealer.js';
import { jobEntriesPath, undoEntriesPath } from '../../infra/steps/paths.js';
import type { ActionInput, UndoResult } from '../contract.js';
import { toFailure, undoFailure } from '../failures.js';
import { keepAlive } from '../keepAlive.js';
import { openEvaluated } from './containers.js';
import { JobEntries } from './entries.js';
import { listenForInterrupts, type Interrupts } from './interrupts.js';
import { type JobOutputs, openJobOutputs } from './jobOutputs.js';
import { openStepHost, type StepHostRequest } from './openHost.js';
import { performProcess, type ProcessPlace } from './performProcess.js';
import { performPart } from './recordedPart.js';
import type { StepsDependencies } from './runSteps.js';
import { jobSecrets } from './secrets.js';
import { LINGERS, type StepEnd } from './stepEnd.js';

const FORCE_AFTER_MS = 5 * 60_000;
/** Between two tries, milliseconds. */
const RETRY = { initialIntervalMs: 1000, backoff: 2, maxIntervalMs: 20_000, nonRetryableExitCodes: [] };

/** Its `with`: see `undoEntry`. @returns nothing removed or left: a script says neither @throws ApplicationFailure `UndoFailed` when its last try fails */
export function undoScriptActivity(deps: StepsDependencies): (input: ActionInput) => Promise<UndoResult> {
  return (input) => keepAlive(async () => {
    const context = Context.current();
    const interrupts = listenForInterrupts(context, { cancelled: false, deadline: Infinity, cancelTimeoutMs: FORCE_AFTER_MS });
    try {
      const { outcome, error } = await openAndUndo(input, deps, interrupts);
      if (outcome !== 'success') throw undoFailure(error ?? 'it failed');
      return { removed: [], left: [] };
    } catch (error) {
      if (interrupts.letGo.aborted) throw interrupts.letGo.reason;
      throw toFailure(error, context.info.attempt, input.limits.maxAttempts);
    } finally {
      interrupts.dispose();
    }
  });
}

/** The `with` with nothing sealed. */
interface Undo {
  readonly script: string;
  readonly shell?: string | undefined;
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly container?: EvaluatedContainer | undefined;
  readonly place: Pick<StepHostRequest, 'runsOn' | 'workspace' | 'cluster' | 'provider' | 'settings'>;
}

/** @throws PermanentError when it was sealed on another host */
function opened({ run, with: values }: ActionInput): Undo {
  const text = (name: string): string | undefined => (values[name] === undefined ? undefined : unseal(run, String(values[name])));
  return {
    script: text('script') ?? '', shell: text('shell'), workingDirectory: text('working-directory') ?? '', env: parse(text('env')) ?? {}, path: parse(text('path')) ?? [],
    container: parse(text('container')),
    place: { runsOn: text('runs-on') ?? '', workspace: text('workspace'), cluster: text('cluster'), provider: text('provider'), settings: parse(text('provider-settings')) },
  };
}

async function openAndUndo(input: ActionInput, deps: StepsDependencies, interrupts: Interrupts): Promise<StepRecord> {
  const { run, job: key, attempt, step } = input;
  const undo = opened(input);
  const secrets = await jobSecrets(run);
  const entries = new JobEntries(undoEntriesPath(run, key, attempt), interrupts.giveWay);
  const outputs = openJobOutputs({ run, job: key, workspace: undo.place.workspace ?? '', secrets, entries });
  for (const mask of masksOf(input, interrupts)) outputs.masker.add(mask);
  const said = outputs.lazy(undoAddress(step));
  const host = await openStepHost({ ...undo.place, run, key, signal: interrupts.letGo, log: { line: said.note }, patience: deps.patience }, deps.openRunner);
  try {
    const stopTimes = deps.stopTimes ?? STOP_TIMES;
    const containers = await openEvaluated({
      run, key, attempt, container: undo.container, services: {}, folders: host.job, masker: outputs.masker, log: said.note, signal: interrupts.force, letGo: interrupts.letGo,
    });
    const place: ProcessPlace = { host, interrupts, stopTimes, wrap: containers.wrap, endIn: containers.stop };
    const record = await performUndo(undo, input, { place, entries, outputs });
    await host.end(stopTimes);
    await containers.end();
    await host.clear();
    return record;
  } finally {
    said.close();
    entries.close();
    host.close();
  }
}

/** Once for the attempt of the run: what has ended is not begun again. */
async function performUndo(
  undo: Undo, { attempt, step, limits: { timeoutMs, maxAttempts } }: ActionInput, { place, entries, outputs }: { readonly place: ProcessPlace; readonly entries: JobEntries; readonly outputs: JobOutputs },
): Promise<StepRecord> {
  const address = undoAddress(step);
  const name = `${folderName(posix.basename(address))}-${attempt}`;
  return entries.ended(address)?.record ?? performPart({ address, name: `Undo ${step}` }, { entries, openOutput: outputs.open }, async (output, startedAt) => {
    const watch = { startedAt, timeoutMs, outlivesCancel: () => true };
    const end = await performProcess({ name, process: processOf(undo, place.host), retry: { ...RETRY, maxAttempts }, watch, output }, place);
    return end === LINGERS ? end : endOnly(end, outputs.masker);
  });
}

function processOf({ script, shell, workingDirectory, env, path }: Undo, host: StepHost): (name: string, journal: string) => StepProcess {
  return (name, journal) => ({
    name, script: `${script}\n`, argv: shellArgv(shell, posix.join(journal, 'script')), environment: { ...env, ...fileEnvironment(journal) }, path,
    workingDirectory: posix.resolve(host.job.workspace, workingDirectory),
  });
}

/** Nobody comes after it to whom it could hand something over. */
function endOnly({ outcome, error, forget }: StepEnd, masker: Masker): StepEnd {
  return { outcome, outputs: {}, env: {}, path: [], state: {}, ...(error === undefined ? {} : { error: masker.mask(error) }), ...(forget ? { forget } : {}) };
}

/** What steps of the job wanted hidden, in any attempt. */
function masksOf({ run, job, attempt }: ActionInput, { giveWay }: Interrupts): readonly string[] {
  return Array.from({ length: attempt }, (_, i) => jobEntriesPath(run, job, i + 1)).filter((path) => existsSync(path)).flatMap((path) => {
    const entries = new JobEntries(path, giveWay);
    entries.close();
    const { sealedMasks } = entries;
    return [...entries.masks, ...(sealedMasks === undefined ? [] : parse<readonly string[]>(unseal(run, sealedMasks)) ?? [])];
  });
}

/** Of what we wrote ourselves. */
function parse<T>(json: string | undefined): T | undefined {
  return json === undefined ? undefined : JSON.parse(json) as T;
}
