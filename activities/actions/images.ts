/** `build-images`, `publish-images` and `preload-images`: the way of an image from its folder to the machines. */
import { buildImages } from '../../infra/images/buildImages.js';
import { publishImages } from '../../infra/images/publishImages.js';
import { imageNames } from '../../infra/images/catalogue.js';
import { TransientError } from '../../infra/errors.js';
import { ensureClusterServices } from '../../infra/providers/local/services.js';
import { action, listInput, type Action } from '../action.js';
import { onMachines, openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';

export function buildImagesAction(deps: ActivityDependencies): Action {
  return action(async ({ with: values }, { signal, log }) => {
    const docker = await deps.docker({ onProgress: log.line, signal });
    const names = imageNames(listInput(values, 'images'));
    const built = await buildImages(docker, names, { noCache: values['no-cache'] === true, onProgress: log.line, signal });
    const rows = Object.values(built).map(({ image, hash, built: fresh }) => ({ IMAGE: image, HASH: hash, BUILT: fresh ? 'built' : 'unchanged' }));
    return { changed: rows.some(({ BUILT }) => BUILT === 'built'), outputs: { images: rows } };
  });
}

export function publishImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal, log } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const { registryHostPort } = await ensureClusterServices(cluster.docker, cluster.name, input.run, { signal });
    const names = imageNames(listInput(input.with, 'images'));
    const published = await publishImages(cluster.docker, names, registryHostPort, { cluster: cluster.name, run: input.run, onProgress: log.line, signal });
    return { changed: published.some(({ pushed }) => pushed) };
  });
}

/** A pull on a slow disk, all machines at once. */
const PULL_TIMEOUT_MS = 10 * 60_000;

export function preloadImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal, log } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const images = imageNames(listInput(input.with, 'images')).map((name) => `fleetwright/${name}`);
    const changed = await onMachines(cluster, attendance, async ({ servers, at }) => {
      const pulls = servers.map(async (server) => {
        const machine = await at(server);
        const results = [];
        for (const image of images) {
          const { exitCode, stdout, stderr } = await machine.exec(['docker', 'pull', image], { timeoutMs: PULL_TIMEOUT_MS, signal });
          if (exitCode !== 0) throw new TransientError(`${server.name} could not pull ${image}: ${stderr.trim()}`);
          results.push(/Downloaded newer image/.test(stdout));
          log.line(`${server.name}: ${image} ${results.at(-1) ? 'pulled' : 'was there'}`);
        }
        return results.includes(true);
      });
      return (await Promise.all(pulls)).includes(true);
    });
    return { changed };
  });
}
