import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../infra/paths.js';
import { dataConverter } from '../../infra/temporal/payloads.js';
import { workflowBundle } from '../workflowBundle.js';

const FOLDER = packagePath('test', 'replay', 'histories');
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: { core: 'OFF' as 'ERROR' } } } });

const bundle = workflowBundle();

interface HistoryJson {
  events: {
    workflowExecutionStartedEventAttributes?: { workflowId: string };
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

function read(name: string): HistoryJson {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as HistoryJson;
}

/** Paths of the recorded histories in their folder: of small plans, and of real deployments (a folder each). */
function recorded(): readonly string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json')).sort();
}

async function replay(history: HistoryJson): Promise<void> {
  const id = history.events[0]!.workflowExecutionStartedEventAttributes!.workflowId;
  await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter: dataConverter() }, historyFromJSON(history), id);
}

describe('the histories of every release', () => {
  it.each(recorded())('%s replays', async (name) => {
    await replay(read(name));
  });

  it('do not replay when the order of commands is another', async () => {
    const name = recorded().find((file) => file.startsWith('undo-'))!;
    const changed = read(name);
    const scheduled = changed.events.filter((event) => event.activityTaskScheduledEventAttributes);
    expect(scheduled.length).toBeGreaterThan(1);
    const [first, second] = scheduled.map((event) => event.activityTaskScheduledEventAttributes!.activityType);
    scheduled[0]!.activityTaskScheduledEventAttributes!.activityType = second!;
    scheduled[1]!.activityTaskScheduledEventAttributes!.activityType = first!;
    await expect(replay(changed)).rejects.toThrow(DeterminismViolationError);
  });
});
