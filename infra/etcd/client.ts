/** etcd's v2 keys and members API (etcd v3.4, Documentation/v2/api.md and members_api.md). */
import { connect as connectPlain } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { PermanentError, TransientError } from '../errors.js';
import { httpOverStream, type HttpAnswer, type HttpRequest } from '../streamHttp.js';
import type { Transport } from '../transport.js';

export interface EtcdNode {
  /** `/services/web/01`. */
  readonly key: string;
  /** Absent for a directory. */
  readonly value?: string;
  /** Seconds left, where it has a time to live. */
  readonly ttl?: number;
  readonly nodes?: readonly EtcdNode[];
}

export interface EtcdMember {
  readonly id: string;
  /** Empty while a member that was added has not joined yet. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
}

export interface EtcdOptions {
  /** Of each request, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** "Key not found" (etcd v3.4, etcdserver/api/v2error). */
const KEY_NOT_FOUND = 100;

/** All methods throw TransientError (no answer, 5xx, no leader) or PermanentError (other 4xx, with etcd's words). */
export class EtcdClient {
  readonly #connect: () => Promise<Duplex>;
  readonly #host: string;
  readonly #options: EtcdOptions;

  private constructor(connect: () => Promise<Duplex>, host: string, options: EtcdOptions) {
    this.#connect = connect;
    this.#host = host;
    this.#options = options;
  }

  /** The etcd of a machine, at its own 127.0.0.1:2379, through the transport. */
  static onMachine(transport: Transport, options: EtcdOptions = {}): EtcdClient {
    return new EtcdClient(() => transport.connectTcp('127.0.0.1', 2379), '127.0.0.1:2379', options);
  }

  /** An etcd that is reachable from here, by its client URL: `http://10.210.7.2:2379`. */
  static at(url: string, options: EtcdOptions = {}): EtcdClient {
    const { hostname, port, host } = new URL(url);
    return new EtcdClient(() => plainStream(hostname.replace(/^\[|\]$/g, ''), Number(port || 80)), host, options);
  }

  /** What is in a directory comes by its keys. undefined when there is no such key. */
  async get(key: string, options: { readonly recursive?: boolean } = {}): Promise<EtcdNode | undefined> {
    // A quorum read: what another member has just taken is seen.
    const answer = await this.#ask('GET', `${keyPath(key)}?${options.recursive ? 'recursive=true&' : ''}sorted=true&quorum=true`, { accept: [200], missing: true });
    return answer && asNode((parseBody(answer) as { node: RawNode }).node);
  }

  /** The leaves under a directory, by key; empty when there is no such directory. */
  async leaves(directory: string): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const walk = (node: EtcdNode): void => {
      if (node.value !== undefined) found.set(node.key, node.value);
      node.nodes?.forEach(walk);
    };
    const root = await this.get(directory, { recursive: true });
    if (root) walk(root);
    return found;
  }

  /** @param options.ttlSeconds none by default */
  async set(key: string, value: string, options: { readonly ttlSeconds?: number } = {}): Promise<void> {
    const form = new URLSearchParams({ value, ...(options.ttlSeconds === undefined ? {} : { ttl: String(options.ttlSeconds) }) });
    await this.#ask('PUT', keyPath(key), { accept: [200, 201], body: { type: 'application/x-www-form-urlencoded', text: form.toString() } });
  }

  /** false when there was none. */
  async delete(key: string, options: { readonly recursive?: boolean } = {}): Promise<boolean> {
    return Boolean(await this.#ask('DELETE', `${keyPath(key)}${options.recursive ? '?recursive=true' : ''}`, { accept: [200], missing: true }));
  }

  /** Whether this member is healthy (has a leader and can write). Does not throw for an unhealthy one. */
  async healthy(): Promise<boolean> {
    try {
      const answer = await this.#send('GET', '/health');
      // etcd 3.4 says {"health":"true"}, older ones {"health":true}.
      return answer.status === 200 && String((parseBody(answer) as { health?: unknown }).health) === 'true';
    } catch (error) {
      if (error instanceof TransientError) return false;
      throw error;
    }
  }

  async members(): Promise<readonly EtcdMember[]> {
    const answer = await this.#ask('GET', '/v2/members', { accept: [200] });
    return ((parseBody(answer!) as { members?: Partial<EtcdMember>[] }).members ?? []).map(asMember);
  }

  /** "Not found" and "already removed" are done. */
  async removeMember(id: string): Promise<void> {
    await this.#ask('DELETE', `/v2/members/${encodeURIComponent(id)}`, { accept: [204, 404, 410] });
  }

  /** A member of these peer URLs that is already there is returned as it is. */
  async addMember(peerURLs: readonly string[]): Promise<EtcdMember> {
    const known = (await this.members()).find((member) => member.peerURLs.some((url) => peerURLs.includes(url)));
    if (known) return known;
    const answer = await this.#ask('POST', '/v2/members', { accept: [201], body: { type: 'application/json', text: JSON.stringify({ peerURLs }) } });
    return asMember(parseBody(answer!) as Partial<EtcdMember>);
  }

  async #ask(method: HttpRequest['method'], path: string, how: { accept: readonly number[]; missing?: boolean; body?: HttpRequest['body'] }): Promise<HttpAnswer | undefined> {
    const answer = await this.#send(method, path, how.body);
    if (how.accept.includes(answer.status)) return answer;
    const { code, message } = etcdsWords(answer.text);
    if (how.missing && answer.status === 404 && code === KEY_NOT_FOUND) return undefined;
    const text = `etcd answered ${answer.status} to ${method} ${path}: ${message}`;
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) throw new PermanentError(text, 'Look at the key with "etcdctl ls --recursive" on a machine.');
    throw new TransientError(text);
  }

  #send(method: HttpRequest['method'], path: string, body?: HttpRequest['body']): Promise<HttpAnswer> {
    const { signal, timeoutMs = 10_000 } = this.#options;
    return httpOverStream({ connect: this.#connect, method, path, host: this.#host, timeoutMs, ...(signal ? { signal } : {}), ...(body ? { body } : {}) });
  }
}

interface RawNode {
  readonly key?: string;
  readonly value?: string;
  readonly ttl?: number;
  readonly dir?: boolean;
  readonly nodes?: readonly RawNode[];
}

function asNode(raw: RawNode): EtcdNode {
  return {
    key: raw.key ?? '/',
    ...(raw.dir ? { nodes: (raw.nodes ?? []).map(asNode) } : { value: raw.value ?? '' }),
    ...(raw.ttl === undefined ? {} : { ttl: raw.ttl }),
  };
}

function asMember(raw: Partial<EtcdMember>): EtcdMember {
  return { id: raw.id ?? '', name: raw.name ?? '', peerURLs: raw.peerURLs ?? [], clientURLs: raw.clientURLs ?? [] };
}

function keyPath(key: string): string {
  return `/v2/keys${key.split('/').filter(Boolean).map((part) => `/${encodeURIComponent(part)}`).join('')}`;
}

async function plainStream(host: string, port: number): Promise<Duplex> {
  const socket = connectPlain({ host, port });
  await once(socket, 'connect');
  return socket;
}

function parseBody(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    throw new TransientError('etcd answered with something that is not JSON', { cause: error });
  }
}

/** Errors are `{"errorCode": 100, "message": "Key not found", "cause": "/x"}`, or `{"message": "…"}` of the members API. */
function etcdsWords(text: string): { code: number; message: string } {
  try {
    const { errorCode = 0, message = '', cause = '' } = JSON.parse(text) as { errorCode?: number; message?: string; cause?: string };
    return { code: errorCode, message: [message, cause].filter(Boolean).join(': ') || '(no reason given)' };
  } catch {
    return { code: 0, message: text.trim().slice(0, 500) || '(no reason given)' };
  }
}
