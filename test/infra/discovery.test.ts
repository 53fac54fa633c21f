import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseClusterName, parseRunId } from '../../language/ids.js';
import { createDiscoveryUrl, discoveryUrlOf } from '../../infra/discovery/discovery.js';
import type { Provider } from '../../infra/provider.js';

const who = { cluster: parseClusterName('demo'), run: parseRunId('deploy/demo#1'), size: 4 };
const servers: ReturnType<typeof createServer>[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number, text: string): RequestListener => (_, response) => void response.writeHead(status).end(text);

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

describe('a discovery URL', () => {
  it('that was given is used as it is', async () => {
    const url = 'https://discovery.etcd.io/3e86b59982e49066c5d813af1c2e2579cbf573de';
    expect(await createDiscoveryUrl({ ...who, url, service: 'http://127.0.0.1:1' })).toBe(url);
  });

  it.each(['', '/', '/new', '/new?size=9'])('is asked of the service at "%s" with the size of the cluster', async (path) => {
    const asked: (string | undefined)[] = [];
    const service = await serve((question, response) => {
      asked.push(question.url);
      response.end('https://discovery.example/abc\n');
    });
    expect(await createDiscoveryUrl({ ...who, url: service + path })).toBe('https://discovery.example/abc');
    expect(asked).toEqual(['/new?size=4']);
  });

  it.each(['ftp://x/y', 'nonsense', 'http://x/$(reboot)', 'http://x/a b', 'https://user:secret@x/y', '-x', 'http://x/a\nb', 'http://x/"'])(
    'is refused when it is %j', async (url) => {
      await expect(createDiscoveryUrl({ ...who, url })).rejects.toMatchObject({ name: 'InvalidInputError' });
    },
  );

  it.each([[500, 'TransientError'], [503, 'TransientError'], [429, 'TransientError'], [404, 'PermanentError'], [400, 'PermanentError']])(
    'that the service answers with %i is a %s', async (status, name) => {
      const service = await serve(answering(status, 'no'));
      await expect(createDiscoveryUrl({ ...who, service })).rejects.toMatchObject({ name });
    },
  );

  it.each(['', 'unable to generate token', 'javascript:alert(1)', 'http://x/$(reboot)'])('is not %j', async (text) => {
    const service = await serve(answering(200, text));
    await expect(createDiscoveryUrl({ ...who, service })).rejects.toMatchObject({ name: 'PermanentError' });
  });

  it('is asked for again later when the service is down or silent', async () => {
    const silent = await serve(() => undefined);
    await expect(createDiscoveryUrl({ ...who, service: silent, timeoutMs: 50 })).rejects.toMatchObject({ name: 'TransientError', message: expect.stringContaining('no answer') });
    await expect(createDiscoveryUrl({ ...who, service: 'http://127.0.0.1:1' })).rejects.toMatchObject({ name: 'TransientError' });
  });

  it('is no longer waited for when the caller aborts', async () => {
    const silent = await serve(() => undefined);
    const reason = new Error('cancelled');
    const cancel = new AbortController();
    const asked = createDiscoveryUrl({ ...who, service: silent, signal: cancel.signal });
    cancel.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it('of a cluster that is there is that of its servers', async () => {
    const withServers = (urls: string[]) => ({ listServers: async () => urls.map((discoveryUrl) => ({ tags: { discoveryUrl } })) }) as unknown as Provider;
    expect(await discoveryUrlOf(withServers(['http://x/1', 'http://x/1']), who.cluster)).toBe('http://x/1');
    expect(await discoveryUrlOf(withServers([]), who.cluster)).toBeUndefined();
  });
});
