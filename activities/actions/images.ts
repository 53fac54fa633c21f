/** `build-images`, `publish-images` and `preload-images`: the way of an image from its folder to the machines. */
import { type ImageName, imageNames } from '../../infra/images/catalogue.js';
import type { Transport } from '../../infra/transport.js';
import { action, listInput, type Action } from '../action.js';
import { BOOT_PATIENCE_MS, onMachines, openCluster, siteCall } from '../cluster.js';
import type { ActivityDependencies } from '../dependencies.js';
import { loadImages } from '../machineImages.js';

export function buildImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { site } = await openCluster(deps, input, attendance);
    const built = await site.images.build(imageNames(listInput(input.with, 'images')), input.with['no-cache'] === true, siteCall(input, attendance));
    const rows = built.map(({ image, hash, built: fresh }) => ({ IMAGE: image, HASH: hash, BUILT: fresh ? 'built' : 'unchanged' }));
    return { changed: rows.some(({ BUILT }) => BUILT === 'built'), outputs: { images: rows } };
  });
}

export function publishImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const { site } = await openCluster(deps, input, attendance);
    const published = await site.images.publish(imageNames(listInput(input.with, 'images')), siteCall(input, attendance));
    return { changed: published.some(({ pushed }) => pushed) };
  });
}

export function preloadImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const call = siteCall(input, attendance);
    const images = await cluster.site.images.published(imageNames(listInput(input.with, 'images')), call);
    const { share, fetch } = cluster.site.images;
    const request = { images, share: () => share(images, call), ...(fetch ? { fetch: (machine: Transport, name: ImageName) => fetch(machine, name, call) } : {}) };
    const changed = await onMachines(cluster, attendance, (machines) => loadImages(machines, request, attendance), { patienceMs: BOOT_PATIENCE_MS });
    return { changed };
  });
}
