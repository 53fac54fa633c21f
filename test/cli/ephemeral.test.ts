import { existsSync, mkdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withEphemeral } from '../../cli/ephemeral.js';
import { settingsOf } from '../../cli/session.js';
import { daemonStatus, startDaemon } from '../../infra/daemon.js';
import { stateDir } from '../../infra/paths.js';
import { isAlive, processId } from '../../infra/processId.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { WORKER_DAEMON } from '../../infra/temporal/worker.js';
import { fakeTerminal } from './fakeTerminal.js';

afterEach(() => { vi.unstubAllEnvs(); });

describe('a place for one run alone', () => {
  it('has a state folder and ports of its own, and a server of its own whatever the environment says', async () => {
    vi.stubEnv('TEMPORAL_ADDRESS', 'elsewhere:7233');
    const before = { ...process.env };
    const outside = stateDir();
    const use = () => withEphemeral(fakeTerminal(), async ({ flags }) => {
      const settings = settingsOf(flags);
      expect(settings.own).toBe(true);
      expect(settings.address).toBe(`127.0.0.1:${flags.temporalPort}`);
      expect(stateDir()).not.toBe(outside);
      expect(flags.uiPort).not.toBe(flags.temporalPort);
      return stateDir();
    });
    expect(await use()).not.toBe(await use());
    expect(stateDir()).toBe(outside);
    expect(process.env).toEqual(before);
  });

  it.each([['when the work is done', false], ['when it throws', true]])('ends what it started and removes its folder %s', async (_, throws) => {
    let folder = '';
    const ids: ReturnType<typeof processId>[] = [];
    const done = withEphemeral(fakeTerminal(), async () => {
      folder = stateDir();
      mkdirSync(folder, { recursive: true });
      for (const name of [WORKER_DAEMON, SERVER_DAEMON]) {
        await startDaemon(name, ['sleep', '1000']);
        ids.push(processId(daemonStatus(name)!.pid));
      }
      if (throws) throw new Error('no luck');
      return 'done';
    });
    if (throws) await expect(done).rejects.toThrow('no luck');
    else expect(await done).toBe('done');
    expect(ids.map((id) => isAlive(id!))).toEqual([false, false]);
    expect(existsSync(folder)).toBe(false);
  });

  it('is asked by the first interrupt to cancel, and by the second to end', async () => {
    const terminal = fakeTerminal();
    const listening = process.listenerCount('SIGINT');
    await withEphemeral(terminal, async ({ cancel, stop }) => {
      process.emit('SIGINT');
      expect([cancel.aborted, stop.aborted]).toEqual([true, false]);
      process.emit('SIGTERM');
      expect(stop.aborted).toBe(true);
    });
    expect(terminal.notes).toEqual(['the run is cancelled; again to end it at once']);
    expect(process.listenerCount('SIGINT')).toBe(listening);
  });
});
