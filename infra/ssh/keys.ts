/** The SSH key of a cluster. */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import type { ClusterName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';
import { clusterDir } from '../paths.js';
import { makeKeyPair } from './keyPair.js';

export interface ClusterKey {
  readonly privateKeyPath: string;
  /** OpenSSH or PEM format. Never to be logged. */
  readonly privateKey: Buffer;
  /** One line in OpenSSH's format, without a line end. */
  readonly publicKey: string;
}

/**
 * The key at `givenPath`, or the cluster's own: an ed25519 key in `clusterDir(cluster, 'id_ed25519')`, mode 0600, made at
 * the first call; two callers at once get the same key. An empty `givenPath` is none.
 * @throws InvalidInputError naming the path, when the given file is missing, unreadable, encrypted or no private key
 */
export async function ensureClusterKey(cluster: ClusterName, givenPath?: string): Promise<ClusterKey> {
  if (givenPath) return readKey(givenPath);
  const path = clusterDir(cluster, 'id_ed25519');
  try {
    return await readKey(path);
  } catch (error) {
    if (!(error instanceof MissingKeyError)) throw error;
  }
  await writeOnce(path, makeKeyPair(`fleetwright-${cluster}`).privateKey);
  return readKey(path);
}

/** Sees that a key can be used. @throws InvalidInputError as `ensureClusterKey` does for a given path */
export async function checkPrivateKey(path: string): Promise<void> {
  await readKey(path);
}

/** The private key in the file. @throws EncryptedKeyError; InvalidInputError as `ensureClusterKey` does for a given path */
export function readPrivateKey(path: string): Promise<ClusterKey> {
  return readKey(path);
}

/** A key with a passphrase, which is for an agent to know. */
export class EncryptedKeyError extends InvalidInputError {}

class MissingKeyError extends InvalidInputError {}

async function readKey(path: string): Promise<ClusterKey> {
  let privateKey: Buffer;
  try {
    privateKey = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new MissingKeyError(`the SSH key ${path} does not exist`, 'Give the path of a private key, or none for one made for the cluster.');
    if (code === 'EISDIR') throw new InvalidInputError(`the SSH key ${path} is a folder`, 'Give the path of the private key file in it.');
    throw new InvalidInputError(`the SSH key ${path} cannot be read (${code ?? 'unknown error'})`, 'Make it readable for the user that runs Fleetwright.');
  }
  const parsed = parsePrivate(path, privateKey);
  return { privateKeyPath: path, privateKey, publicKey: `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${commentOf(parsed, path)}` };
}

/** The parser's own message is not passed on: it may quote the file. */
function parsePrivate(path: string, text: Buffer): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    if (/encrypted/i.test(key.message)) {
      throw new EncryptedKeyError(`the SSH key ${path} is encrypted`, `Give a key without a passphrase; a copy of this one is made with "ssh-keygen -p -N '' -f COPY".`);
    }
    throw new InvalidInputError(`${path} is not an SSH private key`, 'Give a private key in OpenSSH or PEM format, such as "ssh-keygen -t ed25519" makes.');
  }
  if (!key?.isPrivateKey()) throw new InvalidInputError(`${path} is a public key`, 'Give the private key that belongs to it: the file without ".pub".');
  return key;
}

function commentOf(key: ParsedKey, path: string): string {
  return /^[\w@.-]+$/.test(key.comment) ? key.comment : (path.split('/').at(-1) ?? 'key').replace(/[^\w@.-]/g, '_');
}

/** Writes the file whole unless it is there: a link fails where a rename would replace another caller's key. */
async function writeOnce(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${randomUUID()}`;
  try {
    await writeFile(mine, text, { mode: 0o600 });
    await link(mine, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(mine, { force: true });
  }
}
