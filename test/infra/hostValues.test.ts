import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemsOfValue } from '../../infra/host/values.js';
import { makeKeyPair } from '../../infra/ssh/keyPair.js';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-values-'));
  writeFileSync(at('good'), makeKeyPair('test').privateKey);
  writeFileSync(at('garbage'), 'not a key at all\n');
  mkdirSync(at('folder'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the path of a private key', () => {
  it('is fine when the key can be read and used', async () => {
    expect(await problemsOfValue('private-key', at('good'))).toEqual([]);
  });

  it.each([
    ['missing', /does not exist\. Give the path/],
    ['garbage', /is not an SSH private key\. Give a private key/],
    ['folder', /is a folder\. Give the path/],
  ])('is refused in one line when it is %s, with what to do', async (name, problem) => {
    const [line, ...more] = await problemsOfValue('private-key', at(name));
    expect(line).toMatch(problem);
    expect(line).toContain(at(name));
    expect(more).toEqual([]);
    expect(line).not.toContain('\n');
  });

  it.skipIf(!has('ssh-keygen'))('is refused when the key has a passphrase', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', at('encrypted')]);
    expect((await problemsOfValue('private-key', at('encrypted')))[0]).toMatch(/is encrypted\. Give a key without a passphrase/);
  });
});

describe('names of unit files', () => {
  it('are fine when all of them ship and are valid', async () => {
    expect(await problemsOfValue('unit-files', ' db.service  web@.service\nmonweb@.service ')).toEqual([]);
  });

  it('are refused one by one', async () => {
    expect(await problemsOfValue('unit-files', 'db.service no.service ../x')).toEqual([
      'there is no unit file fleet-services/no.service. Name files of the folder fleet-services.',
      expect.stringMatching(/^"\.\.\/x" is not a unit name: /),
    ]);
  });
});

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
