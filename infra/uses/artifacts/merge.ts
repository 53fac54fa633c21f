/** `actions/upload-artifact/merge`: artifacts of this run as one. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { Minimatch } from 'minimatch';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import { builtInMetadata, flag } from '../inputs.js';
import { unpackArtifact } from './download.js';
import { filesBelow, keepFiles, levelOf, nothingFound, outputsOf, validName } from './keepFiles.js';
import { type Artifact, listArtifacts, removeArtifact } from './store.js';

export const mergeArtifacts: BuiltInAction = {
  action: builtInMetadata('Merge Build Artifacts', {
    name: 'merged-artifacts', pattern: '*', 'if-no-files-found': 'error', 'separate-directories': 'false', 'retention-days': '', 'compression-level': '6', 'delete-merged': 'false',
    'include-hidden-files': 'false',
  }, ['artifact-id', 'artifact-url', 'artifact-digest']),
  main,
};

async function main(input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs, run, step, log } = input;
  const name = validName(inputs['name']?.trim() || 'merged-artifacts');
  const pattern = inputs['pattern']?.trim() || '*';
  const matcher = new Minimatch(pattern, { platform: 'linux' });
  const all = listArtifacts(run);
  const artifacts = all.filter((one) => matcher.match(one.name) && one.step !== step);
  const remove = flag('delete-merged', inputs);
  // It was made before, and some of what it is made of may be gone.
  const made = remove ? all.find((one) => one.name === name && one.step === step) : undefined;
  if (artifacts.length === 0 && !made) return nothingFound(`No artifacts were found with the provided pattern: ${pattern}.`, input);
  const result = made ? outputsOf(made, input) : await merge(name, artifacts, input);
  if (remove) for (const artifact of artifacts) removeArtifact(run, artifact);
  log(`${artifacts.length} artifacts were merged${remove ? ', and are gone' : ''}: ${artifacts.map((one) => one.name).join(', ')}`);
  return result;
}

async function merge(name: string, artifacts: readonly Artifact[], input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs, run, files, temp } = input;
  const [level, apart] = [levelOf(inputs['compression-level'] ?? ''), flag('separate-directories', inputs)];
  const folder = posix.join(temp, `merge-artifact-${randomUUID()}`);
  try {
    for (const artifact of artifacts) await unpackArtifact(artifact, run, apart ? posix.join(folder, artifact.name) : folder, input);
    const paths = await filesBelow(folder, flag('include-hidden-files', inputs), input);
    if (paths.length === 0) return nothingFound(`No files were found in the artifacts ${artifacts.map((one) => one.name).join(', ')}.`, input);
    return await keepFiles({ name, overwrite: false, level }, paths, input);
  } finally {
    await files.remove(folder);
  }
}
