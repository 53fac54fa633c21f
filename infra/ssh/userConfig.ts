/** What the user's SSH configuration (ssh_config(5)) says of a host, as far as it is honoured here. */
import { readdir, readFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { minimatch } from 'minimatch';
import SSHConfig from 'ssh-config';
import { InvalidInputError } from '../errors.js';

/** The keywords that are honoured; all others of the file are none of our business. */
export interface HostConfig {
  /** HostName: what is really connected to. @default the name itself */
  readonly hostName: string;
  readonly user?: string;
  readonly port?: number;
  /** IdentityFile, in order, absolute. */
  readonly identityFiles: readonly string[];
  /** IdentitiesOnly: nothing of the agent but those. */
  readonly identitiesOnly: boolean;
  /** IdentityAgent. @default SSH_AUTH_SOCK; empty for "none" */
  readonly identityAgent?: string;
  /** ProxyJump; "none" is none. */
  readonly proxyJump?: string;
  /** HostKeyAlias: the name under which its host key is known. */
  readonly hostKeyAlias?: string;
  /** UserKnownHostsFile, the first is written to. */
  readonly knownHostsFiles: readonly string[];
}

export interface ConfigPlace {
  /** @default ~/.ssh/config */
  readonly file?: string;
  /** @default the user's */
  readonly home?: string;
}

const MOST_INCLUDES = 16;

/** @throws InvalidInputError when the file is there and cannot be read or understood */
export async function hostConfig(name: string, { home = homedir(), file = join(home, '.ssh', 'config') }: ConfigPlace = {}): Promise<HostConfig> {
  const said = await compute(name, await readWithIncludes(file, home, 0), file);
  const one = (key: string): string | undefined => [said[key.toLowerCase()] ?? []].flat()[0];
  const all = (key: string): readonly string[] => [said[key.toLowerCase()] ?? []].flat();
  const hostName = (one('HostName') ?? name).replaceAll('%h', name).replaceAll('%%', '%');
  const user = one('User');
  const tokens: Readonly<Record<string, string>> = { '%': '%', d: home, h: hostName, n: name, r: user ?? userInfo().username, u: userInfo().username, l: hostname(), L: hostname().split('.', 1)[0] ?? '', p: one('Port') ?? '22' };
  const path = (text: string): string => absolute(text.replaceAll(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole), home);
  const agent = one('IdentityAgent');
  const jump = one('ProxyJump');
  return {
    hostName,
    ...(user === undefined ? {} : { user }),
    ...(one('Port') === undefined ? {} : { port: Number(one('Port')) }),
    identityFiles: all('IdentityFile').filter((text) => text.toLowerCase() !== 'none').map(path),
    identitiesOnly: one('IdentitiesOnly')?.toLowerCase() === 'yes',
    ...agentOf(agent, path),
    ...(jump === undefined || jump.toLowerCase() === 'none' ? {} : { proxyJump: jump }),
    ...(one('HostKeyAlias') === undefined ? {} : { hostKeyAlias: one('HostKeyAlias')! }),
    knownHostsFiles: all('UserKnownHostsFile').length > 0 ? all('UserKnownHostsFile').flatMap((text) => text.split(/\s+/)).map(path) : [join(home, '.ssh', 'known_hosts'), join(home, '.ssh', 'known_hosts2')],
  };
}

/** `SSH_AUTH_SOCK` and `$NAME` are names of variables (ssh_config(5), IdentityAgent). */
function agentOf(text: string | undefined, path: (text: string) => string): { readonly identityAgent?: string } {
  if (text === undefined || text === 'SSH_AUTH_SOCK') return {};
  if (text.toLowerCase() === 'none') return { identityAgent: '' };
  return { identityAgent: text.startsWith('$') ? process.env[text.slice(1).replaceAll(/[{}]/g, '')] ?? '' : path(text) };
}

async function compute(name: string, text: string, file: string): Promise<Readonly<Record<string, string | string[]>>> {
  try {
    return SSHConfig.parse(text).compute(name, { ignoreCase: true }) as Record<string, string | string[]>;
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be understood: ${(error as Error).message}`, `See what \`ssh -G ${name}\` says of it.`);
  }
}

/** The file's text with those that it includes in their places (ssh_config(5), Include). A file that is not there is empty. */
async function readWithIncludes(file: string, home: string, depth: number): Promise<string> {
  if (depth > MOST_INCLUDES) throw new InvalidInputError(`${file} includes itself, or too much`, 'Mend its Include lines.');
  const lines: string[] = [];
  for (const line of (await readOrNothing(file)).split('\n')) {
    const included = /^\s*Include(?:\s+|\s*=\s*)(.+?)\s*$/i.exec(line)?.[1];
    if (included === undefined) lines.push(line);
    else for (const path of await includedFiles(included, home)) lines.push(await readWithIncludes(path, home, depth + 1));
  }
  return lines.join('\n');
}

async function includedFiles(text: string, home: string): Promise<readonly string[]> {
  const patterns = text.match(/"[^"]*"|\S+/g) ?? [];
  const found = await Promise.all(patterns.map(async (word) => {
    const path = word.replaceAll('"', '');
    const pattern = path.startsWith('~/') || isAbsolute(path) ? absolute(path, home) : join(home, '.ssh', path);
    const names = await readdir(dirname(pattern)).catch(() => []);
    return names.filter((entry) => minimatch(entry, basename(pattern), { dot: basename(pattern).startsWith('.') })).sort().map((entry) => join(dirname(pattern), entry));
  }));
  return found.flat();
}

async function readOrNothing(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return '';
    throw new InvalidInputError(`${file} cannot be read (${code ?? 'unknown error'})`, 'Make it readable for the user that runs Fleetwright.');
  }
}

/** A path of a configuration or an inventory: `~/` is the user's home. */
export function absolute(text: string, home: string = homedir()): string {
  return text === '~' || text.startsWith('~/') ? join(home, text.slice(1)) : text;
}
