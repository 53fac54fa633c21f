import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { secretsAgain } from '../../../cli/values/secrets.js';
import { forgetClosedRuns, type Standing } from '../../../infra/secrets/forgetClosed.js';
import { loadSecrets } from '../../../infra/secrets/load.js';
import { forgetRunSecrets, readRunSecrets, runSecretsPath, sealKeyPath, writeRunSecrets } from '../../../infra/secrets/runSecrets.js';
import { seal, unseal } from '../../../infra/secrets/sealer.js';
import type { RunId } from '../../../language/ids.js';

const run = (number: number): RunId => `ci/local#${number}` as RunId;
const HOUR_MS = 60 * 60_000;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fleetwright-forget-'));
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

describe('the secrets of a run that is closed', () => {
  beforeEach(() => writeRunSecrets(run(1), { given: { TOKEN: 'hunter2' }, environment: { OTHER: 'hunter3' }, repository: home }));

  it('are gone but for the names of those that it was given, and what is sealed can be opened', () => {
    const sealed = seal(run(1), 'value');
    forgetRunSecrets(run(1));
    expect(readFileSync(runSecretsPath(run(1)), 'utf8')).toBe(JSON.stringify({ given: {}, environment: {}, gone: ['TOKEN'], repository: home }));
    expect(unseal(run(1), sealed)).toBe('value');
    forgetRunSecrets(run(1));
    expect(readRunSecrets(run(1)).gone).toEqual(['TOKEN']);
  });

  it('are an error that says how they come back, not empty', async () => {
    forgetRunSecrets(run(1));
    await expect(loadSecrets(run(1), { env: {} })).rejects.toThrow("the secret TOKEN went when the run was closed\n  Give it again: fleetwright resume 'ci/local#1' -s TOKEN");
    expect((await loadSecrets(run(1), { env: { FLEETWRIGHT_SECRET_TOKEN: 'hunter4' } })).get('TOKEN')?.reveal()).toBe('hunter4');
  });

  it('are given again by a resume, or asked for; others are kept as they were', async () => {
    forgetRunSecrets(run(1));
    await expect(secretsAgain(run(1), {}, {}, {})).rejects.toThrow('ci/local#1 was given TOKEN, which went when it was closed\n  Give them again: -s TOKEN');
    const again = { environment: {}, repository: home };
    expect(await secretsAgain(run(1), { secret: ['TOKEN=new', 'MORE=1'] }, {}, {})).toEqual({ given: { TOKEN: 'new', MORE: '1' }, ...again });
    expect(await secretsAgain(run(1), {}, { askHidden: async (question) => `answer to ${question}` }, {})).toEqual({ given: { TOKEN: 'answer to TOKEN: ' }, ...again });
    expect(await secretsAgain(run(1), {}, {}, { FLEETWRIGHT_SECRET_TOKEN: 'env' })).toEqual({ given: {}, environment: { TOKEN: 'env' }, repository: home });
  });
});

describe('a worker', () => {
  const standings: Record<string, Standing> = {
    [run(1)]: { kind: 'open' }, [run(2)]: { kind: 'closed', at: Date.now() + HOUR_MS, final: false }, [run(3)]: { kind: 'closed', at: Date.now() + HOUR_MS, final: true },
    [run(4)]: { kind: 'closed', at: 1, final: false }, [run(5)]: { kind: 'absent' }, [run(6)]: { kind: 'absent' },
  };

  it('takes them from its host when their run is closed, whoever watched it, and not while the next attempt begins', async () => {
    for (const number of [1, 2, 3, 4, 5, 6, 7]) {
      writeRunSecrets(run(number), { given: { TOKEN: 'hunter2' }, environment: {} });
      seal(run(number), 'x');
    }
    const old = Date.now() / 1000 - 7200;
    utimesSync(runSecretsPath(run(6)), old, old);
    await forgetClosedRuns(async (id) => standings[id] ?? Promise.reject(new Error('the server does not answer')));
    const kept = [1, 2, 3, 4, 5, 6, 7].map((number) => [number, readRunSecrets(run(number)).given['TOKEN'] !== undefined, existsSync(sealKeyPath(run(number)))]);
    expect(kept).toEqual([[1, true, true], [2, false, true], [3, false, false], [4, true, true], [5, true, true], [6, false, false], [7, true, true]]);
  });
});
