import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../infra/errors.js';
import { commandFile, type CommandParts } from '../../infra/script/commandFile.js';
import { folderName } from '../../infra/script/folders.js';
import { shellArgv } from '../../infra/script/shell.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'fleetwright-command-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHELLS = ['sh', 'bash --posix', 'bash'];

/** What a process that the command file becomes finds in its environment. */
function environmentAfter(parts: Partial<CommandParts>, shell = 'sh'): Map<string, string> {
  const file = join(folder, 'command');
  writeFileSync(file, commandFile({ environment: {}, path: [], workingDirectory: folder, script: '/nowhere', argv: ['cat', '/proc/self/environ'], ...parts }));
  const [program, ...args] = shell.split(' ');
  const environ = execFileSync(program!, [...args, file], { env: { PATH: process.env['PATH'] } });
  return new Map(environ.toString('utf8').split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('the command file', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.replaceAll('\0', ''));
  const hostile = fc.constantFrom("'", "''", "'\\''", '$(touch oops)', '`touch oops`', '\n', '\\', '"', '\t\r\n', '!', '${HOME}', '-n', ';', ' ', '\u{1F6A2}', "a'b\nc'd");
  const value = fc.array(fc.oneof(text, hostile), { maxLength: 4 }).map((parts) => parts.join(''));
  const name = fc.oneof(
    fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/).map((one) => `V_${one}`),
    fc.stringMatching(/^[a-z.:-][a-z0-9.-]{0,8}$/).map((one) => `v-${one}`),
    fc.constantFrom('INPUT_MY-NAME', '-i', '--', '1st', "it's", 'a b', 'ünï', '$(x)', 'IFS', 'UID', 'PPID', 'OPTIND', 'SHELLOPTS', 'RANDOM', 'PS4', 'CDPATH', 'HOME'),
  );

  it.each(SHELLS)('gives every value as it is, whatever characters it and its name hold, in %s', (shell) => {
    fc.assert(fc.property(fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true }), (environment) => {
      const after = environmentAfter({ environment }, shell);
      for (const [key, expected] of Object.entries(environment)) expect([key, after.get(key)]).toEqual([key, expected]);
    }), { numRuns: 60 });
    expect(existsSync(join(folder, 'oops'))).toBe(false);
  });

  it.each(SHELLS)('puts folders before PATH, the first is searched first, in %s', (shell) => {
    expect(environmentAfter({ path: ['/a b', "/it's"], environment: { PATH: '/usr/bin:/bin' } }, shell).get('PATH')).toBe("/a b:/it's:/usr/bin:/bin");
  });

  it('refuses what no process can be given', () => {
    for (const [name, value] of [['', 'x'], ['A=B', 'x'], ['A', 'x\0y'], ['A\0', 'x']] as const) {
      expect(() => commandFile({ environment: { [name]: value }, path: [], workingDirectory: '/', script: '/s' })).toThrow(InvalidInputError);
    }
  });

  it('says where it could not go', () => {
    expect(() => environmentAfter({ workingDirectory: join(folder, 'not there') })).toThrow(/not there/);
  });
});

describe('a shell', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['bash', 'bash --noprofile --norc -e -o pipefail /s'],
    ['sh', 'sh -e /s'],
    ['python', 'python /s'],
    ['perl -w {0}', 'perl -w /s'],
    ["bash -c '. {0}; echo done'", 'bash -c|. /s; echo done'],
  ])('%j is %j', (shell, expected) => {
    const argv = shellArgv(shell, '/s');
    expect(argv === undefined ? undefined : argv.some((word) => word.includes(' ')) ? `${argv.slice(0, -1).join(' ')}|${argv.at(-1)}` : argv.join(' ')).toBe(expected);
  });

  it('without a place for the script is refused', () => {
    for (const shell of ['perl', 'cmd', 'constructor']) expect(() => shellArgv(shell, '/s')).toThrow(InvalidInputError);
  });
});

describe('a folder name', () => {
  it('is one safe path element, and another for another text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
      expect(folderName(one)).toMatch(/^[\w%.-]{0,100}$/);
      expect(folderName(one)).not.toMatch(/^\.+$/);
      if (one !== other) expect(folderName(one)).not.toBe(folderName(other));
    }));
    expect(folderName('web (18, debian)')).toBe('web%20%2818%2C%20debian%29');
    expect(folderName('é'.repeat(80))).toHaveLength(100);
  });
});
