/** `fleetwright stop`: stops what runs in the background: the worker, our Temporal server, our Docker engine. */
import { stopDaemon } from '../../infra/daemon.js';
import { stopOwnEngine } from '../../infra/docker/engine.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import { clusterContainers, lookForEngine } from '../engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { listTeardowns } from '../schedule/teardowns.js';
import { openSession, settingsOf } from '../session.js';
import type { Terminal } from '../terminal.js';

/** @throws PermanentError when a process does not end */
export async function stop(terminal: Terminal, flags: CommonFlags & { readonly all?: boolean }): Promise<ExitCode> {
  const own = settingsOf(flags).own;
  const waiting = own ? await pendingTeardowns(terminal, flags) : [];
  terminal.note(await stopDaemon(WORKER_DAEMON, { timeoutMs: 30_000 }) ? 'the worker is stopped' : 'no worker of ours runs');
  terminal.note(await stopDaemon(SERVER_DAEMON) ? 'the Temporal server is stopped; open runs go on after the next `fleetwright up`' : 'no Temporal server of ours runs');
  if (waiting.length > 0) terminal.note(`teardowns by the clock do not fire until the server runs again: ${waiting.join(', ')}`);
  await stopEngine(terminal, flags.all === true);
  return EXIT.ok;
}

async function stopEngine(terminal: Terminal, all: boolean): Promise<void> {
  const { engine } = await lookForEngine();
  if (engine === undefined || !engine.own) return;
  const containers = await clusterContainers(engine);
  const clusters = [...new Set(containers.map(({ cluster }) => cluster))];
  if (clusters.length > 0 && !all) {
    terminal.note(`our Docker engine goes on: there are clusters on it (${clusters.join(', ')}); \`fleetwright stop --all\` stops it too`);
    return;
  }
  terminal.note(await stopOwnEngine() ? 'our Docker engine is stopped' : 'no Docker engine of ours runs');
}

/** The clusters with a teardown that is still to come, when the server answers. */
async function pendingTeardowns(terminal: Terminal, flags: CommonFlags): Promise<string[]> {
  try {
    const session = await openSession(flags, terminal, 'nothing', { timeoutMs: 1_500 });
    try {
      return (await listTeardowns(session.client)).filter(({ next }) => next !== undefined).map(({ cluster }) => cluster);
    } finally {
      await session.close();
    }
  } catch {
    return []; // it is to be stopped anyway, and may be gone already
  }
}
