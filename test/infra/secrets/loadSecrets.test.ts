import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidInputError, PermanentError } from '../../../infra/errors.js';
import { loadSecrets } from '../../../infra/secrets/load.js';
import { deleteRunSecrets, readRunSecrets, runSecretsPath, sealKeyPath, writeRunSecrets } from '../../../infra/secrets/runSecrets.js';
import { isSealed, seal, unseal } from '../../../infra/secrets/sealer.js';
import { parseSettings } from '../../../infra/secrets/settingsFile.js';
import type { RunId } from '../../../language/ids.js';

const RUN = 'ci/local#3' as RunId;
let home: string;
let repository: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-secrets-'));
  repository = join(home, 'repo');
  mkdirSync(join(home, 'config', 'fleetwright'), { recursive: true });
  mkdirSync(repository);
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const settings = (text: string, folder = repository): void => writeFileSync(join(folder, 'fleetwright.yml'), text);
const revealed = async (...args: Parameters<typeof loadSecrets>): Promise<Record<string, string>> =>
  Object.fromEntries([...await loadSecrets(...args)].map(([name, secret]) => [name, secret.reveal()]));

describe('the secrets of a run', () => {
  it('are those given to it, then those of the settings, then those of the environment, by names without case', async () => {
    writeRunSecrets(RUN, { given: { A: 'given' }, environment: { D: 'of the starter', C: 'no' }, repository });
    settings('secrets:\n  a: {env: OTHER}\n  b: {env: OTHER}\n  C: {env: OTHER}\n');
    const env = { OTHER: 'settings', FLEETWRIGHT_SECRET_B: 'no', FLEETWRIGHT_SECRET_e: 'environment', FLEETWRIGHT_SECRET_D: 'no' };
    expect(await revealed(RUN, { env })).toEqual({ A: 'given', B: 'settings', C: 'settings', D: 'of the starter', E: 'environment', GITHUB_TOKEN: '' });
  });

  it('come from files and commands too, whose last line break is taken off, and keep those within', async () => {
    writeFileSync(join(repository, 'key.pem'), 'one\ntwo\n');
    settings(`secrets:\n  KEY: {file: key.pem}\n  WORD:\n    command: [${JSON.stringify(process.execPath)}, -p, "'$HOME; a b'"]\n`);
    expect(await revealed(RUN, { repository })).toMatchObject({ KEY: 'one\ntwo', WORD: '$HOME; a b' });
  });

  it('of the repository go before those of the user', async () => {
    settings('secrets: {A: {env: ONE}}');
    settings('secrets: {A: {env: TWO}, B: {env: TWO}}', join(home, 'config', 'fleetwright'));
    expect(await revealed(RUN, { repository, env: { ONE: '1', TWO: '2' } })).toMatchObject({ A: '1', B: '2' });
  });

  it('are fetched by name where names are given', async () => {
    settings('secrets: {GOOD: {env: ONE}, BAD: {file: /no/such/file}}');
    expect(await revealed(RUN, { repository, env: { ONE: '1' }, names: ['good'] })).toEqual({ GOOD: '1' });
    await expect(loadSecrets(RUN, { repository, env: { ONE: '1' } })).rejects.toThrow(/the secret BAD is not to be had: \/no\/such\/file cannot be read \(ENOENT\)/);
  });

  it('have a GITHUB_TOKEN from the run or the settings alone', async () => {
    const env = { FLEETWRIGHT_SECRET_GITHUB_TOKEN: 'leaked', MINE: 'mine' };
    expect(await revealed(RUN, { env })).toEqual({ GITHUB_TOKEN: '' });
    settings('secrets: {github_token: {env: MINE}}');
    expect(await revealed(RUN, { env, repository })).toEqual({ GITHUB_TOKEN: 'mine' });
  });

  it('are in no error and no text', async () => {
    settings(`secrets:\n  A:\n    command: [sh, -c, 'echo hunter2; echo hunter2 >&2; exit 3']\n`);
    const error = await loadSecrets(RUN, { repository }).catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(PermanentError);
    expect(inspect(error)).toContain('its command, sh, ended with exit code 3');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
    writeRunSecrets(RUN, { given: { A: 'hunter2' }, environment: {} });
    expect(JSON.stringify([...await loadSecrets(RUN)]) + inspect(await loadSecrets(RUN), { depth: 9 })).not.toContain('hunter2');
  });

  it('stand in a file that its owner alone reads, and are gone with the run', () => {
    writeRunSecrets(RUN, { given: { A: 'x' }, environment: {} });
    seal(RUN, 'x');
    for (const path of [runSecretsPath(RUN), sealKeyPath(RUN)]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(runSecretsPath(RUN), '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(runSecretsPath(RUN), '..')).sort()).toEqual(['seal.key', 'secrets.json']);
    deleteRunSecrets(RUN);
    expect([runSecretsPath(RUN), sealKeyPath(RUN)].filter((path) => existsSync(path))).toEqual([]);
    deleteRunSecrets(RUN);
    expect(readRunSecrets(RUN)).toEqual({ given: {}, environment: {} });
  });

  it('of an earlier run under the same id are not taken over by one without any', () => {
    writeRunSecrets(RUN, { given: { A: 'x' }, environment: {} });
    writeRunSecrets(RUN, { given: {}, environment: {} });
    expect(existsSync(runSecretsPath(RUN))).toBe(false);
  });
});

describe('the settings file', () => {
  it.each([
    ['', 'is empty'],
    ['# only a comment\n', 'has only a comment'],
    ['secrets:\n', 'has no secrets'],
  ])('may be %j: it %s', (text) => {
    expect(parseSettings(text, 'f.yml').secrets.size).toBe(0);
  });

  it.each([
    ['secret: {}', 'f.yml:1:1: unknown key "secret": there are "secrets" and "environments"'],
    ['environments:\n  prod: {reviewers: []}', 'f.yml:2:10: reviewers of the environment prod is a list of names'],
    ['environments:\n  prod: {wait-timer: 31d}', 'f.yml:2:10: wait-timer of the environment prod is a whole number of minutes, 0 to 43200'],
    ['environments:\n  prod: {reviewer: ann}', 'f.yml:2:10: unknown key "reviewer" in the environment prod'],
    ['environments:\n  prod:\n  Prod:', 'f.yml:3:3: "Prod" is there twice'],
    ['- a', 'f.yml:1:1: the file must be a mapping'],
    ['secrets:\n  A:\n    env: X\n    file: y', 'f.yml:3:5: the secret A has more than one source: give one of env'],
    ['secrets:\n  A: X', 'f.yml:2:3: the secret A has no source'],
    ['secrets:\n  A: {env: ""}', 'f.yml:2:7: env of the secret A is the name of a variable'],
    ['secrets:\n  A: {vault: x}', 'f.yml:2:7: unknown key "vault" in the secret A'],
    ['secrets:\n  A: {command: "pass show x"}', 'f.yml:2:7: the command of the secret A is a list of words, as in [pass, show, a]'],
    ['secrets:\n  A: {command: []}', 'f.yml:2:7: the command of the secret A'],
    ['secrets:\n  GITHUB_X: {env: X}', 'f.yml:2:3: "GITHUB_X" is no name of a secret'],
    ['secrets:\n  a: {env: X}\n  A: {env: X}', 'f.yml:3:3: "A" is there twice'],
    ['secrets:\n  A: {env: X', 'f.yml:2:13: '],
    ['secrets: &a\n  B: *a\n', 'f.yml:2:3: the secret B has no source'],
  ])('is refused at the right place: %j', (text, message) => {
    const refused = (): unknown => parseSettings(text, 'f.yml');
    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(message);
  });

  it('names who approves for an environment, and how long it waits', () => {
    expect([...parseSettings('environments:\n  Production: {reviewers: [ann, bob], wait-timer: 30}\n  staging:\n  solo: {reviewers: ann}\n', 'f.yml').environments]).toEqual([
      ['production', { reviewers: ['ann', 'bob'], waitMinutes: 30 }], ['staging', { reviewers: [] }], ['solo', { reviewers: ['ann'] }],
    ]);
  });

  it('says every problem at once', () => {
    expect(() => parseSettings('secrets:\n  A: 1\n  1B: {env: X}\nmore: 1\n', 'f.yml')).toThrow(/f\.yml:2:3: [^\n]*\nf\.yml:3:3: [^\n]*\nf\.yml:4:1: /);
  });
});

describe('a sealed value', () => {
  it('is opened with the key of its run, each time another text, and shows nothing of itself', () => {
    const sealed = seal(RUN, 'p\u00e4ss\nword');
    expect(sealed).toMatch(/^fleetwright:sealed:v1:[A-Za-z0-9+/=]+$/);
    expect(seal(RUN, 'p\u00e4ss\nword')).not.toBe(sealed);
    expect(isSealed(sealed)).toBe(true);
    expect(unseal(RUN, sealed)).toBe('p\u00e4ss\nword');
    expect(unseal(RUN, 'not sealed')).toBe('not sealed');
  });

  it('is not opened for another run, when it was changed, or where the key is not', () => {
    const sealed = seal(RUN, 'x');
    seal('other/local#1' as RunId, 'y');
    expect(() => unseal('other/local#1' as RunId, sealed)).toThrow(/cannot be opened with the run's key/);
    expect(() => unseal(RUN, `${sealed.slice(0, -4)}AAAA`)).toThrow(PermanentError);
    expect(() => unseal(RUN, 'fleetwright:sealed:v1:')).toThrow(PermanentError);
    deleteRunSecrets(RUN);
    expect(() => unseal(RUN, sealed)).toThrow(/is not on this host/);
  });
});
