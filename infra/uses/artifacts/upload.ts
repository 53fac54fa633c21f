/** `actions/upload-artifact`: files of the workspace into the run's artifacts. */
import { posix } from 'node:path';
import { InvalidInputError } from '../../errors.js';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import type { PackedPath } from '../files.js';
import { builtInMetadata, flag } from '../inputs.js';
import { filesBelow, keepFiles, levelOf, nothingFound, validName } from './keepFiles.js';

export const uploadArtifact: BuiltInAction = {
  action: builtInMetadata('Upload a Build Artifact', {
    name: 'artifact', path: '', 'if-no-files-found': 'warn', 'retention-days': '', 'compression-level': '6', overwrite: 'false', 'include-hidden-files': 'false',
    archive: 'true',
  }, ['artifact-id', 'artifact-url', 'artifact-digest']),
  main,
};

async function main(input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs } = input;
  const path = inputs['path']?.trim() ?? '';
  const wholeName = flag('archive', inputs) ? validName(inputs['name']?.trim() || 'artifact') : undefined;
  if (path === '') throw new InvalidInputError('actions/upload-artifact: the input "path" is missing', 'Say which files it is made of.');
  const [level, overwrite] = [levelOf(inputs['compression-level'] ?? ''), flag('overwrite', inputs)];
  const found = await filesBelow(path, flag('include-hidden-files', inputs), input);
  if (found.length === 0) return nothingFound(`No files were found with the provided path: ${path.split('\n').join(', ')}. No artifacts will be uploaded.`, input);
  const paths = wholeName === undefined ? [onlyFile(found)] : found;
  const name = wholeName ?? validName(paths[0]!.name);
  return keepFiles({ name, overwrite, level, ...(wholeName === undefined ? { plain: true } : {}) }, paths, input);
}

/** With `archive: false` an artifact is one file, and has its name. */
function onlyFile(paths: readonly PackedPath[]): PackedPath {
  if (paths.length === 1) return { ...paths[0]!, name: posix.basename(paths[0]!.path) };
  throw new InvalidInputError(`When 'archive' is set to false, only a single file can be uploaded. Found ${paths.length} files to upload.`, 'Name one file, or leave out archive: false.');
}
