/** Discovery URLs of etcd: where the members of a new cluster find each other (etcd's discovery protocol, v2). */
import type { ClusterName, RunId } from '../../language/ids.js';
import { InvalidInputError, PermanentError, TransientError } from '../errors.js';
import { EtcdClient } from '../etcd/client.js';
import { recordEffect } from '../ledger.js';
import type { Provider } from '../provider.js';

export interface DiscoveryRequest {
  /**
   * What the user gave: a discovery URL (`https://discovery.etcd.io/<token>`), which is used as it is, or a service's address
   * (`https://discovery.etcd.io` or `https://discovery.etcd.io/new`), which is asked. Empty: the cluster's own service.
   */
  readonly url?: string;
  /** The cluster's own service, as this process reaches it: `http://10.210.7.2:8087`. */
  readonly service?: string;
  /** The cluster's own service, as the machines reach it. @default service */
  readonly publicService?: string;
  /** How many members the cluster has. */
  readonly size: number;
  /** etcd behind the cluster's own service: a URL of it that was never used is then taken again. */
  readonly etcd?: string;
  /** For the ledger. */
  readonly cluster: ClusterName;
  readonly run: RunId;
  readonly signal?: AbortSignal;
  /** Of one request. @default 10000 */
  readonly timeoutMs?: number;
}

/** Where the discovery service keeps its tokens in its etcd (discovery.etcd.io, handlers/new.go). */
const REGISTRY = '/_etcd/registry';
const GIVEN_REMEDY = 'Give an etcd discovery URL (https://discovery.etcd.io/TOKEN), a service that makes one (https://discovery.etcd.io/new), or nothing.';

/**
 * A discovery URL for a new cluster of `size` members. A repeat after a lost answer of the cluster's own service takes the URL that was made.
 * @throws InvalidInputError for an address that is none, TransientError when the service is down or answers 5xx or 429,
 *   PermanentError when it answers anything else that is not a URL
 */
export async function createDiscoveryUrl(request: DiscoveryRequest): Promise<string> {
  if (request.url) {
    const given = parseGiven(request.url);
    return isService(given) ? newUrl(given, request) : request.url;
  }
  if (!request.service) throw new InvalidInputError('there is no discovery service to ask for a URL', GIVEN_REMEDY);
  return await unusedUrl(request.publicService ?? request.service, request) ?? newUrl(new URL(request.service), request);
}

/** The discovery URL with which the cluster's servers were booted: an existing cluster keeps its URL. Undefined when there are no servers. */
export async function discoveryUrlOf(provider: Provider, cluster: ClusterName): Promise<string | undefined> {
  const servers = await provider.listServers(cluster);
  return servers.map((server) => server.tags.discoveryUrl).find((url) => url !== '');
}

function parseGiven(text: string): URL {
  const url = parseHttpUrl(text);
  if (url) return url;
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 200))} is not the address of a discovery service`, GIVEN_REMEDY);
}

/** Undefined for what is not one word that is an http(s) URL without credentials and of plain characters: it goes into user-data. */
function parseHttpUrl(text: string): URL | undefined {
  const plain = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[\w.~%+=&?/:,@-]*)?$/.test(text) && text.length <= 500;
  const url = plain && URL.canParse(text) ? new URL(text) : undefined;
  return url && url.username === '' && url.password === '' ? url : undefined;
}

function isService(url: URL): boolean {
  return /^\/(?:new\/?)?$/.test(url.pathname);
}

async function newUrl(service: URL, request: DiscoveryRequest): Promise<string> {
  const question = new URL('/new', service);
  question.searchParams.set('size', String(request.size));
  const answer = (await ask(question, request)).trim();
  const url = parseHttpUrl(answer);
  if (!url || isService(url)) {
    throw new PermanentError(`${question.origin} did not answer with a discovery URL but with ${JSON.stringify(answer.slice(0, 200))}`, 'Check the address: its /new must answer with the URL as text.');
  }
  recordEffect({ effect: 'create-discovery-url', cluster: request.cluster, key: answer, run: request.run });
  return answer;
}

async function ask(question: URL, { signal, timeoutMs = 10_000 }: DiscoveryRequest): Promise<string> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(question, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    const text = await response.text();
    if (response.ok) return text;
    const message = `${question.href} answered ${response.status}: ${text.trim().slice(0, 200)}`;
    if (response.status >= 500 || [408, 429].includes(response.status)) throw new TransientError(message);
    throw new PermanentError(message, GIVEN_REMEDY);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TransientError || error instanceof PermanentError) throw error;
    const reason = deadline.aborted ? `no answer in ${timeoutMs / 1000} s` : String((error as Error).cause ?? error);
    throw new TransientError(`the discovery service at ${question.origin} cannot be reached: ${reason}`, { cause: error });
  }
}

/** A URL of the cluster's own service for this size with which no member has registered: made by a try whose answer was lost. */
async function unusedUrl(service: string, { etcd, size, signal, timeoutMs }: DiscoveryRequest): Promise<string | undefined> {
  if (!etcd) return undefined;
  const client = EtcdClient.at(etcd, { ...(timeoutMs ? { timeoutMs } : {}), ...(signal ? { signal } : {}) });
  const tokens = (await client.get(REGISTRY, { recursive: true }))?.nodes ?? [];
  for (const token of tokens.filter(({ nodes }) => !nodes?.length)) {
    const configured = await client.get(`${token.key}/_config/size`);
    if (configured?.value === String(size)) return new URL(token.key.slice(REGISTRY.length), service).href;
  }
  return undefined;
}
