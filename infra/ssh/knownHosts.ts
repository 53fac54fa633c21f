/** Host keys: which server is really the one that we mean. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile, appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ClusterName } from '../../language/ids.js';
import { clusterDir } from '../paths.js';
import { HostKeyError } from './errors.js';

/** Decides about the key that a server presents. */
export interface HostKeyCheck {
  /**
   * @param key the public key in SSH's wire format
   * @throws HostKeyError when the key may not be trusted
   */
  check(host: string, port: number, key: Buffer): Promise<void>;
  /** Signature algorithms of the keys that are known for the server: it is asked for one of those first, having keys of several types. @default any */
  knownTypes?(host: string, port: number): Promise<readonly string[]>;
}

/** `SHA256:…`, as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Accepts exactly the key with this fingerprint (`SHA256:…`). */
export function pinnedHostKey(expected: string): HostKeyCheck {
  return {
    check: async (host, port, key) => {
      const got = fingerprint(key);
      if (got !== expected) throw changed(hostPattern(host, port), [expected], got, 'the pinned fingerprint');
    },
  };
}

/**
 * The cluster's `known_hosts` file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). A host that is not in it is added on first contact when
 * `trustNew` (machines that the run booted), else refused; a changed key is always refused, with both fingerprints.
 */
export function clusterKnownHosts(cluster: ClusterName, options: { readonly trustNew: boolean }): HostKeyCheck {
  const file = knownHostsPath(cluster);
  return {
    check: (host, port, key) => oneAtATime(file, async () => {
      const pattern = hostPattern(host, port);
      const known = parseKnownHosts(await readOrEmpty(file)).filter((entry) => entry.pattern === pattern).map((entry) => entry.key);
      if (known.some((one) => one.equals(key))) return;
      const got = fingerprint(key);
      if (known.length > 0) throw changed(pattern, known.map(fingerprint), got, file);
      if (!options.trustNew) {
        throw new HostKeyError(`the host key of ${pattern} is not known (it presents ${got})`, `Check the fingerprint, then add the key to ${file}, for example with ssh-keyscan.`);
      }
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await appendFile(file, `${pattern} ${keyType(key)} ${key.toString('base64')}\n`, { mode: 0o600 });
    }),
  };
}

/** The path of the cluster's `known_hosts` file; OpenSSH reads it too. */
export function knownHostsPath(cluster: ClusterName): string {
  return clusterDir(cluster, 'known_hosts');
}

/** Forgets a host's key: its server was deleted or made anew. A host that is not known is fine. @param port default 22 */
export function forgetHost(cluster: ClusterName, host: string, port = 22): Promise<void> {
  const file = knownHostsPath(cluster);
  const pattern = hostPattern(host, port);
  return oneAtATime(file, async () => {
    const text = await readOrEmpty(file);
    const kept = text.split('\n').filter((line) => line !== '' && line.split(' ', 1)[0] !== pattern);
    if (kept.length === text.split('\n').filter(Boolean).length) return;
    const next = `${file}.${process.pid}`;
    try {
      await writeFile(next, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      await rename(next, file);
    } finally {
      await rm(next, { force: true });
    }
  });
}

/** The error for a key that is not the known one, with the fingerprints of both. */
export function changed(where: string, known: readonly string[], got: string, source: string): HostKeyError {
  return new HostKeyError(
    `the host key of ${where} has changed: known is ${known.join(' and ')} (${source}), it presents ${got}`,
    'Find out why before you go on: another machine may be answering. If the server was made anew, remove its line.',
  );
}

/** As OpenSSH writes it: the address alone for port 22, else `[address]:port`. */
export function hostPattern(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

function parseKnownHosts(text: string): { pattern: string; key: Buffer }[] {
  return text.split('\n').flatMap((line) => {
    const [pattern, , key] = line.trim().split(/\s+/);
    return pattern && key && !pattern.startsWith('#') ? [{ pattern, key: Buffer.from(key, 'base64') }] : [];
  });
}

/** The algorithm's name leads the wire format (RFC 4253, 6.6). */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('ascii');
}

export async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const queues = new Map<string, Promise<unknown>>();

/** Runs the works of one file one after the other, so that no look-up falls between another's read and write. */
export function oneAtATime<T>(file: string, work: () => Promise<T>): Promise<T> {
  const next = (queues.get(file) ?? Promise.resolve()).then(work, work);
  const settled = next.catch(() => undefined).then(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
  queues.set(file, settled);
  return next;
}
