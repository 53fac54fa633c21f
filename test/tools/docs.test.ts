import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../cli/files.js';
import { EXIT } from '../../cli/exit-codes.js';
import { packagePath } from '../../infra/paths.js';
import * as keys from '../../language/parsing/knownKeys.js';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md',
  ...readdirSync(packagePath('docs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md')).map((path) => `docs/${path}`)];

const read = (page: string): string => readFileSync(packagePath(page), 'utf8');

describe('docs/actions.md', () => {
  it('says what the metadata of the actions says', () => {
    const { status, stderr } = spawnSync(process.execPath, [packagePath('tools', 'docs.mjs'), '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('docs/language.md', () => {
  it('names every key that is done, and every one that is not yet', () => {
    const { EVENTS, ...rest } = keys;
    const sets = Object.values(rest).filter((set): set is keys.KeySet => typeof set === 'object' && 'known' in set);
    const text = read('docs/language.md');
    const named = (key: string): boolean => text.includes(`\`${key}\``) || text.includes(`${key}:`);
    expect(sets.flatMap(({ known, notYet }) => [...known, ...notYet]).filter((key) => !named(key))).toEqual([]);
    expect(EVENTS.known.filter((event) => !named(event))).toEqual([]);
  });
});

describe.each(['docs/faults.md', 'docs/conformance.md'])('%s', (page) => {
  it('names tests that are there, by words of their titles', () => {
    const named = [...read(page).matchAll(/`(test\/[^`]+\/[^`]+)`(?:: ([^;|]+))?/g)].map(([, path = '', words]) => [path, words?.trim()] as const);
    expect(named.length).toBeGreaterThan(30);
    const missing = named.filter(([path, words]) => !existsSync(packagePath(path)) || (path.endsWith('.ts') && (words === undefined || !plain(read(path)).includes(words))));
    expect(missing).toEqual([]);
  });

  /** As a title reads. */
  const plain = (source: string): string => source.replaceAll("\\'", "'");
});

describe('docs/conformance.md', () => {
  /** The last column of its rows. */
  const shownBy = read('docs/conformance.md').split('\n').filter((line) => /^\|(?!---)/.test(line)).flatMap((line) => line.split('|').at(-2) ?? []).filter((cell) => cell.trim() !== 'shown by');

  it('has a case or a test in every row', () => expect(shownBy.filter((cell) => !/`[^`]+`/.test(cell))).toEqual([]));

  it('names cases that are there, and each of them', () => {
    const named = new Set(shownBy.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).filter((name) => !name.includes('/')));
    const there = readdirSync(packagePath('test', 'conformance')).filter((name) => existsSync(packagePath('test', 'conformance', name, 'workflow.yml')));
    expect([...named].filter((name) => !there.includes(name))).toEqual([]);
    expect(there.filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  it('has every exit code', () => {
    const codes = [...read('docs/troubleshooting.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});

describe('the pages', () => {
  it.each(PAGES)('%s: what it links to in this project is there', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^(?:https?:|#)/.test(target));
    const missing = links.filter((target) => !existsSync(packagePath(dirname(page), target.replace(/#.*$/, ''))));
    expect(missing).toEqual([]);
  });

  it.each(['README.md', 'docs/language.md'])('%s: its workflow file is valid', async (page) => {
    const example = /```yaml\n([\s\S]*?)```/.exec(read(page))?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'fleetwright-docs-'));
    try {
      writeFileSync(join(folder, 'example.yml'), example);
      expect(await diagnose(join(folder, 'example.yml'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
