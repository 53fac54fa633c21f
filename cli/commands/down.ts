/** `fleetwright down`: tears a cluster down, now or by the clock. */
import { packagePath } from '../../infra/paths.js';
import { type ClusterName, parseClusterName } from '../../language/ids.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { TeardownFlags } from '../flags.js';
import { providerInputs } from '../inputs.js';
import { conclude, noteStarted } from '../runs/conclude.js';
import { keepSecrets, ownSecrets } from '../runs/keepSecrets.js';
import { clusterGroup } from '../runs/hold.js';
import { lockHolder, startRun } from '../runs/start.js';
import { moment, teardownRows } from '../schedule/rows.js';
import { listTeardowns, removeTeardown, setTeardown } from '../schedule/teardowns.js';
import { parseWhen, type When } from '../schedule/when.js';
import { openSession, type Session } from '../session.js';
import { formatTable } from '../tables.js';
import type { Terminal } from '../terminal.js';

/** @throws UsageError for times, InvalidIdError for the cluster, TemporalUnreachableError, PermanentError */
export async function down(terminal: Terminal, flags: TeardownFlags): Promise<ExitCode> {
  const when = parseWhen(flags, Date.now());
  if ([when !== undefined, flags.list, flags.remove].filter(Boolean).length > 1) throw new UsageError('a time, --list and --remove exclude each other: give one of them');
  const cluster = parseClusterName(flags.cluster ?? 'demo');
  if (flags.list) return withSession(flags, terminal, 'server', (session) => list(session, terminal, flags));
  if (flags.remove) return withSession(flags, terminal, 'server', (session) => remove(session, terminal, cluster));
  if (when !== undefined) return withSession(flags, terminal, 'worker', (session) => set(session, terminal, cluster, { when: parseWhen(flags, Date.now()) ?? when, inputs: providerInputs(flags) })); // server and worker took their time to start
  return tearDown(terminal, cluster, flags);
}

async function withSession(flags: TeardownFlags, terminal: Terminal, needs: 'server' | 'worker', work: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  const session = await openSession(flags, terminal, needs);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function tearDown(terminal: Terminal, cluster: ClusterName, flags: TeardownFlags): Promise<ExitCode> {
  const { loadPlan } = await import('../files.js');
  const { mayHoldClusters } = await import('../preflight.js');
  const plan = await loadPlan(packagePath('deployments', 'teardown.yml'), { inputs: { ...providerInputs(flags), cluster } });
  if (plan.inputs['provider'] === 'local' && !await mayHoldClusters()) {
    terminal.note('There is no Docker engine on this host, so there is nothing to remove.');
    return EXIT.ok;
  }
  return withSession(flags, terminal, 'worker', async (session) => {
    const holder = await lockHolder(session.client, clusterGroup(cluster));
    if (holder !== undefined) terminal.note(`waiting for ${holder} to end; \`fleetwright cancel ${holder}\` ends it now`);
    const request = { type: plan.type, name: cluster, inputs: plan.inputs, options: {}, file: 'teardown.yml' };
    const id = await keepSecrets(ownSecrets(), (prepare) => startRun(session.client, request, prepare));
    noteStarted(session, terminal, id);
    const code = await conclude(session, terminal, id, { json: flags.json });
    const still = (await listTeardowns(session.client)).find((teardown) => teardown.cluster === cluster && teardown.next !== undefined);
    if (still !== undefined) terminal.note(`A teardown by the clock is still set (${still.when}): \`fleetwright down --cluster ${cluster} --remove\` removes it.`);
    return code;
  });
}

async function set(session: Session, terminal: Terminal, cluster: ClusterName, { when, inputs }: { readonly when: When; readonly inputs: Readonly<Record<string, string>> }): Promise<ExitCode> {
  const next = await setTeardown(session.client, cluster, when, inputs);
  terminal.out(`${cluster} is torn down ${when.kind === 'once' ? 'once' : `at ${when.cron}`}, next at ${moment(next)}`);
  terminal.note('It fires when no command runs, and late when this host was off. See it: fleetwright down --list; remove it: fleetwright down --remove');
  return EXIT.ok;
}

async function list(session: Session, terminal: Terminal, flags: TeardownFlags): Promise<ExitCode> {
  const all = await listTeardowns(session.client);
  const found = flags.cluster === undefined ? all : all.filter((teardown) => teardown.cluster === flags.cluster);
  if (flags.json) terminal.out(JSON.stringify(found, undefined, 2));
  else if (found.length === 0) terminal.note('no teardown by the clock is set');
  else terminal.out(...formatTable(teardownRows(found)));
  return EXIT.ok;
}

async function remove(session: Session, terminal: Terminal, cluster: ClusterName): Promise<ExitCode> {
  const removed = await removeTeardown(session.client, cluster);
  terminal.note(removed ? `the teardown by the clock of ${cluster} is removed` : `no teardown by the clock is set for ${cluster}`);
  return EXIT.ok;
}
