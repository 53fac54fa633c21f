/** What this host can say before anything is started: a run that cannot work here is not begun. */
import { ensureEngine, findEngine, usableEngine } from '../infra/docker/engine.js';
import { findProgram } from '../infra/docker/hostCommand.js';
import { checkHost, requireHost } from '../infra/host/checks.js';
import { hostFacts } from '../infra/host/facts.js';
import { requireServerPlace } from '../infra/temporal/devServer.js';
import { connectTemporal } from '../infra/temporal/reach.js';
import type { TemporalSettings } from '../infra/temporal/settings.js';
import type { Values } from '../language/plan.js';
import { clusterContainers } from './engine.js';
import { CONNECT_MS } from './session.js';
import type { Terminal } from './terminal.js';
import { workerIsElsewhere } from './worker.js';

/**
 * Sees that Temporal answers or can be started, then to a Docker engine (one is installed and started where there is none), then that
 * the host can carry the machines that the run asks for. What a provider elsewhere needs is not asked here.
 * @param inputs of the run: `provider`, `cluster` and `machines` count
 * @throws TemporalUnreachableError, PermanentError with a remedy
 */
export async function preflight(settings: TemporalSettings, terminal: Terminal, inputs: Values): Promise<void> {
  await requireTemporal(settings);
  if (inputs['provider'] !== 'local' || workerIsElsewhere()) return;
  // What an engine that is there needs of the disk depends on the machines, and is checked below.
  const onProgress = (line: string): void => terminal.note(line);
  const docker = (await usableEngine({ onProgress }))?.docker ?? await ensureEngine({ onProgress });
  const running = (await clusterContainers({ docker })).filter(({ cluster, server, state }) => server && cluster === inputs['cluster'] && state === 'running').length;
  const machines = typeof inputs['machines'] === 'number' ? inputs['machines'] : 0;
  requireHost(checkHost(await hostFacts(docker), { machinesToBoot: Math.max(0, machines - running) }));
}

async function requireTemporal(settings: TemporalSettings): Promise<void> {
  if (settings.own) await requireServerPlace(settings);
  else await (await connectTemporal(settings, { timeoutMs: CONNECT_MS })).close();
}

/**
 * Whether this host can have anything of a local cluster: an engine answers, or one is installed and can be started.
 * @throws PermanentError when this user may not use the engine that is there
 */
export async function mayHoldClusters(): Promise<boolean> {
  return workerIsElsewhere() || await findEngine() !== undefined || await findProgram('dockerd') !== undefined;
}
