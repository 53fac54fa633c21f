import { describe, expect, it } from 'vitest';
import type { RunEnd } from '../../cli/runs/outcome.js';
import { exitCodeOfEnd } from '../../cli/runs/outcome.js';
import { reportEnd, reportJson, runUrl } from '../../cli/report.js';
import { formatTable, tablesOf, thingsOf } from '../../cli/tables.js';
import { failedAndUndone, job, record, step, undo } from './records.js';

const done = record({
  status: 'completed', conclusion: 'success',
  jobs: [
    job('boot', 'Boot', [step('boot/1', 'Boot', { from: 0, to: 1, outputs: { machines: JSON.stringify([{ machine: 'core01', ip: '10.210.7.11', metadata: '' }, { machine: 'core02', ip: '10.210.7.12', metadata: 'db=1' }]) } })], { from: 0, to: 1 }),
    job('web', 'Web', [
      step('web/1', 'Old look', { from: 1, to: 2, outputs: { units: '[{"unit":"old"}]' } }),
      step('web/2', 'Look', { from: 2, to: 3, outputs: { units: '[{"unit":"db.service","machine":"core02","active":"active","sub":"running"}]', endpoints: 'not json', other: '[]' } }),
    ], { from: 1, to: 3 }),
  ],
});
const end = (rest: Partial<RunEnd> = {}): RunEnd => ({ id: 'deploy/demo#7', status: 'COMPLETED', record: done, ...rest });
const failed = record({ status: 'completed', conclusion: 'failure', jobs: failedAndUndone.jobs, undos: [undo('boot/1', 'Boot')] });

describe('tables', () => {
  it('align columns under capital headings and show a dash for nothing', () => {
    expect(formatTable([{ machine: 'core01', ip: '10.0.0.1', metadata: '' }, { machine: 'x', ip: null, healthy: true }])).toEqual([
      'MACHINE  IP        METADATA  HEALTHY',
      'core01   10.0.0.1  -         -',
      'x        -         -         true',
    ]);
  });

  it('come from the steps outputs in the order of the post, the latest of a name, what is no table left out', () => {
    expect(tablesOf(done)).toEqual([
      { name: 'machines', title: 'Machines', rows: [{ machine: 'core01', ip: '10.210.7.11', metadata: '' }, { machine: 'core02', ip: '10.210.7.12', metadata: 'db=1' }] },
      { name: 'units', title: 'Units', rows: [{ unit: 'db.service', machine: 'core02', active: 'active', sub: 'running' }] },
    ]);
  });

  it('let no escape sequence of a cell reach the terminal', () => {
    expect(formatTable([{ unit: '\x1b[2Jdb\n' }])).toEqual(['UNIT', 'db']);
  });
});

describe('the exit code of an end', () => {
  it.each([
    ['done', end(), 0],
    ['failed and kept', end({ status: 'FAILED', record: failed }), 1],
    ['invalid', { id: 'x', status: 'FAILED', failure: { type: 'InvalidRun', message: 'bad', details: [] } }, 3],
    ['failed and undone', end({ status: 'FAILED', record: { ...failed, undone: true } }), 5],
    ['failed and undone, something left', end({ status: 'FAILED', record: failedAndUndone }), 6],
    ['a teardown that left something', end({ record: record({ conclusion: 'success', jobs: [job('a', 'A', [step('a/1', 'A', { from: 0, to: 1, outputs: { left: '["volume x: busy"]' } })])] }) }), 6],
    ['cancelled and undone', end({ status: 'CANCELLED', record: { ...failed, conclusion: 'cancelled', undone: true } }), 130],
    ['terminated before a record', { id: 'x', status: 'TERMINATED' }, 1],
  ] as const)('%s', (_, ended, code) => {
    expect(exitCodeOfEnd(ended)).toBe(code);
  });
});

describe('the report', () => {
  const url = 'http://127.0.0.1:8233/namespaces/default/workflows/deploy%2Fdemo%237';

  it('of a run that is done: its tables as data, then the link and the next commands', () => {
    expect(runUrl('http://127.0.0.1:8233/', 'default', 'deploy/demo#7')).toBe(url);
    const { data, notes } = reportEnd(end(), { url });
    expect(data).toEqual(['Machines:', 'MACHINE  IP           METADATA', 'core01   10.210.7.11  -', 'core02   10.210.7.12  db=1', '', 'Units:', 'UNIT        MACHINE  ACTIVE  SUB', 'db.service  core02   active  running', '']);
    expect(notes).toEqual([`Temporal UI: ${url}`, '', 'Next: fleetwright status', '      fleetwright down']);
  });

  it.each([
    ['nothing was changed', ['false', 'false'], { machines: '[{"machine":"core01"}]' }, 'The cluster demo was up already: nothing was changed.'],
    ['something was changed', ['false', 'true'], { machines: '[{"machine":"core01"}]' }, 'The cluster demo is up: 1 of 2 steps changed something.'],
    ['no cluster was looked at', ['false', 'false'], {}, 'Nothing was changed.'],
    ['a script ran, of which nobody knows', ['false', undefined], {}, undefined],
    ['a script ran beside something that was changed', ['true', undefined], {}, '1 of 2 steps changed something.'],
    ['it was a teardown', ['true', 'true'], { removed: '[]' }, undefined],
  ] as const)('of a run that is done says so when %s', (_, changed, outputs, sentence) => {
    const steps = changed.map((value, at) => step(`a/${at}`, 'A', { from: 0, to: 1, outputs: { ...(value === undefined ? {} : { changed: value }), ...(at === 0 ? outputs : {}) } }));
    const ended = end({ record: record({ status: 'completed', conclusion: 'success', jobs: [job('a', 'A', steps, { from: 0, to: 1 })] }) });
    expect(reportEnd(ended, {}).notes.filter((line) => /changed/.test(line))).toEqual(sentence === undefined ? [] : [sentence]);
    expect((JSON.parse(reportJson(ended, {})) as { changed: string[] }).changed).toEqual(changed.flatMap((value, at) => (value === 'true' ? [`a/${at}`] : [])));
  });

  it('of a failed run has the last lines that the step printed, but for those that its error quotes', () => {
    const { notes } = reportEnd(end({ status: 'FAILED', record: failed }), { tail: (job, address) => [`${job} ${address} \x1b[2Jprinted this`, 'looked 12 times'] });
    expect(notes.slice(4, 7)).toEqual(['  for a minute', '  It printed last:', '  | boot boot/2 printed this']);
  });

  it('of a failed run that is kept: the step, its error and how to go on', () => {
    expect(reportEnd(end({ status: 'FAILED', record: failed }), {}).notes).toEqual([
      'boot/2 failed: Wait for the cluster', '  core03 does not answer', '  connect ECONNREFUSED', '  looked 12 times', '  for a minute',
      "All that it printed: fleetwright logs 'deploy/demo#7' --failed", "The run as a page:   fleetwright report 'deploy/demo#7'", "Go on at the failed step: fleetwright resume 'deploy/demo#7'", "Or undo what it made:     fleetwright undo 'deploy/demo#7'", 'Or remove what is there:  fleetwright down',
    ]);
  });

  it('of an undone run: what was left behind', () => {
    const { notes } = reportEnd(end({ status: 'FAILED', record: failedAndUndone }), {});
    expect(notes).toContain('  volume registry: in use');
    expect(notes.join('\n')).not.toContain('resume');
  });

  it('of an undone run shows no tables: what they tell of is gone', () => {
    const gone = end({ status: 'FAILED', record: record({ ...done, conclusion: 'failure', undone: true }) });
    expect(reportEnd(gone, {}).data).toEqual([]);
    expect(JSON.parse(reportJson(gone, {}))).not.toHaveProperty('machines');
  });

  it('of an invalid run: its diagnostics', () => {
    const { notes } = reportEnd({ id: 'deploy/x#1', status: 'FAILED', failure: { type: 'InvalidRun', message: 'invalid', details: ['deploy.yml:3:1: unknown key'] } }, {});
    expect(notes[0]).toBe('deploy.yml:3:1: unknown key');
  });

  it('as JSON holds every table under its name', () => {
    expect(JSON.parse(reportJson(end(), { url }))).toMatchObject({ run: 'deploy/demo#7', conclusion: 'success', exitCode: 0, url, left: [], units: [{ unit: 'db.service' }] });
    expect(thingsOf(failedAndUndone, 'left')).toEqual(['volume registry: in use']);
  });
});
