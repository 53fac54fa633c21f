// What the build is made from, as one hash: by content, so that neither a checkout nor a touched file means a new build.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['language', 'workflows', 'activities', 'infra', 'cli', 'docker-images', 'worker.ts', 'build.mjs', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** The sha256 of all sources of `dist/`, as hex. */
export function sourcesHash(root) {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((name) => filesUnder(root, name)).sort()) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path))).update('\0');
  }
  return hash.digest('hex');
}

/** The paths of the files at or under `path`, relative to `root`; none when there is nothing. */
export function filesUnder(root, path) {
  try {
    return readdirSync(join(root, path), { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? filesUnder(root, `${path}/${entry.name}`) : [`${path}/${entry.name}`]));
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
