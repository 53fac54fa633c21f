import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@actions/glob';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { localFiles } from '../../../infra/uses/localFiles.js';
import { parseGlob, searchPaths } from '../../../infra/uses/glob/rules.js';
import { search, searchNow } from '../../../infra/uses/glob/search.js';
import { hashFiles, hashFilesNow } from '../../../infra/uses/hashFiles.js';
import { writeFiles } from './repositories.js';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'fleetwright-[hash]-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const sha = (...data: (string | Buffer)[]) => data.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const both = async (patterns: string[]) => {
  const now = hashFilesNow(patterns, workspace);
  expect(await hashFiles(patterns, workspace)).toBe(now);
  return now;
};

describe('hashFiles', () => {
  it('is the hash of the hashes of the files, in the order of their names', async () => {
    writeFiles(workspace, { 'b/package-lock.json': 'two', 'a/package-lock.json': 'one', 'package-lock.json': 'three', 'other.json': 'x' });
    expect(await both(['**/package-lock.json'])).toBe(sha(sha('one'), sha('two'), sha('three')).toString('hex'));
  });

  it('is nothing when nothing matches, or what matches is a folder or outside', async () => {
    mkdirSync(join(workspace, 'empty'));
    for (const patterns of [['*.none'], ['empty'], ['/etc/passwd'], ['']]) expect(await both(patterns)).toBe('');
  });

  it('takes several patterns, the later over the earlier', async () => {
    writeFiles(workspace, { 'a.txt': 'a', 'b.txt': 'b', '.hidden.txt': 'h', 'sub/c.txt': 'c' });
    expect(await both(['*.txt', '!b.*', '# comment', 'sub'])).toBe(sha(sha('h'), sha('a'), sha('c')).toString('hex'));
  });

  it('follows links to files, and to folders only when it is told to', async () => {
    writeFiles(workspace, { 'real/a.txt': 'a', 'link.txt': { to: 'real/a.txt' }, folder: { to: 'real' }, loop: { to: '.' } });
    const one = sha('a');
    expect(await both(['**/*.txt'])).toBe(sha(one, one).toString('hex'));
    expect(await both(['--follow-symbolic-links', 'folder/**'])).toBe(sha(one).toString('hex'));
    expect(await both(['--follow-symbolic-links', '**/*.txt'])).toBe(sha(one, one, one).toString('hex'));
  });

  it.each([['../*.txt'], ['a/../b'], ['a/./b']])('refuses %s', async (pattern) => {
    expect(() => hashFilesNow([pattern], workspace)).toThrow('has a "." or ".." in it');
    await expect(hashFiles([pattern], workspace)).rejects.toThrow('has a "." or ".." in it');
  });

  it('says which link leads nowhere', async () => {
    writeFiles(workspace, { 'a.txt': { to: 'nowhere' } });
    expect(() => hashFilesNow(['*.txt'], workspace)).toThrow(`hashFiles could not read ${workspace}/a.txt`);
  });

  it('stops when it is told to', async () => {
    writeFiles(workspace, { 'a.txt': 'a' });
    await expect(hashFiles(['*'], workspace, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

describe('glob rules', () => {
  let root = '';
  let before = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'fleetwright-glob-'));
    writeFiles(root, {
      'a': '1', 'b.js': '1', '.h': '1', '[x]': '1', 'a*b': '1', 'd/a': '1', 'd/b.js': '1', 'd/.h/a': '1', 'd/e/b.js': '1', 'd/e/f/a': '1', 'e/a': '1', 'e/d/b.js': '1', 'da/x': '1',
      'link': { to: 'd' }, 'd/back': { to: '..' }, 'broken': { to: 'none' }, '{a,b}': '1', 'B.JS': '1',
    });
    before = process.cwd();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const segment = fc.constantFrom('a', 'b.js', 'd', 'e', '*', '**', '?', '*.js', '[a-d]', '[[]x[]]', '[x]', 'd*', '.h', '.*', '{a,b}', '\\*', 'a[*]b', 'link', '+(a)', 'B.js');
  const pattern = fc.tuple(fc.constantFrom('', '!', '! ', '!!', './', '/', '#'), fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
    .map(([mark, segments, end]) => (mark === '/' ? `${root}/${segments.join('/')}${end}` : `${mark}${segments.join('/')}${end}`));

  it.each([
    [{ followSymbolicLinks: false, implicitDescendants: true, excludeHiddenFiles: false }],
    [{ followSymbolicLinks: true, implicitDescendants: true, excludeHiddenFiles: true }],
    [{ followSymbolicLinks: true, implicitDescendants: false, excludeHiddenFiles: false }],
  ])('take what @actions/glob takes, in its order: %o', async (options) => {
    // It asks the process's folder, and tells its standard output what it does.
    const [cwd, write] = [vi.spyOn(process, 'cwd').mockReturnValue(root), vi.spyOn(process.stdout, 'write').mockReturnValue(true)];
    try {
      await fc.assert(fc.asyncProperty(fc.array(pattern, { minLength: 1, maxLength: 4 }), async (patterns) => {
        const theirs = await create(patterns.join('\n'), { ...options, omitBrokenSymbolicLinks: true });
        const rules = parseGlob(patterns.join('\n'), { root, home: homedir(), descendants: options.implicitDescendants });
        const asked = { followLinks: options.followSymbolicLinks, withoutHidden: options.excludeHiddenFiles };
        const now = searchNow(rules, asked).map(({ path }) => path);
        // It stops where a pattern goes on below a file.
        const taken = await theirs.glob().catch((error: NodeJS.ErrnoException) => (error.code === 'ENOTDIR' ? undefined : Promise.reject(error)));
        if (taken) expect(now).toEqual(taken);
        expect(searchPaths(rules)).toEqual(theirs.getSearchPaths());
        expect((await search(localFiles(), rules, asked)).map(({ path }) => path)).toEqual(now);
      }), { numRuns: 500 });
    } finally {
      cwd.mockRestore();
      write.mockRestore();
    }
    expect(process.cwd()).toBe(before);
  });
});
