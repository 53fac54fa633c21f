/** `actions/upload-artifact`: files of the workspace into the run's artifacts. */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '../../errors.js';
import { writeArchive } from '../archive.js';
import type { BuiltInAction, BuiltInInput, BuiltInResult } from '../builtInAction.js';
import type { PackedPath } from '../files.js';
import { parseGlob, searchPaths } from '../glob/rules.js';
import { search } from '../glob/search.js';
import { builtInMetadata, flag } from '../inputs.js';
import { artifactArchive, keepArtifact } from './store.js';

export const uploadArtifact: BuiltInAction = {
  action: builtInMetadata('Upload a Build Artifact', {
    name: 'artifact', path: '', 'if-no-files-found': 'warn', 'retention-days': '', 'compression-level': '6', overwrite: 'false', 'include-hidden-files': 'false',
    archive: 'true',
  }, ['artifact-id', 'artifact-url', 'artifact-digest']),
  main,
};

const NOT_IN_PATHS = /["<>|*?:\r\n]/;

async function main(input: BuiltInInput): Promise<BuiltInResult> {
  const { inputs, run, step, files, signal, log } = input;
  const path = inputs['path']?.trim() ?? '';
  const wholeName = flag('archive', inputs) ? validName(inputs['name']?.trim() || 'artifact') : undefined;
  if (path === '') throw new InvalidInputError('actions/upload-artifact: the input "path" is missing', 'Say which files it is made of.');
  const level = levelOf(inputs['compression-level'] ?? '');
  const overwrite = flag('overwrite', inputs);
  const found = await filesToUpload(path, flag('include-hidden-files', inputs), input);
  if (found.length === 0) return nothing(path, inputs['if-no-files-found'] ?? '', log);
  const paths = wholeName === undefined ? [onlyFile(found)] : found;
  const name = wholeName ?? validName(paths[0]!.name);
  const bad = paths.find((one) => NOT_IN_PATHS.test(one.name));
  if (bad) throw new InvalidInputError(`the path ${JSON.stringify(bad.name)} cannot be in an artifact`, 'Rename it: " : < > | * ? and line breaks are not allowed.');
  const write = (file: string) => writeArchive(file, files, paths, { follow: true, level, signal });
  const artifact = await keepArtifact(run, { name, step, overwrite, ...(wholeName === undefined ? { plain: true } : {}) }, write, signal);
  log(`artifact ${name} has ${paths.length} files, ${artifact.size} bytes, SHA-256 ${artifact.digest}`);
  const url = pathToFileURL(artifactArchive(run, artifact)).href;
  return { outputs: { 'artifact-id': String(artifact.id), 'artifact-url': url, 'artifact-digest': artifact.digest } };
}

function validName(name: string): string {
  if (!NOT_IN_PATHS.test(name) && !/[\\/]/.test(name)) return name;
  throw new InvalidInputError(`${JSON.stringify(name)} is no name of an artifact`, 'Leave out " : < > | * ? \\ / and line breaks.');
}

/** With `archive: false` an artifact is one file, and has its name. */
function onlyFile(paths: readonly PackedPath[]): PackedPath {
  if (paths.length === 1) return { ...paths[0]!, name: posix.basename(paths[0]!.path) };
  throw new InvalidInputError(`When 'archive' is set to false, only a single file can be uploaded. Found ${paths.length} files to upload.`, 'Name one file, or leave out archive: false.');
}

/** Named from the folder that all search paths have in common. */
async function filesToUpload(path: string, hidden: boolean, { files, workspace }: BuiltInInput): Promise<readonly PackedPath[]> {
  const rules = parseGlob(path, { root: workspace, home: await files.home() });
  const found = (await search(files, rules, { followLinks: true, withoutHidden: !hidden, folders: false })).map((one) => one.path);
  const roots = searchPaths(rules);
  const single = roots.length === 1 && found.length === 1 && found[0] === roots[0];
  const root = single ? posix.dirname(roots[0]!) : roots.reduce(commonFolder, roots[0] ?? workspace);
  return found.map((one) => ({ path: one, name: posix.relative(root, one) }));
}

function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split('/'), b.split('/')];
  const differs = left.findIndex((part, at) => part !== right[at]);
  return left.slice(0, differs < 0 ? left.length : differs).join('/') || '/';
}

function nothing(path: string, what: string, log: (line: string) => void): BuiltInResult {
  const text = `No files were found with the provided path: ${path.split('\n').join(', ')}. No artifacts will be uploaded.`;
  if (what === 'error') throw new InvalidInputError(text, 'Mend the path, or write if-no-files-found: warn.');
  if (what !== 'warn' && what !== 'ignore') throw new InvalidInputError(`the input "if-no-files-found" is ${JSON.stringify(what)}`, 'Write warn, error or ignore.');
  log(what === 'warn' ? `warning: ${text}` : text);
  return { outputs: {} };
}

function levelOf(text: string): number {
  const level = text.trim() === '' ? 6 : Number(text);
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level;
  throw new InvalidInputError(`the input "compression-level" is ${JSON.stringify(text)}`, 'Write a number from 0 to 9.');
}
