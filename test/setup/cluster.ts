/** What the tests on a real cluster need beside the images: the built product. After them, nothing of theirs is left. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { ensureEngine } from '../../infra/docker/engine.js';
import { packagePath, stateDir } from '../../infra/paths.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { parseClusterName } from '../../language/ids.js';

export async function setup(): Promise<() => Promise<void>> {
  fleetwrightTool('tools/ensure-install.mjs');
  const docker = await ensureEngine();
  return async () => {
    for (const name of leftClusters()) await localProvider(docker).deleteCluster(parseClusterName(name));
    fleetwrightTool('bin/fleetwright.js', 'stop');
  };
}

/** The clusters that tests made and did not take down: the state folder is the tests' own. */
function leftClusters(): readonly string[] {
  return existsSync(stateDir('clusters')) ? readdirSync(stateDir('clusters')) : [];
}

function fleetwrightTool(...argv: readonly string[]): void {
  const [script = '', ...rest] = argv;
  execFileSync(process.execPath, [packagePath(script), ...rest], { stdio: ['ignore', 'inherit', 'inherit'] });
}
