/** The user's own known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): patterns, hashed names, revoked keys. */
import { createHmac } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostKeyError } from './errors.js';
import { changed, fingerprint, type HostKeyCheck, hostPattern, keyType, oneAtATime, readOrEmpty } from './knownHosts.js';

export interface UserKnownHostsOptions {
  /** Read in order; the first is written to. */
  readonly files: readonly string[];
  /** Whether a host that is not known is added instead of refused. A key that has changed is refused all the same. */
  readonly acceptNew: boolean;
  /** The name under which the host is known, when it is not the one that is connected to. */
  readonly alias?: string | undefined;
}

/** Of all users of this host. */
const SYSTEM_FILE = '/etc/ssh/ssh_known_hosts';

interface Entry {
  readonly file: string;
  readonly type: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

/** Checks as `ssh` does with StrictHostKeyChecking `yes`, or `accept-new`. */
export function userKnownHosts({ files, acceptNew, alias }: UserKnownHostsOptions): HostKeyCheck {
  const [own = ''] = files;
  const lookUp = async (host: string, port: number): Promise<readonly Entry[]> => entriesOf([...files, SYSTEM_FILE], alias ?? hostPattern(host, port));
  return {
    knownTypes: async (host, port) => [...new Set((await lookUp(host, port)).filter(({ revoked }) => !revoked).flatMap(({ type }) => algorithms(type)))],
    check: (host, port, key) => oneAtATime(own, async () => {
      const name = alias ?? hostPattern(host, port);
      const [entries, got] = [await lookUp(host, port), fingerprint(key)];
      if (entries.some((entry) => entry.revoked && entry.key.equals(key))) throw new HostKeyError(`the host key of ${name}, ${got}, is revoked`, 'Do not connect to it: another machine may be answering.');
      const known = entries.filter(({ revoked }) => !revoked);
      if (known.some((entry) => entry.key.equals(key))) return;
      const [first] = known;
      if (first) throw changed(name, known.map((entry) => fingerprint(entry.key)), got, first.file);
      if (!acceptNew) throw new HostKeyError(`the host key of ${name} is not known: it presents ${keyType(key)} ${got}`, `Check the fingerprint, then connect once with ssh, or say --accept-new.`);
      await mkdir(dirname(own), { recursive: true, mode: 0o700 });
      const text = await readOrEmpty(own);
      await appendFile(own, `${text === '' || text.endsWith('\n') ? '' : '\n'}${name} ${keyType(key)} ${key.toString('base64')}\n`, { mode: 0o600 });
    }),
  };
}

async function entriesOf(files: readonly string[], name: string): Promise<readonly Entry[]> {
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readOrEmpty(file) })));
  return texts.flatMap(({ file, text }) => text.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    return entry && !entry.authority && fits(name, entry.patterns) ? [{ file, type: entry.type, key: entry.key, revoked: entry.revoked }] : [];
  }));
}

function parseLine(line: string) {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const [patterns, type, key] = words;
  if (!patterns || !type || !key || patterns.startsWith('#')) return undefined;
  return { patterns, type, key: Buffer.from(key, 'base64'), revoked: marker === '@revoked', authority: marker === '@cert-authority' };
}

/** @param patterns separated by commas, or one hashed name; `!` in front takes out what it fits */
function fits(name: string, patterns: string): boolean {
  if (patterns.startsWith('|1|')) return fitsHash(name, patterns);
  const list = patterns.split(',');
  const fit = (pattern: string): boolean => wildcard(pattern).test(name.toLowerCase());
  return !list.some((pattern) => pattern.startsWith('!') && fit(pattern.slice(1))) && list.some((pattern) => !pattern.startsWith('!') && fit(pattern));
}

function fitsHash(name: string, hashed: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name.toLowerCase()).digest('base64') === hash;
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.toLowerCase().replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${escaped}$`);
}

/** The names under which a key of the type signs. */
function algorithms(type: string): readonly string[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type];
}
