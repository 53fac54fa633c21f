/**
 * A door before the test cloud that lets everything through, and where a test says so, does what clouds do on bad days. It puts its own address into
 * the catalogue, so that all requests come by. It also speaks Rackspace's login (v2.0 with an API key), which Keystone does not any more.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestCloud } from './fixture/cloud.js';

export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Never answers, and passes nothing on. */
  | { readonly kind: 'hang' }
  /** Passes it on, and ends the connection instead of answering. */
  | { readonly kind: 'lose-answer' }
  /** Passes it on after this time, also when the asker is gone, and never answers. */
  | { readonly kind: 'late'; readonly ms: number };

export interface Planned {
  readonly method: string;
  /** Of the path with the service before it: `/compute/v2.1/…/servers`. */
  readonly path: RegExp;
  readonly fault: Fault;
  /** For how many requests. @default 1 */
  times?: number;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  /** performance.now() */
  readonly at: number;
}

export interface Front {
  /** `http://127.0.0.1:41235/identity` */
  readonly identity: string;
  readonly seen: Seen[];
  plan(planned: Planned): void;
  /** Resolves at the next request that a plan fits. */
  readonly met: () => Promise<void>;
  close(): Promise<void>;
}

export async function openFront(cloud: TestCloud): Promise<Front> {
  const plans: Planned[] = [];
  const seen: Seen[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    seen.push({ method: request.method ?? '', path, at: performance.now() });
    const plan = plans.find((one) => one.method === request.method && one.path.test(path) && (one.times ?? 1) > 0);
    if (plan) {
      plan.times = (plan.times ?? 1) - 1;
      for (const resolve of waiting.splice(0)) resolve();
    }
    handle(cloud, own(server), request, response, plan?.fault).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    identity: `${own(server)}/identity`, seen,
    plan: (planned) => void plans.push(planned),
    met: () => new Promise((resolve) => { waiting.push(resolve); }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

function own(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function handle(cloud: TestCloud, self: string, request: IncomingMessage, response: ServerResponse, fault?: Fault): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    return;
  }
  if (fault?.kind === 'late') await delay(fault.ms);
  if (request.method === 'POST' && request.url === '/identity/v2.0/tokens') return rackspaceLogin(cloud, self, body, response);
  const answer = await pass(cloud, request, body);
  if (fault?.kind === 'late') return;
  if (fault?.kind === 'lose-answer') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers).end(answer.status === 204 ? '' : throughUs(cloud, self, answer.text));
}

async function pass(cloud: TestCloud, request: IncomingMessage, body: Buffer): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly text: string }> {
  const [, service = '', rest = ''] = /^\/(identity|compute|network)(.*)$/.exec(request.url ?? '') ?? [];
  const base = cloud[service as 'identity' | 'compute' | 'network'];
  const token = request.headers['x-auth-token'];
  const answer = await fetch(`${base}${rest}`, {
    method: request.method ?? 'GET',
    headers: { 'content-type': 'application/json', ...(typeof token === 'string' ? { 'x-auth-token': token } : {}) },
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  const subject = answer.headers.get('x-subject-token');
  return { status: answer.status, headers: { 'content-type': 'application/json', ...(subject ? { 'x-subject-token': subject } : {}) }, text: await answer.text() };
}

/** The services' addresses as ours. */
function throughUs(cloud: TestCloud, self: string, text: string): string {
  return (['identity', 'compute', 'network'] as const).reduce((all, service) => all.replaceAll(cloud[service], `${self}/${service}`), text);
}

/** Rackspace's "Authenticate with API key": the key is the user's password to Keystone. */
async function rackspaceLogin(cloud: TestCloud, self: string, body: Buffer, response: ServerResponse): Promise<void> {
  const { auth } = JSON.parse(body.toString()) as { auth: { 'RAX-KSKEY:apiKeyCredentials'?: { username: string; apiKey: string } } };
  const given = auth['RAX-KSKEY:apiKeyCredentials'];
  const domain = { id: 'default' };
  const answer = await fetch(`${cloud.identity}/v3/auth/tokens`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: {
      identity: { methods: ['password'], password: { user: { name: given?.username, password: given?.apiKey, domain } } },
      scope: { project: { name: cloud.project, domain } },
    } }),
  });
  if (!answer.ok) {
    response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ unauthorized: { code: 401, message: 'Unable to authenticate user with credentials provided.' } }));
    return;
  }
  const { token } = await answer.json() as { token: { expires_at: string; project: { id: string; name: string }; user: { id: string; name: string } } };
  const endpoint = (service: string, path: string): unknown => [{ region: 'IAD', tenantId: token.project.id, publicURL: `${self}/${service}${path}` }];
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access: {
    token: { id: answer.headers.get('x-subject-token'), expires: token.expires_at, tenant: token.project },
    serviceCatalog: [
      { name: 'cloudServers', type: 'compute', endpoints: [{ tenantId: token.project.id, publicURL: 'https://servers.invalid/v1.0/1' }] },
      { name: 'cloudServersOpenStack', type: 'compute', endpoints: endpoint('compute', `/v2.1/${token.project.id}`) },
      { name: 'cloudNetworks', type: 'network', endpoints: endpoint('network', '/v2.0') },
    ],
    user: token.user,
  } }));
}
