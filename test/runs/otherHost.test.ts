/** A run that goes on under a worker of another host: of the first host's state folder and home nothing is there, only Temporal's history. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logs } from '../../cli/commands/logs.js';
import { resume } from '../../cli/commands/resume.js';
import { view } from '../../cli/commands/view.js';
import { writeRunSecrets } from '../../infra/secrets/runSecrets.js';
import type { RunId } from '../../language/ids.js';
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

const text = (folder: string): string => `
on: workflow_dispatch
jobs:
  build:
    runs-on: worker
    outputs: { tag: '\${{ steps.make.outputs.tag }}' }
    steps: [{ id: make, run: 'echo tag=v7 >> "$GITHUB_OUTPUT"' }]
  ship:
    needs: build
    runs-on: worker
    steps:
      - id: before
        name: Before
        run: |
          echo "printed on the first host"
          echo "FROM=env" >> "$GITHUB_ENV"; mkdir -p bin; printf '#!/bin/sh\\necho tool\\n' > bin/tool; chmod +x bin/tool; cp -r bin '${folder}/bin'; echo '${folder}/bin' >> "$GITHUB_PATH"
          echo "out=put" >> "$GITHUB_OUTPUT"; touch left-in-the-workspace
          mkdir hold; echo 'console.log("held")' > hold/main.js; echo '{name: Hold, runs: {using: node20, main: main.js, post: main.js}}' > hold/action.yml
        undo: 'true'
      - { name: Hold, uses: ./hold }
      - name: After
        run: |
          echo "\${{ needs.build.outputs.tag }} \${{ steps.before.outputs.out }} $FROM $(tool) [$(ls)]"
          test -e '${folder}/there'
`;

const sealed = (folder: string): string => `
on: workflow_dispatch
jobs:
  a:
    runs-on: worker
    steps:
      - { id: login, run: 'echo "token=\${{ secrets.TOKEN }}" >> "$GITHUB_OUTPUT"' }
      - { run: 'test -n "\${{ steps.login.outputs.token }}" -a -e "${folder}/more"' }
`;

async function told(command: (terminal: ReturnType<typeof fakeTerminal>, flags: ReturnType<typeof flagsFor>) => Promise<number>) {
  const terminal = fakeTerminal();
  const code = await command(terminal, flagsFor(world));
  return { code, notes: terminal.notes.join('\n'), data: terminal.data.join('\n') };
}

/** On the host that this process stands for now. */
async function here(command: Parameters<typeof told>[0]): Promise<string> {
  delete process.env['FLEETWRIGHT_WORKER'];
  try {
    const { data, notes } = await told(command);
    return `${data}\n${notes}`;
  } finally {
    process.env['FLEETWRIGHT_WORKER'] = 'elsewhere';
  }
}
const logged = (run: string): Promise<string> => here((terminal, flags) => logs(terminal, run, flags));

describe('a run that is resumed on another host', () => {
  it('has outputs, variables, search paths and undos from its history, runs nothing twice, and says what is not there', async () => {
    const run = await startText(world, 'moved', text(world.folder), { onFailure: 'keep' });
    expect(await endOfRun(world, run)).toMatchObject({ conclusion: 'failure' });
    expect(await logged(run)).toMatch(/v7 put env tool \[bin$/m);
    await world.moveWorker(() => goTo('second')(world.folder));
    writeFileSync(join(world.folder, 'there'), '');
    const { code, notes } = await told((terminal, flags) => resume(terminal, run, flags));
    expect([code, notes]).toEqual([0, expect.stringContaining('done')]);
    expect(await endOfRun(world, run)).toMatchObject({ attempt: 2, conclusion: 'success', undos: [{ address: 'ship/before', queue: expect.stringMatching(/^fleetwright@/) as string }] });
    const now = await logged(run);
    expect(now).toContain('v7 put env tool []');
    expect(now).not.toContain('printed on the first host');
    expect(now).toContain('This host has no log of all that build, ship did: it ran under the worker of another host');
    expect(await here((terminal, flags) => view(terminal, run, flags))).toContain('post steps of actions that completed in an earlier attempt do not run again: what they le');
  });

  it('fails with a sentence about what a secret was sealed in, and on the first host it goes on', async () => {
    await world.moveWorker(() => goTo('first')(world.folder));
    const give = (): void => writeRunSecrets('sealed/seen#1' as RunId, { given: { TOKEN: 'hunter2' }, environment: {} });
    give();
    const run = await startText(world, 'sealed', sealed(world.folder), { onFailure: 'keep' });
    expect(await endOfRun(world, run)).toMatchObject({ run: 'sealed/seen#1', conclusion: 'failure' });
    await world.moveWorker(() => goTo('second')(world.folder));
    give();
    const { code, notes } = await told((terminal, flags) => resume(terminal, run, { ...flags, onFailure: 'keep' }));
    expect([code, notes]).toEqual([1, expect.stringContaining('the key of the sealed values of sealed/seen#1 is not on this host\n')]);
    await world.moveWorker(() => goTo('first')(world.folder));
    writeFileSync(join(world.folder, 'more'), '');
    give();
    expect((await told((terminal, flags) => resume(terminal, run, flags))).code).toBe(0);
  });
});
