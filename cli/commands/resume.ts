/** `fleetwright resume RUN`: the next attempt of a run that failed or was cancelled, from its plan and its progress record. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { shellWord } from '../../infra/errors.js';
import { forgetRunSecrets, type RunSecrets, writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
import type { Plan } from '../../language/plan.js';
import type { ProgressRecord } from '../../language/record.js';
import { RefusedError } from '../errors.js';
import type { ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { preflight } from '../preflight.js';
import { conclude, noteStarted, tellDetached } from '../runs/conclude.js';
import { refuseWhileHeld } from '../runs/hold.js';
import { findRun } from '../runs/list.js';
import { describeRun, readProgress } from '../runs/read.js';
import { startAs } from '../runs/start.js';
import { openSession } from '../session.js';
import { type SecretFlags, secretsAgain } from '../values/secrets.js';
import { workerIsElsewhere } from '../worker.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError when there is no such run, RefusedError when it cannot go on, TemporalUnreachableError */
export async function resume(terminal: Terminal, word: string, flags: CommonFlags & SecretFlags & { readonly detach?: boolean }): Promise<ExitCode> {
  const session = await openSession(flags, terminal, 'worker');
  try {
    const id = await findRun(session.client, word);
    const from = await progressToResume(session.client, await describeRun(session.client, id));
    const { cluster } = from.plan.inputs;
    await preflight(session.settings, terminal, from.plan.inputs);
    if (cluster !== undefined) await refuseWhileHeld(session, String(cluster));
    await startAgain(session.client, id, from, workerIsElsewhere() ? undefined : await secretsAgain(id as RunId, flags, terminal));
    if (flags.detach) return tellDetached(session, terminal, id, flags.json);
    noteStarted(session, terminal, id);
    return await conclude(session, terminal, id, { json: flags.json });
  } finally {
    await session.close();
  }
}

interface Progress { readonly plan: Plan; readonly record: ProgressRecord }

async function progressToResume(client: Client, description: WorkflowExecutionDescription): Promise<Progress> {
  const id = description.workflowId;
  if (description.status.name === 'RUNNING') throw new RefusedError(`${id} is still open\n  Follow it with \`fleetwright watch ${shellWord(id)}\`.`);
  const { plan, record } = await readProgress(client, description);
  if (description.status.name === 'COMPLETED' && record?.conclusion !== 'failure') throw new RefusedError(`${id} succeeded: there is nothing to go on with`);
  if (plan === undefined || record === undefined) {
    throw new RefusedError(`${id} left no plan and no progress record: it ended before its first step, or was terminated\n  Start a new run.`);
  }
  if (record.undone) throw new RefusedError(`${id} was undone: nothing of it is there to go on from\n  Start a new run, as with \`fleetwright up\`.`);
  return { plan, record };
}

/** @param secrets put in place before the run goes on @default the worker is elsewhere, and has its own */
async function startAgain(client: Client, id: string, { plan, record }: Progress, secrets: RunSecrets | undefined): Promise<void> {
  if (secrets !== undefined) writeRunSecrets(id as RunId, secrets);
  try {
    const name = String(plan.inputs['cluster'] ?? 'local');
    await startAs(client, id, { type: plan.type, name, inputs: plan.inputs, options: { continueFrom: { plan, record } }, file: plan.file }, 'ALLOW_DUPLICATE');
  } catch (error) {
    if (secrets !== undefined && !(error instanceof WorkflowExecutionAlreadyStartedError)) forgetRunSecrets(id as RunId);
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw new RefusedError(`${id} was resumed by someone else just now\n  Follow it with \`fleetwright watch ${shellWord(id)}\`.`);
    throw error;
  }
}
