/** The way into a user's own server, as `ssh` would take it: the SSH configuration, the agent, key files, jump hosts and known_hosts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { InvalidInputError } from '../errors.js';
import { type Agent, agentAt, agentKeys } from './agent.js';
import type { Identity, SshLogin } from './connection.js';
import { EncryptedKeyError, readPrivateKey } from './keys.js';
import { absolute, type ConfigPlace, type HostConfig, hostConfig } from './userConfig.js';
import { userKnownHosts } from './userKnownHosts.js';

/** A server as its user names it. What is absent is as the SSH configuration says. */
export interface UserHost {
  /** An address, a name, or a `Host` of the configuration. */
  readonly address: string;
  readonly user?: string;
  readonly port?: number;
  /** Path of a private key. */
  readonly key?: string;
  /** As ProxyJump; "none" for none. */
  readonly jump?: string;
}

export interface UserLoginOptions extends ConfigPlace {
  /** Whether hosts that are not known are added to known_hosts. */
  readonly acceptNew: boolean;
  /** @default SSH_AUTH_SOCK of this process's environment */
  readonly agentSocket?: string | undefined;
}

/** Tried where nothing names a key (ssh_config(5), IdentityFile). */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'] as const;
const MOST_JUMPS = 8;

/** @throws InvalidInputError for a configuration or a key that cannot be used */
export function userLogin(host: UserHost, options: UserLoginOptions): Promise<SshLogin> {
  return loginTo(host, options, 0);
}

async function loginTo(host: UserHost, options: UserLoginOptions, depth: number): Promise<SshLogin> {
  if (depth > MOST_JUMPS) throw new InvalidInputError(`${host.address} is reached through itself`, 'Mend ProxyJump in your SSH configuration, or `jump` in the inventory.');
  const config = await hostConfig(host.address, options);
  const shown = await credentials(host, config, options);
  const via = await wayTo(host.jump ?? config.proxyJump, options, depth);
  return {
    host: config.hostName,
    port: host.port ?? config.port ?? 22,
    username: host.user ?? config.user ?? userInfo().username,
    ...shown,
    hostKey: userKnownHosts({ files: config.knownHostsFiles, acceptNew: options.acceptNew, alias: config.hostKeyAlias }),
    ...(via ? { via } : {}),
  };
}

/** The first of several jump hosts is reached from here, each other one from the one before; only the first's own way counts. */
async function wayTo(jumps: string | undefined, options: UserLoginOptions, depth: number): Promise<SshLogin | undefined> {
  if (jumps === undefined || jumps === 'none') return undefined;
  let via: SshLogin | undefined;
  for (const [i, jump] of jumps.split(',').entries()) {
    const { via: own, ...login } = await loginTo(i === 0 ? parseJump(jump) : { ...parseJump(jump), jump: 'none' }, options, depth + 1);
    const before = via ?? own;
    via = { ...login, ...(before ? { via: before } : {}) };
  }
  return via;
}

/** `[user@]host[:port]`, also as `ssh://…`. */
function parseJump(text: string): UserHost {
  const parts = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text.trim());
  if (!parts?.[2]) throw new InvalidInputError(`${JSON.stringify(text)} is no jump host`, 'Write [user@]host[:port].');
  return { address: parts[2].replaceAll(/[[\]]/g, ''), ...(parts[1] ? { user: parts[1] } : {}), ...(parts[3] ? { port: Number(parts[3]) } : {}) };
}

async function credentials(host: UserHost, config: HostConfig, options: UserLoginOptions): Promise<Pick<SshLogin, 'identities' | 'agent' | 'unusable'>> {
  const home = options.home ?? homedir();
  const socket = config.identityAgent ?? options.agentSocket ?? process.env['SSH_AUTH_SOCK'] ?? '';
  const named = host.key === undefined ? config.identityFiles : [absolute(host.key, home)];
  const paths = named.length > 0 ? named : DEFAULT_KEYS.map((name) => join(home, '.ssh', name)).filter((path) => existsSync(path));
  const held = socket === '' ? [] : await agentKeys(socket);
  const [identities, encrypted] = [[] as Identity[], [] as string[]];
  for (const path of paths) {
    // One that the configuration names and that is not there is passed over, as `ssh` does; one that the inventory names must be there.
    if (host.key === undefined && !existsSync(path)) continue;
    const key = await readPrivateKey(path).catch((error: unknown) => (error instanceof EncryptedKeyError ? undefined : Promise.reject(error)));
    if (key) identities.push({ privateKey: key.privateKey, path });
    else if (!await isHeld(path, held)) encrypted.push(path);
  }
  if (host.key !== undefined && encrypted.length > 0) throw new InvalidInputError(`the SSH key ${host.key} is encrypted, and no agent holds it`, `Give it to your agent: ssh-add ${host.key}${socket === '' ? ' (SSH_AUTH_SOCK is not set: eval "$(ssh-agent)" first)' : ''}`);
  return { identities, ...await chosenAgent(socket, held, { only: host.key !== undefined || config.identitiesOnly, paths }), unusable: encrypted.map((path) => `the key ${path} is encrypted and in no agent: ssh-add ${path}`) };
}

/** With a key that was named, nothing else of the agent is shown: sshd ends a connection after a few keys. */
async function chosenAgent(socket: string, held: readonly Buffer[], { only, paths }: { readonly only: boolean; readonly paths: readonly string[] }): Promise<{ readonly agent?: Agent }> {
  if (held.length === 0) return {};
  if (!only) return { agent: agentAt(socket) };
  const wanted = (await Promise.all(paths.map(publicKeyOf))).flatMap((key) => (key ? [key] : []));
  const chosen = held.filter((key) => wanted.some((one) => one.equals(key)));
  return chosen.length > 0 ? { agent: agentAt(socket, chosen) } : {};
}

async function isHeld(path: string, held: readonly Buffer[]): Promise<boolean> {
  const key = await publicKeyOf(path);
  return key !== undefined && held.some((one) => one.equals(key));
}

/** Of the file beside it; undefined where there is none. In wire format. */
async function publicKeyOf(path: string): Promise<Buffer | undefined> {
  for (const file of [`${path}.pub`, path]) {
    const parsed = ssh2.utils.parseKey(await readFile(file).catch(() => Buffer.alloc(0)));
    const key = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
    if (key && !(key instanceof Error)) return key.getPublicSSH();
  }
  return undefined;
}
