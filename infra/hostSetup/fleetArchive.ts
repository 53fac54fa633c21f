/** fleet's two programs as one archive with its checksum: from this user's cache, made by the build of the images, or from a URL. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type Docker from 'dockerode';
import { extract, pack } from 'tar-stream';
import { engineCall } from '../docker/engineCall.js';
import { InvalidInputError } from '../errors.js';
import { buildImages, type BuildOptions } from '../images/buildImages.js';
import { recipe, repository } from '../images/catalogue.js';
import { readContext } from '../images/context.js';
import { Hashes } from '../images/hashes.js';
import { cacheDir } from '../paths.js';

/** A gzipped tar with `fleetd` and `fleetctl` at its top. */
export type FleetArchive = { readonly sha256: string } & ({ readonly content: Buffer } | { readonly url: string });

const PROGRAMS = ['fleetd', 'fleetctl'] as const;

/** `URL#sha256=HEX`, as the input `fleet-url` has it. @throws InvalidInputError */
export function fleetFromUrl(text: string): FleetArchive {
  const parts = /^(https?:\/\/[^\s#]+)#sha256=([0-9a-f]{64})$/.exec(text);
  if (parts?.[1] && parts[2]) return { url: parts[1], sha256: parts[2] };
  throw new InvalidInputError('fleet-url is not a URL with a checksum', 'Write https://HOST/fleet.tar.gz#sha256=HEX: a gzipped tar with fleetd and fleetctl, and the 64 digits that sha256sum says of it.');
}

/** The archive of this version in the cache; undefined when it is not there or not whole. */
export async function cachedFleet(): Promise<FleetArchive | undefined> {
  const path = await archivePath();
  const [content, sum] = await Promise.all([path, `${path}.sha256`].map((file) => readFile(file).catch(() => undefined)));
  if (!content || !sum || checksum(content) !== sum.toString().trim()) return undefined;
  return { content, sha256: checksum(content) };
}

/** The archive from an engine's image, which is built where it is missing; it is in the cache afterwards. @throws as `buildImages` */
export async function buildFleet(docker: Docker, options: Pick<BuildOptions, 'onProgress' | 'signal'>): Promise<FleetArchive> {
  await buildImages(docker, ['fleet'], options);
  const content = await archiveOf(await programsOf(docker, options.signal));
  const path = await archivePath();
  await mkdir(cacheDir('fleet'), { recursive: true });
  for (const [file, data] of [[path, content], [`${path}.sha256`, `${checksum(content)}\n`]] as const) {
    await writeFile(`${file}.${process.pid}`, data, { mode: 0o644 });
    await rename(`${file}.${process.pid}`, file);
  }
  return { content, sha256: checksum(content) };
}

/** Named by what fleet is made from: its modules with their checksums, the compiler's image, our script. */
async function archivePath(): Promise<string> {
  const hash = await new Hashes({ recipe, read: (name) => readContext(name) }).hash('fleet');
  return cacheDir('fleet', `${hash.slice(0, 12)}.tar.gz`);
}

async function programsOf(docker: Docker, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Buffer>> {
  const container = await engineCall("look into fleet's image", (abortSignal) => docker.createContainer({ Image: `${repository('fleet')}:latest`, Cmd: ['-'], abortSignal }), { signal });
  try {
    const stream = await engineCall("take fleet's programs", (abortSignal) => container.getArchive({ path: '/usr/bin', abortSignal }), { signal, timeoutMs: 120_000 });
    return await read(await buffer(stream));
  } finally {
    await container.remove({ force: true }).catch(() => undefined);
  }
}

async function read(tar: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const parser = extract();
  parser.end(tar);
  for await (const entry of parser) {
    const content = await buffer(entry);
    const name = entry.header.name.split('/').at(-1) ?? '';
    if ((PROGRAMS as readonly string[]).includes(name)) found.set(name, content);
  }
  return found;
}

/** The same bytes for the same programs. */
async function archiveOf(programs: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const name of PROGRAMS) archive.entry({ name, mode: 0o755, mtime: new Date(0), uid: 0, gid: 0 }, programs.get(name) ?? Buffer.alloc(0));
  archive.finalize();
  return gzipSync(await buffer(archive), { level: 6 });
}

function checksum(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
