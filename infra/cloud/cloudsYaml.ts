/**
 * clouds.yaml as openstacksdk reads it: the first file of `OS_CLIENT_CONFIG_FILE`, the current folder, `~/.config/openstack`, `/etc/openstack`; what
 * the first secure.yaml of the same folders says of a cloud goes before.
 * https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { InvalidInputError } from '../errors.js';

/** What is said of one cloud. */
export interface Entry {
  /** `auth_url`, `username`, `password`, … */
  readonly auth: Readonly<Record<string, string>>;
  /** Empty where none is said. */
  readonly authType: string;
  readonly region: string;
  readonly cacert: string;
  readonly verify: boolean;
  readonly identityVersion: string;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Readonly<Record<string, unknown>>;

/**
 * The entry of a cloud; without a name, that of the only one.
 * @returns undefined when there is no file and no name @throws InvalidInputError for a file that is none, a name that is not in it, several clouds without a name
 */
export async function readCloud(name: string, env: Environment, folders = standardFolders(env)): Promise<{ readonly name: string; readonly file: string; readonly entry: Entry } | undefined> {
  const file = await firstFile([...(env['OS_CLIENT_CONFIG_FILE'] ? [env['OS_CLIENT_CONFIG_FILE']] : []), ...filesIn(folders, 'clouds')]);
  if (!file) {
    if (name === '') return undefined;
    throw new InvalidInputError(`there is no clouds.yaml that says what the cloud ${name} is`, `Put one into ${folders.join(', ')}, or set OS_CLIENT_CONFIG_FILE.`);
  }
  const clouds = cloudsOf(file);
  const chosen = name || onlyName(clouds, file.path);
  const cloud = clouds[chosen];
  if (!isTree(cloud)) throw new InvalidInputError(`${file.path} has no cloud ${JSON.stringify(chosen)}`, `It has ${Object.keys(clouds).join(', ') || 'none'}.`);
  const secure = await firstFile([...(env['OS_CLIENT_SECURE_FILE'] ? [env['OS_CLIENT_SECURE_FILE']] : [join(dirname(file.path), 'secure.yaml')]), ...filesIn(folders, 'secure')]);
  const secret = secure ? cloudsOf(secure)[chosen] : undefined;
  return { name: chosen, file: file.path, entry: entryOf(merge(cloud, isTree(secret) ? secret : {})) };
}

function standardFolders(env: Environment): readonly string[] {
  return [process.cwd(), join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'openstack'), '/etc/openstack'];
}

function filesIn(folders: readonly string[], name: string): readonly string[] {
  return folders.flatMap((folder) => [join(folder, `${name}.yaml`), join(folder, `${name}.yml`)]);
}

interface File {
  readonly path: string;
  readonly text: string;
}

async function firstFile(paths: readonly string[]): Promise<File | undefined> {
  for (const path of paths) {
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new InvalidInputError(`${path} cannot be read (${code ?? 'unknown error'})`, 'Make it readable for the user that runs the worker.');
    }
  }
  return undefined;
}

/** The parser's own message is not passed on whole: it quotes lines, which may hold a password. */
function cloudsOf({ path, text }: File): Tree {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new InvalidInputError(`${path}:${error.linePos?.[0].line ?? 1}:${error.linePos?.[0].col ?? 1}: this is no YAML (${error.code})`, 'See the documentation of openstacksdk for its form.');
  const root: unknown = document.toJS();
  const clouds = isTree(root) ? root['clouds'] : undefined;
  if (!isTree(clouds)) throw new InvalidInputError(`${path} has no "clouds"`, 'It begins with `clouds:`, and under it each cloud by its name.');
  return clouds;
}

function onlyName(clouds: Tree, path: string): string {
  const [only, ...others] = Object.keys(clouds);
  if (only !== undefined && others.length === 0) return only;
  throw new InvalidInputError(`${path} has several clouds, and none was chosen`, `Set OS_CLOUD, or give the input cloud: ${[only, ...others].join(', ')}.`);
}

function entryOf(cloud: Tree): Entry {
  const of = (name: string): string => (cloud[name] === undefined || cloud[name] === null ? '' : String(cloud[name]));
  const auth = isTree(cloud['auth']) ? cloud['auth'] : {};
  const regions = Array.isArray(cloud['regions']) ? cloud['regions'] as readonly unknown[] : [];
  return {
    auth: Object.fromEntries(Object.entries(auth).filter(([, value]) => value !== null && value !== undefined).map(([key, value]) => [key, String(value)])),
    authType: of('auth_type'), region: of('region_name') || (regions.length === 1 && typeof regions[0] === 'string' ? regions[0] : ''),
    cacert: of('cacert'), verify: cloud['verify'] !== false, identityVersion: of('identity_api_version'),
  };
}

/** The second goes before, key by key. */
function merge(one: Tree, other: Tree): Tree {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => {
    const [a, b] = [one[key], other[key]];
    return [key, isTree(a) && isTree(b) ? merge(a, b) : b ?? a];
  }));
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
