/** Builds the images on the engine as the product does; what they hold stays there for the next time. */
import { ensureEngine } from '../../infra/docker/engine.js';
import { buildImages } from '../../infra/images/buildImages.js';
import { IMAGE_NAMES } from '../../infra/images/catalogue.js';
import { told } from './told.js';

export async function setup(): Promise<void> {
  const docker = await ensureEngine();
  await told('Building the images (two or three minutes the first time, nothing when they are there)', (onProgress) =>
    buildImages(docker, IMAGE_NAMES, { onProgress: quietly(onProgress) }));
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
