/** What only the host with a job's workspace can do, while the worker there is away: the run stands still, and says for whom it waits. */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../cli/commands/status.js';
import { undo } from '../../cli/commands/undo.js';
import { view } from '../../cli/commands/view.js';
import { waitFor } from '../../infra/wait.js';
import { fakeTerminal } from '../cli/fakeTerminal.js';
import { goTo, haveWorker } from './hosts.js';
import { endOfRun, flagsFor, startText } from './seen.js';
import { startWorld, type World } from './world.js';

let world: World;
let putBack: () => void;
beforeAll(async () => {
  putBack = haveWorker();
  world = await startWorld(goTo('first'));
});
afterAll(async () => {
  await world.stop();
  putBack();
});

const moveTo = (host: string): Promise<void> => world.moveWorker(() => goTo(host)(world.folder));

const text = (folder: string): string => `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    steps:
      - { name: Make, run: 'true', undo: 'true' }
      - { name: Look, run: 'test -e "${folder}/there"' }
`;

/** What a command prints. */
async function shown(command: (terminal: ReturnType<typeof fakeTerminal>) => Promise<number>): Promise<string> {
  const terminal = fakeTerminal();
  await command(terminal);
  return [...terminal.data, ...terminal.notes].join('\n');
}

/** What `view` shows when it says what was looked for. */
async function viewed(run: string, words: string): Promise<string> {
  const found = await waitFor(async () => {
    const screen = await shown((terminal) => view(terminal, run, flagsFor(world)));
    return screen.includes(words) ? screen : undefined;
  }, { timeoutMs: 30_000, intervalMs: 500 });
  return found ?? '';
}

describe('what waits for the worker of a host that is away', () => {
  it('is said of a step that was parked, and is tried again while another host has the worker', async () => {
    const run = await startText(world, 'stays', text(world.folder), { onFailure: 'wait' });
    const handle = world.client.workflow.getHandle(run);
    await viewed(run, 'Decide: fleetwright retry');
    await moveTo('second');
    await handle.executeUpdate('retry', { args: [{}] });
    expect(await viewed(run, 'Waits for')).toMatch(new RegExp(`a {20,}.*\\n.*Make.*\\n.*Look.*\\n {6}Waits for the worker of host ${hostname()}$`, 'm'));
    expect(await shown((terminal) => status(terminal, flagsFor(world)))).toContain(`waits: the worker of host ${hostname()}`);
    writeFileSync(join(world.folder, 'there'), '');
    await moveTo('first');
    expect(await endOfRun(world, run)).toMatchObject({ conclusion: 'success' });
  });

  it('is said of an undo, until that worker is back', async () => {
    const run = await startText(world, 'undone', text(join(world.folder, 'nowhere')), { onFailure: 'keep' });
    expect(await endOfRun(world, run)).toMatchObject({ conclusion: 'failure' });
    await moveTo('second');
    const terminal = fakeTerminal();
    const undoing = undo(terminal, run, flagsFor(world));
    expect(await viewed(run, 'Waits for')).toMatch(new RegExp(`Undo\\n.*Make\\n {8}Waits for the worker of host ${hostname()}$`, 'm'));
    await waitFor(async () => terminal.notes.some((line) => line.includes(`undo a/1 waits for the worker of host ${hostname()}`)) || undefined, { timeoutMs: 30_000, intervalMs: 200 });
    await moveTo('first');
    expect(await undoing).toBe(5);
    expect(terminal.notes.join('\n')).toMatch(/undo a\/1 success: Make/);
  });
});
