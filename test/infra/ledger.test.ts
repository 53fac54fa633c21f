import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { ledgerPath, readLedger, recordEffect } from '../../infra/ledger.js';

const state = mkdtempSync(join(tmpdir(), 'fleetwright-test-'));
const demo = parseClusterName('demo');
const run = parseRunId('deploy/demo#1');

describe('the ledger', () => {
  beforeAll(() => {
    process.env['XDG_STATE_HOME'] = state;
  });
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it('is empty before anything has happened', () => expect(readLedger()).toEqual([]));

  it('keeps effects in order, by cluster, and skips a line that was cut short', () => {
    recordEffect({ effect: 'create-network', cluster: demo, key: 'fleetwright-demo', run });
    recordEffect({ effect: 'create-server', cluster: parseClusterName('other'), key: 'core01', run });
    appendFileSync(ledgerPath(), '{"effect":"create-ser\n');
    recordEffect({ effect: 'delete-server', cluster: demo, key: 'core01' });
    expect(readLedger(demo).map(({ effect, key }) => [effect, key])).toEqual([['create-network', 'fleetwright-demo'], ['delete-server', 'core01']]);
    expect(readLedger()).toHaveLength(3);
    expect(readLedger()[0]).toMatchObject({ run, at: expect.stringMatching(/Z$/) });
  });

  it('never fails what it reports on', () => {
    const file = join(state, 'file');
    writeFileSync(file, '');
    process.env['XDG_STATE_HOME'] = file;
    expect(() => recordEffect({ effect: 'create-server', cluster: demo, key: 'core01' })).not.toThrow();
    process.env['XDG_STATE_HOME'] = state;
  });
});
