/** `fleetwright run FILE`: runs any workflow file, and shows its log. */
import { resolve } from 'node:path';
import { parseClusterName } from '../../language/ids.js';
import type { EphemeralPlace } from '../ephemeral.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { RunFlags } from '../flags.js';
import { conclude, noteStarted, tellDetached } from '../runs/conclude.js';
import { followLog } from '../runs/followLog.js';
import { keepSecrets } from '../runs/keepSecrets.js';
import { requestRun, type RequestedRun } from '../runs/request.js';
import { startRun } from '../runs/start.js';
import { openSession, settingsOf } from '../session.js';
import type { Terminal } from '../terminal.js';
import { failureOptions } from '../values/failure.js';

/** @throws InvalidFileError, UsageError, TemporalUnreachableError, PermanentError */
export async function run(terminal: Terminal, file: string, flags: RunFlags): Promise<ExitCode> {
  if (flags.ephemeral && flags.address !== undefined) throw new UsageError('--ephemeral and --address exclude each other: it has a server of its own');
  if (flags.ephemeral && flags.detach) throw new UsageError('--ephemeral and --detach exclude each other: what is gone afterwards is waited for');
  settingsOf(flags);
  const requested = await requestRun(terminal, file, flags);
  if ('notTriggered' in requested) {
    terminal.note(requested.notTriggered);
    return EXIT.ok;
  }
  if (flags.ephemeral) return (await import('../ephemeral.js')).withEphemeral(terminal, (own) => perform(terminal, file, { ...flags, ...own.flags }, requested, own));
  return perform(terminal, file, flags, requested);
}

async function perform(terminal: Terminal, file: string, flags: RunFlags, requested: RequestedRun, own?: EphemeralPlace): Promise<ExitCode> {
  const { plan, facts, secrets } = requested;
  const { cluster } = plan.inputs;
  const name = cluster === undefined ? 'local' : parseClusterName(String(cluster));
  if (cluster !== undefined) await (await import('../preflight.js')).preflight(settingsOf(flags), terminal, plan.inputs);
  const session = await openSession(flags, terminal, 'worker');
  try {
    const options = {
      file: resolve(file), facts,
      ...failureOptions(flags), ...(flags.job === undefined ? {} : { job: flags.job }),
    };
    const start = { type: plan.type, name, inputs: requested.inputs, options, file };
    const id = await keepSecrets(secrets, (prepare) => startRun(session.client, start, prepare));
    if (flags.detach) return tellDetached(session, terminal, id, flags.json);
    noteStarted(session, terminal, id);
    return await conclude(session, terminal, id, {
      json: flags.json, ...(own === undefined ? {} : { stop: own.stop }),
      follow: (client, run, screen, rest) => followLog(client, run, screen, { ...rest, aside: flags.json === true, ...(own === undefined ? {} : { cancel: own.cancel }) }),
    });
  } finally {
    await session.close();
  }
}
