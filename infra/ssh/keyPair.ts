import ssh2 from 'ssh2';

export interface KeyPair {
  /** OpenSSH format. Never to be logged. */
  readonly privateKey: string;
  /** One line in OpenSSH's format. */
  readonly publicKey: string;
}

const MOST_TRIES = 20;

/** A new ed25519 key. ssh2 1.17 writes about one in 360 so that neither it nor OpenSSH can read it: such a one is thrown away. */
export function makeKeyPair(comment: string): KeyPair {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (isReadable(made.private, made.public)) return { privateKey: made.private, publicKey: made.public.trim() };
  }
  throw new Error('no readable SSH key could be made');
}

function isReadable(privateText: string, publicText: string): boolean {
  const privateKey = ssh2.utils.parseKey(privateText);
  const publicKey = ssh2.utils.parseKey(publicText);
  if (privateKey instanceof Error || publicKey instanceof Error) return false;
  const message = Buffer.from('proof');
  const signature = privateKey.sign(message) as Buffer | Error;
  return !(signature instanceof Error) && publicKey.verify(message, signature) === true && privateKey.getPublicSSH().equals(publicKey.getPublicSSH());
}
