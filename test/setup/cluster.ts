/** What the tests on a real cluster need: the built product and its images. After them, nothing of theirs is left. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { ensureEngine } from '../../infra/docker/engine.js';
import { buildImages } from '../../infra/images/buildImages.js';
import { IMAGE_NAMES } from '../../infra/images/catalogue.js';
import { packagePath, stateDir } from '../../infra/paths.js';
import { localProvider } from '../../infra/providers/local/provider.js';
import { parseClusterName } from '../../language/ids.js';
import { told } from './told.js';

export async function setup(): Promise<() => Promise<void>> {
  fleetwrightTool('tools/ensure-install.mjs');
  const docker = await ensureEngine();
  await told('Building the images (about ten minutes the first time, nothing when they are there)', (onProgress) =>
    buildImages(docker, IMAGE_NAMES, { onProgress: quietly(onProgress) }));
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

/** An image's first line and its build steps, not all that apt says. */
function quietly(onProgress: (line: string) => void): (line: string) => void {
  const begun = new Set<string>();
  return (line) => {
    const name = line.slice(0, line.indexOf(':'));
    if (!begun.has(name) || /^\S+: Step /.test(line)) onProgress(line);
    begun.add(name);
  };
}
