/** `fleetwright up`: deploys deploy.yml, and watches it. */
import { packagePath } from '../../infra/paths.js';
import { parseClusterName } from '../../language/ids.js';
import type { Plan, Values } from '../../language/plan.js';
import type { ExitCode } from '../exit-codes.js';
import { loadPlan } from '../files.js';
import type { UpFlags } from '../flags.js';
import { upInputs } from '../inputs.js';
import { checkWaits, failureOptions } from '../values/failure.js';
import { preflight } from '../preflight.js';
import { conclude, noteStarted, tellDetached } from '../runs/conclude.js';
import { keepSecrets, ownSecrets } from '../runs/keepSecrets.js';
import { refuseWhileHeld, withdrawal } from '../runs/hold.js';
import { startRun } from '../runs/start.js';
import { startLease } from '../schedule/leases.js';
import { moment } from '../schedule/rows.js';
import { spanOf } from '../schedule/when.js';
import { openSession, settingsOf } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws InvalidFileError, UsageError, TemporalUnreachableError, RefusedError, PermanentError */
export async function up(terminal: Terminal, flags: UpFlags): Promise<ExitCode> {
  const settings = settingsOf(flags);
  const ttl = flags.ttl === undefined ? undefined : spanOf('--ttl', flags.ttl);
  const plan = await loadPlan(packagePath('deployments', 'deploy.yml'), { inputs: upInputs(flags), ...failureOptions(flags) });
  checkWaits(plan, flags);
  const cluster = parseClusterName(String(plan.inputs['cluster']));
  await preflight(settings, terminal, plan.inputs);
  const session = await openSession(flags, terminal, 'worker');
  try {
    await refuseWhileHeld(session, cluster);
    const options = failureOptions(flags);
    if (ttl !== undefined) terminal.note(`${cluster} is torn down at ${moment(await startLease(session.client, cluster, ttl, await teardownInputsOf(plan)))}, unless \`fleetwright extend 2h --cluster ${cluster}\` puts that off`);
    const request = { type: plan.type, name: cluster, inputs: plan.inputs, options, file: 'deploy.yml' };
    const id = await keepSecrets(ownSecrets(), (prepare) => startRun(session.client, request, prepare));
    if (flags.detach) return tellDetached(session, terminal, id, flags.json);
    noteStarted(session, terminal, id);
    const second = withdrawal(session, cluster, id);
    const code = await conclude(session, terminal, id, { json: flags.json, onRecord: second.onRecord, stop: second.stop });
    await second.settle();
    return code;
  } finally {
    await session.close();
  }
}

/** Where the cluster's servers are, as its teardown has to know it. */
async function teardownInputsOf({ inputs }: Plan): Promise<Values> {
  const known = Object.keys((await loadPlan(packagePath('deployments', 'teardown.yml'), { inputs: {} })).inputs);
  return Object.fromEntries(Object.entries(inputs).filter(([name, value]) => known.includes(name) && value !== ''));
}
