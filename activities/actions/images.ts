/** `build-images`, `publish-images` and `preload-images`: the way of an image from its folder to the machines. */
import { buildImages } from '../../infra/images/buildImages.js';
import { publishImages } from '../../infra/images/publishImages.js';
import { imageNames, repository } from '../../infra/images/catalogue.js';
import { TransientError } from '../../infra/errors.js';
import { ensureClusterServices } from '../../infra/providers/local/services.js';
import type { Transport } from '../../infra/transport.js';
import { waitFor } from '../../infra/wait.js';
import { action, listInput, type Action } from '../action.js';
import type { Attendance } from '../attend.js';
import { BOOT_PATIENCE_MS, onMachines, openCluster, type Machines } from '../cluster.js';
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
/** Between two tries while a machine's Docker engine still starts. */
const RETRY_MS = 500;

export function preloadImagesAction(deps: ActivityDependencies): Action {
  return action(async (input, attendance) => {
    const cluster = await openCluster(deps, input, attendance);
    const images = imageNames(listInput(input.with, 'images')).map(repository);
    const pullAll = async ({ servers, at }: Machines): Promise<boolean> => {
      const pulls = servers.map(async (server) => {
        const machine = await at(server);
        let changed = false;
        for (const image of images) changed = (await pull(machine, server.name, image, attendance)) || changed;
        return changed;
      });
      return (await Promise.all(pulls)).includes(true);
    };
    return { changed: await onMachines(cluster, attendance, pullAll, { patienceMs: BOOT_PATIENCE_MS }) };
  });
}

/** @returns whether the machine did not have the registry's image yet */
async function pull(machine: Transport, name: string, image: string, { signal, log }: Attendance): Promise<boolean> {
  let problem = '';
  const pulled = await waitFor(
    async () => {
      const { exitCode, stdout, stderr } = await machine.exec(['docker', 'pull', image], { timeoutMs: PULL_TIMEOUT_MS, signal });
      problem = stderr.trim();
      return exitCode === 0 ? { fresh: /Downloaded newer image/.test(stdout) } : undefined;
    },
    { timeoutMs: BOOT_PATIENCE_MS, intervalMs: RETRY_MS, signal },
  );
  if (!pulled) throw new TransientError(`${name} could not pull ${image}: ${problem}`);
  log.line(`${name}: ${image} ${pulled.fresh ? 'pulled' : 'was there'}`);
  return pulled.fresh;
}
