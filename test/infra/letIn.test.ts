import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installPackages } from '../../infra/docker/apt.js';
import { letInstallerIn, letUserIn, noteInstallation } from '../../infra/docker/letIn.js';

const { uid, username } = userInfo();
const refused = (): Promise<boolean> => Promise.resolve(false);
let folder: string;
let socket: string;

/** Programs that only write down how they were called; `body` may do more. */
async function program(name: string, body = ''): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${body}\n`);
  await chmod(join(folder, name), 0o755);
}

const calls = async (): Promise<readonly string[]> => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter((line) => line && line !== 'sudo -n true');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'let-in-'));
  socket = join(folder, 'docker.sock');
  await writeFile(socket, '');
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await program('sudo');
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const LETS_IN = [`sudo -n -- usermod --append --groups docker ${username}`, `sudo -n -- chown ${uid} `];

describe('a user with the right to become root, for whom Docker is installed', () => {
  it('becomes a member of the group for later, and the owner of the socket for now', async () => {
    await letUserIn(socket, { mayUse: refused });
    expect(await calls()).toEqual([LETS_IN[0], LETS_IN[1] + socket]);
  });

  it('is changed in nothing where the engine may be used already', async () => {
    await letUserIn(socket);
    expect(await calls()).toEqual([]);
  });

  it('that no local file knows uses it all the same, and is told', async () => {
    await program('sudo', 'case "$*" in *usermod*) echo "usermod: no such user" >&2; exit 6;; esac');
    const said: string[] = [];
    await letUserIn(socket, { mayUse: refused, onProgress: (line) => said.push(line) });
    expect((await calls()).at(-1)).toBe(LETS_IN[1] + socket);
    expect(said.at(-1)).toMatch(/did not become a member .*no such user/s);
  });

  it('is let in by the next command when the installation was cut off', async () => {
    await noteInstallation();
    await letInstallerIn(socket, { mayUse: refused });
    expect(await calls()).toHaveLength(2);
  });

  it('is not let into an engine that was there before, nor looked for where there is none', async () => {
    await letInstallerIn(socket, { mayUse: refused });
    await noteInstallation();
    await letInstallerIn(join(folder, 'none.sock'), { mayUse: refused });
    expect(await calls()).toEqual([]);
  });
});

describe('installing packages', () => {
  it('fetches the lists when there are none, and shows no error of the try that failed for it', async () => {
    await program('sudo', 'case "$*" in *"-- "*) while [ "$1" != -- ]; do shift; done; shift; exec "$@";; esac');
    await program('apt-get', `case "$*" in *update*) touch ${folder}/lists;; *) [ -e ${folder}/lists ] || { echo "E: Unable to locate package" >&2; exit 100; }; echo Setting up;; esac`);
    const said: string[] = [];
    await installPackages(['docker.io'], 'install Docker', { onProgress: (line) => said.push(line) });
    expect(said).toEqual(['Setting up']);
    expect(existsSync(join(folder, 'lists'))).toBe(true);
    expect((await calls()).filter((line) => line.startsWith('apt-get'))).toHaveLength(3);
  });

  it('shows the error of a try that had the lists', async () => {
    await program('sudo', 'case "$*" in *"-- "*) while [ "$1" != -- ]; do shift; done; shift; exec "$@";; esac');
    await program('apt-get', 'case "$*" in *update*) ;; *) echo "E: Unable to locate package" >&2; exit 100;; esac');
    const said: string[] = [];
    await expect(installPackages(['nothing'], 'try', { onProgress: (line) => said.push(line) })).rejects.toThrow(/Unable to locate/);
    expect(said).toEqual(['E: Unable to locate package']);
  });
});
