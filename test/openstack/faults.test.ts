import { describe, expect, it } from 'vitest';
import { CloudUnavailableError } from '../../infra/cloud/errors.js';
import { CloudServers } from '../../infra/cloud/servers.js';
import { CloudSession, type SessionOptions } from '../../infra/cloud/session.js';
import { credentialsOf } from './fixture/cloud.js';
import type { Fault, Front } from './front.js';
import { cloud, newFront } from './world.js';

const LIST = { method: 'GET', path: /\/servers\/detail/ } as const;
const LOGIN = { method: 'POST', path: /\/auth\/tokens$/ } as const;

function sessionBehind(front: Front, options: SessionOptions = {}): CloudServers {
  return new CloudServers(new CloudSession(credentialsOf({ ...cloud, identity: front.identity }), { pauseMs: 50, ...options }));
}

function asked(front: Front, { method, path }: { readonly method: string; readonly path: RegExp }): readonly number[] {
  return front.seen.filter((one) => one.method === method && path.test(one.path)).map(({ at }) => at);
}

describe('a cloud on a bad day', () => {
  it.each<[string, Fault]>([
    ['502', { kind: 'answer', status: 502, body: '<html><h1>Bad Gateway</h1></html>' }],
    ['504', { kind: 'answer', status: 504 }],
    ['429', { kind: 'answer', status: 429 }],
    ['405, which pkgcloud takes for a success', { kind: 'answer', status: 405 }],
    ['200 and no JSON', { kind: 'answer', status: 200, body: 'Welcome to our network! Please log in.' }],
    ['200 and JSON of something else', { kind: 'answer', status: 200, body: '{"motd": "hello"}' }],
    ['200 and nothing', { kind: 'answer', status: 200 }],
    ['nothing: it ends the connection', { kind: 'lose-answer' }],
  ])('answers %s: a list is asked for again, and comes', async (what, fault) => {
    const front = await newFront();
    front.plan({ ...LIST, fault });
    const listed = sessionBehind(front).list('nobody-');
    if (what.startsWith('405')) await expect(listed).rejects.toThrow('could not list the servers: the cloud says 405');
    else expect(await listed).toEqual([]);
    expect(asked(front, LIST)).toHaveLength(what.startsWith('405') ? 1 : 2);
  });

  it('asks for patience with Retry-After: it gets it', async () => {
    const front = await newFront();
    front.plan({ ...LIST, fault: { kind: 'answer', status: 429, headers: { 'retry-after': '2' } } });
    await sessionBehind(front).list('nobody-');
    const [first = 0, second = 0] = asked(front, LIST);
    expect(second - first).toBeGreaterThanOrEqual(1_990);
  });

  it('asks for more patience than there is: an error that says its words', async () => {
    const front = await newFront();
    front.plan({ ...LIST, fault: { kind: 'answer', status: 503, headers: { 'retry-after': '3600', 'content-type': 'application/json' }, body: '{"overLimit": {"message": "Try in an hour."}}' } });
    const listed = sessionBehind(front).list('nobody-');
    await expect(listed).rejects.toThrow('could not list the servers: the cloud says 503 Try in an hour.');
    await expect(listed).rejects.toMatchObject({ details: { status: 503, retryAfterMs: 3_600_000 } });
  });

  it('does not answer: each request ends at its deadline', async () => {
    const front = await newFront();
    front.plan({ ...LIST, fault: { kind: 'hang' }, times: 100 });
    const listed = sessionBehind(front, { requestMs: 10_000, patienceMs: 0 }).list('nobody-');
    await expect(listed).rejects.toBeInstanceOf(CloudUnavailableError);
    await expect(listed).rejects.toThrow('could not list the servers: the cloud did not answer in 10 s');
  });

  it('gives way to who gives up: the signal ends a request under way', async () => {
    const front = await newFront();
    front.plan({ ...LIST, fault: { kind: 'hang' } });
    const stop = new AbortController();
    const met = front.met();
    const listed = sessionBehind(front).list('nobody-', stop.signal);
    listed.catch(() => undefined);
    await met;
    stop.abort(new Error('enough'));
    await expect(listed).rejects.toThrow('enough');
  });

  it('forgets a token: one login again for all who are told so', async () => {
    const front = await newFront();
    const servers = sessionBehind(front);
    await servers.list('nobody-');
    front.plan({ ...LIST, fault: { kind: 'answer', status: 401, body: '{"error": {"message": "expired"}}' }, times: 3 });
    await Promise.all([1, 2, 3].map(() => servers.list('nobody-')));
    expect(asked(front, LOGIN)).toHaveLength(2);
  });

  it('does not accept a token that it has just given: an error, and no login without end', async () => {
    const front = await newFront();
    front.plan({ ...LIST, fault: { kind: 'answer', status: 401 }, times: 100 });
    await expect(sessionBehind(front).list('nobody-')).rejects.toThrow('the cloud does not accept the token that it has just given');
    expect(asked(front, LOGIN)).toHaveLength(2);
  });

  it('is asked by many at once: they log in once', async () => {
    const front = await newFront();
    const servers = sessionBehind(front);
    await Promise.all([servers.list('nobody-'), servers.flavors(), servers.images(), servers.list('nobody-')]);
    expect(asked(front, LOGIN)).toHaveLength(1);
  });

  it.each<[string, Fault]>([
    ['502', { kind: 'answer', status: 502 }], ['200 and no token', { kind: 'answer', status: 200, body: '{}' }], ['nothing', { kind: 'lose-answer' }],
  ])('answers a login with %s: it is tried again', async (_, fault) => {
    const front = await newFront();
    front.plan({ ...LOGIN, fault });
    expect(await sessionBehind(front).list('nobody-')).toEqual([]);
    expect(asked(front, LOGIN)).toHaveLength(2);
  });

  it('refuses a delete for a reason that passes: it is asked again, and never taken for done', async () => {
    const front = await newFront();
    front.plan({ method: 'DELETE', path: /\/servers\//, fault: { kind: 'answer', status: 502 }, times: 100 });
    const deleted = sessionBehind(front, { patienceMs: 300 }).delete('0d7e1bd6-0000-4000-8000-000000000000');
    await expect(deleted).rejects.toThrow('could not delete the server 0d7e1bd6-0000-4000-8000-000000000000: the cloud says 502');
  });

  it('refuses a request for a server for a reason that may not have kept it from being made: not repeated here', async () => {
    const front = await newFront();
    const create = { method: 'POST', path: /\/servers$/ } as const;
    front.plan({ ...create, fault: { kind: 'answer', status: 504 }, times: 100 });
    const server = { name: 'x', flavor: '1', image: '1', keyName: 'x', userData: '', metadata: {}, networks: [], securityGroups: [] };
    await expect(sessionBehind(front).create(server)).rejects.toMatchObject({ details: { ambiguous: true, status: 504 } });
    expect(asked(front, create)).toHaveLength(1);
  });

  it('cannot be reached: said as such', async () => {
    const credentials = credentialsOf({ ...cloud, identity: 'http://127.0.0.1:9' });
    await expect(new CloudServers(new CloudSession(credentials, { patienceMs: 0 })).list('nobody-')).rejects.toThrow(/could not log in: ECONNREFUSED/);
  });
});
