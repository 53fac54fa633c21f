import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../infra/errors.js';
import { descend } from '../../../infra/uses/descend.js';
import { localTransport } from '../../../infra/process.js';
import type { Files } from '../../../infra/uses/files.js';
import { localFiles } from '../../../infra/uses/localFiles.js';
import { remoteFiles } from '../../../infra/uses/remoteFiles.js';
import { useWorld, writeFiles } from './repositories.js';
import { contents } from './storage.js';

const world = useWorld();
const HOSTS: readonly (readonly [string, () => Files])[] = [
  ['here', localFiles],
  ['on a machine', () => remoteFiles({ transport: localTransport(), temp: join(world.folder, 'temp') })],
];
const to = () => join(world.folder, 'to');
type Entry = Parameters<ReturnType<typeof pack>['entry']>[0];

function tar(...entries: readonly (Entry & { readonly text?: string })[]): Readable {
  const made = pack();
  for (const { text = '', ...header } of entries) made.entry(header, text);
  made.finalize();
  return made as unknown as Readable;
}
const unpackOn = (host: () => Files) => (stream: Readable, more: { linksMayLeave?: boolean; signal?: AbortSignal } = {}) =>
  host().unpack(stream, { target: (name) => posix.join(to(), name), inside: [to()], ...more });

describe.each(HOSTS)('unpacking %s', (_, host) => {
  const unpack = unpackOn(host);

  it('gives back what was packed: modes, times, links, empty folders and files', async () => {
    const from = join(world.folder, 'from');
    writeFiles(from, { 'a/b.txt': 'b', empty: '', 'run.sh': { script: '#!' }, link: { to: 'a/b.txt' }, 'a/up': { to: '..' } });
    mkdirSync(join(from, 'nothing'), { mode: 0o500 });
    const files = host();
    await unpack(files.pack(await descend(files, from, ''), { follow: false }));
    expect(readFileSync(join(to(), 'a/b.txt'), 'utf8')).toBe('b');
    expect([readlinkSync(join(to(), 'link')), readlinkSync(join(to(), 'a/up'))]).toEqual(['a/b.txt', '..']);
    expect(statSync(join(to(), 'run.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(to(), 'nothing')).mode & 0o777).toBe(0o500);
    expect(statSync(join(to(), 'empty')).size).toBe(0);
    expect(Math.floor(statSync(join(to(), 'a/b.txt')).mtimeMs / 1000)).toBe(Math.floor(statSync(join(from, 'a/b.txt')).mtimeMs / 1000));
  });

  it('replaces what is there, links by what they were not', async () => {
    writeFiles(to(), { a: { to: '../outside' }, b: 'old', 'c/d': 'gone' });
    writeFiles(world.folder, { outside: 'untouched' });
    await unpack(tar({ name: 'a', text: 'new' }, { name: 'b', text: 'new' }, { name: 'c', text: 'file' }));
    expect(contents(to())).toEqual({ a: 'new', b: 'new', c: 'file' });
    expect(readFileSync(join(world.folder, 'outside'), 'utf8')).toBe('untouched');
  });

  it.each<[string, readonly (Entry & { text?: string })[], string]>([
    ['a name with ..', [{ name: '../outside', text: 'x' }], 'leaves'],
    ['a name with .. further in', [{ name: 'a/../../outside', text: 'x' }], 'leaves'],
    ['a link out of the folder', [{ name: 'l', type: 'symlink', linkname: '../outside' }], 'is a symbolic link out of its folder'],
    ['an absolute link', [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }], 'is a symbolic link out of its folder'],
    ['a hard link', [{ name: 'l', type: 'link', linkname: 'a' }], 'is a link'],
    ['a device', [{ name: 'd', type: 'character-device' }], 'is a character-device'],
    ['the folder itself as a file', [{ name: '.', type: 'file', text: 'x' }], 'takes the place of the folder itself'],
  ])('refuses %s', async (_what, entries, text) => {
    const refused = await unpack(tar(...entries)).then(() => undefined, (error: unknown) => error as Error);
    expect(refused).toBeInstanceOf(InvalidInputError);
    expect(refused?.message).toContain(text);
    expect(existsSync(join(world.folder, 'outside'))).toBe(false);
  });

  it('writes nothing through a link that the archive itself has made', async () => {
    mkdirSync(join(world.folder, 'outside'));
    const entries = tar({ name: 'l', type: 'symlink', linkname: '../outside' }, { name: 'l/a', text: 'x' });
    await expect(unpack(entries, { linksMayLeave: true })).rejects.toThrow('goes through the symbolic link');
    expect(existsSync(join(world.folder, 'outside/a'))).toBe(false);
  });

  it('lets no link take the place of a folder of the same archive', async () => {
    mkdirSync(join(world.folder, 'outside/deep'), { recursive: true, mode: 0o700 });
    const deep = { name: 'l/deep', type: 'directory', mode: 0o777 } as const;
    for (const then of [[], [{ name: 'l/b', text: 'x' }]]) {
      const entries = tar(deep, { name: 'l', type: 'symlink', linkname: '../outside' }, ...then);
      await expect(unpack(entries, { linksMayLeave: true })).rejects.toThrow('takes the place of a folder of the same archive');
    }
    expect(statSync(join(world.folder, 'outside/deep')).mode & 0o777).toBe(0o700);
    expect(existsSync(join(world.folder, 'outside/b'))).toBe(false);
  });

  it('writes nothing through a link that is there', async () => {
    mkdirSync(join(world.folder, 'outside'));
    writeFiles(to(), { l: { to: '../outside' }, in: { to: 'real' }, 'real/x': 'old' });
    await expect(unpack(tar({ name: 'l/a', text: 'x' }))).rejects.toThrow('goes through the symbolic link');
    expect(existsSync(join(world.folder, 'outside/a'))).toBe(false);
    await unpack(tar({ name: 'in/x', text: 'new' }));
    expect(readFileSync(join(to(), 'real/x'), 'utf8')).toBe('new');
  });

  it('ends with an error where the archive is cut off, and when it is told to', async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of tar({ name: 'a', text: 'x'.repeat(5000) })) chunks.push(chunk as Buffer);
    const whole = Buffer.concat(chunks);
    await expect(unpack(Readable.from([whole.subarray(0, 2000)]))).rejects.toThrow('Unexpected end of data');
    await expect(unpack(tar({ name: 'a', text: 'x' }), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
