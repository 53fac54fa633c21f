/** The work of an action that is built in: a function of this worker, which may be repeated. */
import { cacheAccess } from '../../language/cacheMode.js';
import type { UsesStepPlan } from '../../language/plan.js';
import { PermanentError, TransientError } from '../../infra/errors.js';
import type { BuiltInAction, BuiltInInput } from '../../infra/uses/builtIn.js';
import type { ActionProcessParts } from './actionProcess.js';
import type { Watch } from './performProcess.js';
import { cancelledEnd, failed, type Performed, succeeded } from './stepEnd.js';
import type { StepCall } from './stepExecutor.js';

export interface BuiltInCall extends Pick<StepCall<UsesStepPlan>, 'address' | 'prepared' | 'frame' | 'watch' | 'output'> {
  readonly inputs: Readonly<Record<string, string>>;
}

/** @param onDone is given the state that the action left, before the step's end is recorded */
export async function performBuiltIn(
  builtIn: BuiltInAction, call: BuiltInCall, parts: ActionProcessParts, onDone: (state: Readonly<Record<string, string>> | undefined) => void,
): Promise<Performed> {
  return limited(call.watch, parts, async (signal) => {
    const { outputs, state } = await builtIn.main(inputOf(call, parts, signal));
    onDone(state);
    return succeeded({ outputs, ...(state ? { state } : {}) });
  }, call);
}

export function performBuiltInPost(
  builtIn: BuiltInAction, call: BuiltInCall & { readonly state: Readonly<Record<string, string>> }, parts: ActionProcessParts,
): Promise<Performed> {
  return limited(call.watch, parts, async (signal) => {
    await builtIn.post?.({ ...inputOf(call, parts, signal), state: call.state });
    return succeeded();
  }, call);
}

function inputOf({ inputs, address, prepared, frame, output }: BuiltInCall, { place: { host }, files, job: key, cacheMode }: ActionProcessParts, signal: AbortSignal): BuiltInInput {
  const { github } = prepared.scope.contexts as { readonly github: Readonly<Record<string, unknown>> };
  return {
    inputs, run: frame.facts.run.id, step: `${key}/${address.slice(address.indexOf('/') + 1)}`, files: files(), workspace: host.job.workspace, temp: host.job.temp,
    repository: frame.facts.run.facts?.repository, github, cache: cacheAccess(cacheMode), signal, log: (line) => output.note(line), mask: (secret) => output.mask(secret),
  };
}

/** Ends the work when the step is late or cancelled. @throws the reason of `letGo`, and faults of our own */
async function limited(
  { timeoutMs, startedAt, outlivesCancel }: Watch, { place: { interrupts } }: ActionProcessParts, work: (signal: AbortSignal) => Promise<Performed>,
  { output }: Pick<BuiltInCall, 'output'>,
): Promise<Performed> {
  const stop = new AbortController();
  const onCancel = (): void => { if (!outlivesCancel()) stop.abort(interrupts.cancel.reason); };
  if (interrupts.cancel.aborted) onCancel();
  interrupts.cancel.addEventListener('abort', onCancel);
  const late = timeoutMs === undefined ? undefined : setTimeout(() => stop.abort(new TransientError('late')), Math.max(0, startedAt + timeoutMs - Date.now()));
  const signal = AbortSignal.any([stop.signal, interrupts.force, interrupts.letGo]);
  try {
    return await work(signal);
  } catch (error) {
    interrupts.letGo.throwIfAborted();
    if (interrupts.force.aborted || stop.signal.reason === interrupts.cancel.reason && stop.signal.aborted) return cancelledEnd({ error: 'cancelled' });
    const message = stop.signal.aborted ? 'it was still running after the longest that it may take (timeout-minutes)' : messageOf(error);
    output.note(message);
    return failed(message);
  } finally {
    clearTimeout(late);
    interrupts.cancel.removeEventListener('abort', onCancel);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof PermanentError || error instanceof TransientError) return error.message;
  throw error;
}
