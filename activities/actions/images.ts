/** `build-images`, `publish-images` and `preload-images`: the way of an image from its folder to the machines. */
import { buildImages } from '../../infra/images/buildImages.js';
import { imageNames } from '../../infra/images/catalogue.js';
import { publishedImages, publishImages } from '../../infra/images/publishImages.js';
import { ensureClusterServices } from '../../infra/providers/local/services.js';
import { action, listInput, type Action } from '../action.js';
import { BOOT_PATIENCE_MS, onMachines, openCluster } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { loadImages } from '../machineImages.js';

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

export function preloadImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { signal } = attendance;
    const cluster = await openCluster(deps, input, attendance);
    const names = imageNames(listInput(input.with, 'images'));
    const services = await ensureClusterServices(cluster.docker, cluster.name, input.run, { signal });
    const images = await publishedImages(services.registryHostPort, names, signal);
    const request = { cluster, run: input.run, names, images, registryAddress: services.address };
    const changed = await onMachines(cluster, attendance, (machines) => loadImages(machines, request, attendance), { patienceMs: BOOT_PATIENCE_MS });
    return { changed };
  });
}
