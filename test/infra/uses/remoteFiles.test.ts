import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localTransport } from '../../../infra/process.js';
import type { Transport } from '../../../infra/transport.js';
import { builtInAction } from '../../../infra/uses/builtIn.js';
import { parseGlob } from '../../../infra/uses/glob/rules.js';
import { search } from '../../../infra/uses/glob/search.js';
import { localFiles } from '../../../infra/uses/localFiles.js';
import { remoteFiles } from '../../../infra/uses/remoteFiles.js';
import { useWorld, writeFiles } from './repositories.js';
import { contents, inputOf, workspaceOf } from './storage.js';

const world = useWorld();
const temp = () => join(world.folder, 'machine-temp');

function machine(): { readonly transport: Transport; readonly asked: string[] } {
  const asked: string[] = [];
  const local = localTransport();
  return { asked, transport: { ...local, exec: (argv, options) => local.exec((asked.push(argv.join(' ')), argv), options) } };
}

describe('the files of a machine', () => {
  it('are found like those of this host, by one look at a folder', async () => {
    const root = join(world.folder, 'root');
    writeFiles(root, { 'a/b.js': '', 'a/c/d.js': '', 'a/.h/e.js': '', 'B.js': '', 'b b.js': '', link: { to: 'a' }, 'a/loop': { to: '..' }, broken: { to: 'none' }, "it's": '', 'ü/x.js': '' });
    mkdirSync(join(root, 'empty'));
    for (const [pattern, followLinks] of [['**/*.js', false], ['**', true], ['*\n!a', false], ['link/**', true], ['none/**', false], ['B.js/x', false]] as const) {
      const rules = parseGlob(pattern, { root, home: '/' });
      const { transport, asked } = machine();
      const found = await search(remoteFiles({ transport, temp: temp() }), rules, { followLinks });
      expect(found, pattern).toEqual(await search(localFiles(), rules, { followLinks }));
      if (!followLinks) expect(asked.length, pattern).toBeLessThanOrEqual(2);
    }
  });

  it('go into artifacts and caches, and come from them', async () => {
    const use = (uses: string, inputs: Record<string, string>, job: string) =>
      builtInAction(uses)!.main({ ...inputOf(uses, inputs, { job }), files: remoteFiles({ transport: machine().transport, temp: temp() }) });
    writeFiles(workspaceOf('a'), { 'out/1.txt': '1'.repeat(9_000_000), 'out/sub/2 ü.txt': '2', 'out/link': { to: '1.txt' }, 'out/empty': '' });
    await use('actions/upload-artifact@v4', { path: 'out' }, 'a');
    await use('actions/download-artifact@v4', { name: 'artifact' }, 'b');
    expect(contents(workspaceOf('b'))).toEqual({ '1.txt': '1'.repeat(9_000_000), 'sub/2 ü.txt': '2', link: '1'.repeat(9_000_000), empty: '' });
    await use('actions/cache/save@v4', { path: 'out', key: 'k' }, 'a');
    await use('actions/cache/restore@v4', { path: 'out', key: 'k' }, 'c');
    expect(contents(workspaceOf('c'))).toEqual(contents(workspaceOf('a')));
    expect(readdirSync(temp())).toEqual([]);
  });

  it('are what a checkout brings', async () => {
    const commit = world.commit('me/app', { 'sub/a': '1', run: { script: '#!/bin/sh' } });
    writeFiles(join(world.folder, 'remote/me/app'), { new: 'new' });
    const input = inputOf('actions/checkout@v4', {}, { job: 'a' });
    writeFiles(workspaceOf('a'), { old: 'old' });
    const files = remoteFiles({ transport: machine().transport, temp: temp() });
    const { outputs } = await builtInAction('actions/checkout@v4')!.main({ ...input, files, repository: join(world.folder, 'remote/me/app') });
    expect(outputs['commit']).toBe(commit);
    expect(readdirSync(workspaceOf('a')).sort()).toEqual(['.git', 'new', 'run', 'sub']);
  });
});
