import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { status } from '../../cli/commands/status.js';
import { startDaemon, stopDaemon } from '../../infra/daemon.js';
import { SERVER_DAEMON } from '../../infra/temporal/devServer.js';
import { fakeTerminal } from './fakeTerminal.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-status-'));
  vi.stubEnv('XDG_STATE_HOME', home);
});
afterEach(async () => {
  await stopDaemon(SERVER_DAEMON);
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

describe('status', () => {
  it('says of our server whose process runs that it does not answer, not that it does not run', async () => {
    const mute = createServer().listen(0, '127.0.0.1'); // takes connections and says nothing
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as AddressInfo;
    const { pid } = await startDaemon(SERVER_DAEMON, ['sleep', '600'], { revision: `127.0.0.1:${port}` });
    const terminal = fakeTerminal();
    expect(await status(terminal, { temporalPort: String(port), cluster: 'nobody' })).toBe(0);
    mute.close();
    expect(terminal.data[0]).toMatch(new RegExp(`^Temporal server  process ${pid} runs and does not answer at 127\\.0\\.0\\.1:${port} .*temporal\\.log$`));
    expect(terminal.data.join('\n')).not.toContain('Nothing runs here');
  });
});
