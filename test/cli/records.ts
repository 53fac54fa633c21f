/** Records for the tests of what renders them. */
import type { JobRecord, ProgressRecord, StepRecord, UndoRecord } from '../../language/record.js';

export const START = Date.UTC(2030, 0, 2, 10, 0, 0);

/** A step; times are seconds after the start of the run. */
export function step(address: string, name: string, at: Partial<Omit<StepRecord, 'startedAt' | 'endedAt'>> & { from?: number; to?: number } = {}): StepRecord {
  const { from, to, ...rest } = at;
  return {
    address: address as StepRecord['address'], name, outputs: {},
    status: to !== undefined ? 'completed' : from !== undefined ? 'in_progress' : 'queued',
    ...(to === undefined ? {} : { outcome: 'success', conclusion: 'success', endedAt: START + to * 1000 }),
    ...(from === undefined ? {} : { startedAt: START + from * 1000 }),
    ...rest,
  };
}

export function job(key: string, name: string, steps: readonly StepRecord[], at: Partial<Omit<JobRecord, 'startedAt' | 'endedAt'>> & { from?: number; to?: number } = {}): JobRecord {
  const { from, to, ...rest } = at;
  return {
    key, id: key as JobRecord['id'], name, steps, outputs: {},
    status: to !== undefined ? 'completed' : from !== undefined ? 'in_progress' : 'queued',
    ...(to === undefined ? {} : { conclusion: 'success', result: 'success', endedAt: START + to * 1000 }),
    ...(from === undefined ? {} : { startedAt: START + from * 1000 }),
    ...rest,
  };
}

export function undo(address: string, name: string, rest: Partial<UndoRecord> = {}): UndoRecord {
  return { job: address.split('/')[0] ?? '', address: address as UndoRecord['address'], name, activity: 'delete-servers', with: {}, status: 'queued', left: [], ...rest };
}

export function record(rest: Partial<ProgressRecord> = {}): ProgressRecord {
  return {
    run: 'deploy/demo#7' as ProgressRecord['run'], file: 'deploy.yml', attempt: 1, inputs: { cluster: 'demo' },
    status: 'in_progress', undone: false, jobs: [], undos: [], startedAt: START, ...rest,
  };
}

/** Half way: one job done, one at work, one waiting. */
export const halfWay = record({
  jobs: [
    job('prepare', 'Prepare the services', [
      step('prepare/1', 'Check this host', { from: 0, to: 0.4 }),
      step('prepare/discovery', 'Create the discovery URL', { from: 0.4, to: 12 }),
    ], { from: 0, to: 12 }),
    job('boot', 'Boot the machines', [
      step('boot/1', 'Boot the servers', { from: 12, to: 15.2 }),
      step('boot/2', 'Wait for the cluster', { from: 15.2 }),
      step('boot/3', 'Submit the unit files'),
    ], { from: 12 }),
    job('services', 'Start the services', []),
  ],
});

/** A step failed and what was made is undone, but for a volume. */
export const failedAndUndone = record({
  status: 'completed', conclusion: 'failure', undone: true, endedAt: START + 90_000, error: 'job boot failed',
  jobs: [
    job('boot', 'Boot the machines', [
      step('boot/1', 'Boot the servers', { from: 0, to: 5 }),
      step('boot/2', 'Wait for the cluster', { from: 5, to: 65, outcome: 'failure', conclusion: 'failure', error: 'core03 does not answer\nconnect ECONNREFUSED\n\nlooked 12 times\nfor a minute' }),
      step('boot/3', 'Submit the unit files', { from: 65, to: 65, outcome: 'skipped', conclusion: 'skipped' }),
    ], { from: 0, to: 65, conclusion: 'failure', result: 'failure' }),
    job('services', 'Start the services', [], { to: 65, conclusion: 'skipped', result: 'skipped' }),
  ],
  undos: [
    undo('boot/0', 'Start the registry', { status: 'completed', conclusion: 'failure', left: ['volume registry: in use'] }),
    undo('boot/1', 'Boot the servers', { status: 'completed', conclusion: 'success' }),
  ],
});
