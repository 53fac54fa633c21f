/** The commands that operate a run, on real runs of real scripts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resume } from '../../cli/commands/resume.js';
import { undo, type UndoFlags } from '../../cli/commands/undo.js';
import { watch } from '../../cli/commands/watch.js';
import { RefusedError, UsageError } from '../../cli/errors.js';
import { writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
import { fakeTerminal } from '../cli/fakeTerminal.js';
import { endOfRun, flagsFor, startText } from './seen.js';
import { startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  process.env['FLEETWRIGHT_WORKER'] = 'elsewhere'; // this process has the worker
  world = await startWorld(() => undefined);
});
afterAll(async () => {
  delete process.env['FLEETWRIGHT_WORKER'];
  await world.stop();
});

type Command = (terminal: ReturnType<typeof fakeTerminal>, flags: ReturnType<typeof flagsFor>) => Promise<number>;
async function told(command: Command) {
  const terminal = fakeTerminal();
  const code = await command(terminal, flagsFor(world));
  return { code, notes: terminal.notes.join('\n'), data: terminal.data.join('\n') };
}

describe('undo', () => {
  const undone = (run: string, flags: UndoFlags = {}) => told((terminal, own) => undo(terminal, run, { ...own, ...flags }));
  const file = (name: string): string => join(world.folder, name);
  const text = (): string => `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    env: { TOKEN: '\${{ secrets.TOKEN }}', AT: '${world.folder}' }
    steps:
      - { id: one, name: Make one, run: touch "$AT/one", undo: 'rm "$AT/one"; printf %s "$TOKEN" > "$AT/told"' }
      - { id: two, name: Make two, run: touch "$AT/two", undo: 'rm "$AT/two"' }
      - { id: three, name: Look, run: test -e "$AT/two" }
`;
  let run: string;
  const give = (): void => writeRunSecrets('undoable/seen#1' as RunId, { given: { TOKEN: 'hunter2' }, environment: {} }); // as the flag -s does where the worker is another process
  beforeAll(async () => {
    give();
    run = await startText(world, 'undoable', text());
    await endOfRun(world, run);
    await told((terminal, flags) => watch(terminal, run, flags)); // who sees the end takes the secrets away
  });

  it('of a run that succeeded goes down to a step, says what is undone and how to go on, and exits with 5', async () => {
    await expect(undone(run, { to: 'a/three' })).rejects.toThrow('--to: the step "a/three" of undoable/seen#1 registered no undo: a/one, a/two did');
    expect(run).toBe('undoable/seen#1');
    give();
    const { code, notes } = await undone(run, { to: 'a/two' });
    expect([code, existsSync(file('one')), existsSync(file('two'))]).toEqual([5, true, false]);
    for (const part of ['undo a/two started: Make two', 'Undone, and nothing that is before it:\n  a/two Make two', "fleetwright resume 'undoable/seen#1'", "fleetwright undo 'undoable/seen#1'"]) expect(notes).toContain(part);
    expect(notes).not.toMatch(/a\/three|undo a\/one/);
  });

  it('is taken back by a resume, which does again what was undone and what is after it', async () => {
    give();
    const { code, notes } = await told((terminal, flags) => resume(terminal, run, flags));
    expect([code, existsSync(file('two'))]).toEqual([0, true]);
    expect(notes).not.toContain('a/one started');
  });

  it('of the whole run opens what its steps had sealed, and is refused when it is done', async () => {
    expect(await undone(run)).toMatchObject({ code: 6, notes: expect.stringMatching(/left: Make one: the secret TOKEN went when the run was closed[^]*then: fleetwright undo 'undoable\/seen#1'/) as string });
    give();
    const { code, data } = await undone(run, { json: true });
    expect(code).toBe(5);
    expect(JSON.parse(data)).toMatchObject({ run, undone: true, exitCode: 5 });
    expect([existsSync(file('one')), existsSync(file('two')), readFileSync(file('told'), 'utf8')]).toEqual([false, false, 'hunter2']);
    await expect(undone(run)).rejects.toThrow(new RefusedError(`${run} was undone already`));
    await expect(told((terminal, flags) => resume(terminal, run, flags))).rejects.toThrow('was undone: nothing of it is there to go on from');
  });

  it('of a run that is open is for one that is parked alone, and for all of it', async () => {
    const open = await startText(world, 'open', 'on: workflow_dispatch\njobs:\n  a:\n    runs-on: worker\n    steps: [{ run: sleep 300 }]\n');
    await expect(undone(open, { to: 'a/1' })).rejects.toThrow(UsageError);
    await expect(undone(open)).rejects.toThrow(`no step of ${open} is parked: \`cancel\` ends a run that is at work`);
    await world.client.workflow.getHandle(open).cancel();
    await endOfRun(world, open);
  });

  it('is refused for a run that registered none', async () => {
    const bare = await startText(world, 'bare', 'on: workflow_dispatch\njobs:\n  a:\n    runs-on: worker\n    steps: [{ run: echo hi }]\n');
    await endOfRun(world, bare);
    await expect(undone(bare)).rejects.toThrow(`no step of ${bare} registered an undo: there is nothing to undo`);
  });
});

describe('a resume', () => {
  const ACTION = {
    'action.yml': "name: Hold\ninputs: { key: { default: '' } }\nruns: { using: node20, main: main.js, post: post.js }\n",
    'main.js': "const fs = require('fs'); fs.appendFileSync(process.env.GITHUB_STATE, `held=in ${process.env.GITHUB_RUN_ATTEMPT} with ${process.env.INPUT_KEY}\\n`); fs.appendFileSync('log', `main ${process.env.GITHUB_RUN_ATTEMPT}\\n`);",
    'post.js': "require('fs').appendFileSync('log', `post ${process.env.GITHUB_RUN_ATTEMPT}: held ${process.env.STATE_held}, ${process.env.INPUT_KEY}\\n`);",
  };
  const HOLDS = `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    steps:
      - { name: Hold, uses: ./hold, with: { key: '\${{ secrets.TOKEN }}' } }
      - { name: Make, run: 'echo make >> log', undo: 'echo undo >> log' }
      - { name: Look, run: 'test -e there' }
      - { name: Tell, if: always(), run: 'echo "always $GITHUB_RUN_ATTEMPT" >> log' }
      - { name: Hold more, if: always(), uses: ./hold }
`;

  it('arms exit handlers again: always() steps, post steps with the state of an earlier attempt, undos', async () => {
    const workspace = join(world.folder, 'workspace');
    mkdirSync(join(workspace, 'hold'), { recursive: true });
    for (const [name, text] of Object.entries(ACTION)) writeFileSync(join(workspace, 'hold', name), text);
    const log = (): string[] => readFileSync(join(workspace, 'log'), 'utf8').trim().split('\n');
    const give = (): void => writeRunSecrets('holds/seen#1' as RunId, { given: { TOKEN: 'hunter2' }, environment: {} });
    give();
    const run = await startText(world, 'holds', HOLDS, { onFailure: 'keep', flags: { workspace } });
    expect(await endOfRun(world, run)).toMatchObject({ run: 'holds/seen#1', conclusion: 'failure' });
    const first = ['main 1', 'make', 'always 1', 'main 1', 'post 1: held in 1 with , ', 'post 1: held in 1 with hunter2, hunter2'];
    expect(log()).toEqual(first);
    give();
    expect((await told((terminal, flags) => resume(terminal, run, { ...flags, onFailure: 'keep' }))).code).toBe(1);
    const second = [...first, 'always 2', 'main 2', 'post 2: held in 2 with , ', 'post 2: held in 1 with hunter2, hunter2'];
    expect(log()).toEqual(second);
    give();
    expect((await told((terminal, flags) => resume(terminal, run, { ...flags, onFailure: 'undo' }))).code).toBe(5);
    expect(log()).toEqual([...second, 'always 3', 'main 3', 'post 3: held in 3 with , ', 'post 3: held in 1 with hunter2, hunter2', 'undo']);
  });
});
