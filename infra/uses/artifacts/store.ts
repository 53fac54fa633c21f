/** The artifacts of runs, in the log store's folder: one folder each, with an archive and what is known of it. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunId, type RunId } from '../../../language/ids.js';
import { InvalidInputError } from '../../errors.js';
import { withLock } from '../../lock.js';
import { stateDir } from '../../paths.js';
import { folderName } from '../../script/folders.js';

export interface Artifact {
  readonly name: string;
  /** Counts up in its run. */
  readonly id: number;
  /** SHA-256 of the archive. */
  readonly digest: string;
  /** Bytes of the archive. */
  readonly size: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The step that made it: made again, it takes the place of the first. */
  readonly step: string;
  /** It is one file, and no archive to those who made it (`archive: false`). */
  readonly plain?: true;
}

const ARCHIVE = 'files.tar.gz';
const ABOUT = 'artifact.json';

/** A run by the id that an input gives. @throws InvalidInputError */
export function runOfInput(id: string): RunId {
  try {
    if (id !== '.' && id !== '..') return parseRunId(id);
  } catch {
    // It is said below.
  }
  throw new InvalidInputError(`the input "run-id" is ${JSON.stringify(id)}, which names no run`, 'Give a run as fleetwright runs lists it.');
}

/** By id. Drafts and what a kill left are not there. */
export function listArtifacts(run: RunId): readonly Artifact[] {
  const folder = artifactsFolder(run);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    const artifact = name.startsWith('.') ? undefined : read(join(folder, name));
    return artifact ? [artifact] : [];
  }).sort((a, b) => a.id - b.id);
}

export function artifactArchive(run: RunId, { name }: Pick<Artifact, 'name'>): string {
  return join(artifactsFolder(run), folderName(name), ARCHIVE);
}

/**
 * Keeps what `write` puts into a new file under the name.
 * @param overwrite takes the place of one of that name
 * @throws InvalidInputError when another step has made one of that name; what `write` throws
 */
export async function keepArtifact(
  run: RunId, about: Pick<Artifact, 'name' | 'step' | 'plain'> & { readonly overwrite: boolean }, write: (file: string) => Promise<Pick<Artifact, 'digest' | 'size'>>,
  signal: AbortSignal | undefined,
): Promise<Artifact> {
  const folder = artifactsFolder(run);
  const draft = join(folder, `.draft-${randomUUID()}`);
  refuseTaken(run, about);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    const written = await write(join(draft, ARCHIVE));
    return await withLock(join(folder, '.lock'), async () => {
      refuseTaken(run, about);
      const id = 1 + Math.max(0, ...listArtifacts(run).map((artifact) => artifact.id));
      const artifact: Artifact = { name: about.name, id, ...written, createdAt: new Date().toISOString(), step: about.step, ...(about.plain ? { plain: true } : {}) };
      writeFileSync(join(draft, ABOUT), JSON.stringify(artifact), { mode: 0o600 });
      const place = join(folder, folderName(about.name));
      if (existsSync(place)) renameSync(place, join(draft, 'before'));
      renameSync(draft, place);
      rmSync(join(place, 'before'), { recursive: true, force: true });
      return artifact;
    }, { signal });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What is not there is gone. */
export function removeArtifact(run: RunId, { name }: Pick<Artifact, 'name'>): void {
  rmSync(join(artifactsFolder(run), folderName(name)), { recursive: true, force: true });
}

function refuseTaken(run: RunId, { name, step, overwrite }: Parameters<typeof keepArtifact>[1]): void {
  const taken = read(join(artifactsFolder(run), folderName(name)));
  if (!taken || overwrite || taken.step === step) return;
  throw new InvalidInputError(`an artifact named ${JSON.stringify(name)} already exists in this run: ${taken.step} made it`, 'Give it another name, or write overwrite: true.');
}

function read(folder: string): Artifact | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, ABOUT), 'utf8')) as Artifact;
  } catch {
    return undefined;
  }
}

function artifactsFolder(run: RunId): string {
  return stateDir('runs', encodeURIComponent(run), 'artifacts');
}
