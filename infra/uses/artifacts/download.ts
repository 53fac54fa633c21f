/** `actions/download-artifact`: artifacts of this run, or of another one, into the workspace. */
import { posix } from 'node:path';
import { Minimatch } from 'minimatch';
import type { RunId } from '../../../language/ids.js';
import { InvalidInputError } from '../../errors.js';
import { readArchive } from '../archive.js';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import { builtInMetadata, flag } from '../inputs.js';
import { type Artifact, artifactArchive, listArtifacts, runOfInput } from './store.js';

export const downloadArtifact: BuiltInAction = {
  action: builtInMetadata('Download a Build Artifact', {
    name: '', 'artifact-ids': '', path: '', pattern: '', 'merge-multiple': 'false', 'github-token': '', repository: '${{ github.repository }}', 'run-id': '${{ github.run_id }}',
    'skip-decompress': 'false', 'digest-mismatch': 'error',
  }, ['download-path']),
  main,
};

async function main(input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs, log } = input;
  const run = runFrom(input);
  const to = await destination(inputs['path']?.trim() ?? '', input);
  const all = listArtifacts(run);
  const { artifacts, apart } = choose(all, inputs, run);
  const packed = flag('skip-decompress', inputs) ? artifacts.find(({ plain }) => !plain) : undefined;
  if (packed) throw new InvalidInputError(`actions/download-artifact: the artifact ${packed.name} is no zip here, and comes unpacked alone`, 'Leave out skip-decompress, or upload a single file with archive: false.');
  for (const artifact of artifacts) {
    const folder = apart ? posix.join(to, artifact.name) : to;
    log(`downloading artifact ${artifact.name} to ${folder}`);
    await unpackArtifact(artifact, run, folder, input);
  }
  if (artifacts.length === 0) log(`warning: no artifact of ${run} was asked for: it has ${named(all)}`);
  return { outputs: { 'download-path': to } };
}

/** @returns `apart` when each goes into a folder of its own name */
function choose(all: readonly Artifact[], inputs: BuiltInInput['inputs'], run: RunId): { readonly artifacts: readonly Artifact[]; readonly apart: boolean } {
  const [name, pattern, ids] = ['name', 'pattern', 'artifact-ids'].map((key) => inputs[key]?.trim() ?? '');
  if (name && ids) throw new InvalidInputError('actions/download-artifact: "name" and "artifact-ids" do not go together', 'Give one of them.');
  if (name) return { artifacts: [found(all.find((one) => one.name === name), `named ${JSON.stringify(name)}`, all, run)], apart: false };
  const merge = flag('merge-multiple', inputs);
  if (ids) {
    const artifacts = ids.split(',').map((id) => found(all.find((one) => String(one.id) === id.trim()), `with the id ${id.trim()}`, all, run));
    return { artifacts, apart: artifacts.length > 1 && !merge };
  }
  const matcher = pattern ? new Minimatch(pattern, { platform: 'linux' }) : undefined;
  return { artifacts: all.filter((one) => matcher?.match(one.name) ?? true), apart: !merge };
}

function found(artifact: Artifact | undefined, what: string, all: readonly Artifact[], run: RunId): Artifact {
  if (artifact) return artifact;
  throw new InvalidInputError(`${run} has no artifact ${what}: it has ${named(all)}`, 'Mend the name, or let the job that makes it come before ("needs").');
}

function named(all: readonly Artifact[]): string {
  return all.length === 0 ? 'none' : all.map(({ name }) => name).join(', ');
}

/** @throws what `readArchive` throws */
export async function unpackArtifact(artifact: Artifact, run: RunId, folder: string, { files, signal }: BuiltInInput): Promise<void> {
  await readArchive(artifactArchive(run, artifact), { ...artifact, gzip: true }, files, { target: (name) => posix.join(folder, name), inside: [folder], signal });
}

async function destination(path: string, { workspace, files }: BuiltInInput): Promise<string> {
  if (path === '~' || path.startsWith('~/')) return posix.join(await files.home(), path.slice(1));
  return posix.resolve(workspace, path);
}

function runFrom({ inputs, run, github }: BuiltInInput): RunId {
  const [id, repository] = [inputs['run-id']?.trim() || run, inputs['repository']?.trim() ?? ''];
  const own = String(github['repository'] ?? '');
  if (repository !== '' && repository.toLowerCase() !== own.toLowerCase()) {
    throw new InvalidInputError('actions/download-artifact: artifacts of another repository are known to GitHub, and Fleetwright does not fetch them', 'Leave "repository" out.');
  }
  return runOfInput(id);
}
