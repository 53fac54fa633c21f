import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { stepLogPath } from '../../infra/logStore.js';
import { deleteWorkspace, noteCluster, workspaceFolder, workspacesOf } from '../../infra/script/workspaces.js';

const demo = parseClusterName('demo');
const run = parseRunId('check/demo#1');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetwright-workspaces-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('workspaces of runs', () => {
  it('are found by the cluster that their run worked for, whatever the run is called', async () => {
    const started = parseRunId('0198-started-in-the-ui');
    await noteCluster(run, demo);
    await noteCluster(run, demo);
    await noteCluster(started, demo);
    await noteCluster(parseRunId('check/blue#1'), 'blue');
    expect([...await workspacesOf(demo)].sort()).toEqual([started, run].sort());
  });

  it('are none where nothing has run', async () => {
    expect(await workspacesOf(demo)).toEqual([]);
  });

  it('go, and the logs of their run stay', async () => {
    await noteCluster(run, demo);
    const log = stepLogPath(run, 'look/1' as never);
    for (const path of [join(workspaceFolder(run), 'look', 'workspace'), join(log, '..')]) mkdirSync(path, { recursive: true });
    writeFileSync(log, 'it looked\n');
    await deleteWorkspace(run);
    expect([existsSync(workspaceFolder(run)), existsSync(log)]).toEqual([false, true]);
    expect(await workspacesOf(demo)).toEqual([]);
    await deleteWorkspace(run);
  });
});
