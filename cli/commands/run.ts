/** `fleetwright run FILE`: runs any workflow file. */
import { resolve } from 'node:path';
import { parseClusterName } from '../../language/ids.js';
import type { ExitCode } from '../exit-codes.js';
import { loadPlan } from '../files.js';
import type { RunFlags } from '../flags.js';
import { parseInputs } from '../inputs.js';
import { preflight } from '../preflight.js';
import { conclude, noteStarted, tellDetached } from '../runs/conclude.js';
import { startRun } from '../runs/start.js';
import { openSession, settingsOf } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws InvalidFileError, UsageError, TemporalUnreachableError, PermanentError */
export async function run(terminal: Terminal, file: string, flags: RunFlags): Promise<ExitCode> {
  const settings = settingsOf(flags);
  const plan = await loadPlan(file, { inputs: parseInputs(flags.input), onFailure: flags.onFailure });
  const { cluster } = plan.inputs;
  const name = cluster === undefined ? 'local' : parseClusterName(String(cluster));
  await preflight(settings, terminal, plan.inputs);
  const session = await openSession(flags, terminal, 'worker');
  try {
    const options = { file: resolve(file), ...(flags.onFailure === undefined ? {} : { onFailure: flags.onFailure }) };
    const id = await startRun(session.client, { type: plan.type, name, inputs: plan.inputs, options, file });
    if (flags.detach) return tellDetached(session, terminal, id, flags.json);
    noteStarted(session, terminal, id);
    return await conclude(session, terminal, id, { json: flags.json });
  } finally {
    await session.close();
  }
}
