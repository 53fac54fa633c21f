import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchPage } from '../../../infra/endpoints/fetchPage.js';
import { HEALTH_PAGE } from '../../../infra/endpoints/pages.js';
import { TransientError } from '../../../infra/errors.js';

let server: Server;
let answer: { status: number; text: string };
const seen: (string | undefined)[] = [];

beforeEach(async () => {
  answer = { status: 200, text: 'PASS' };
  seen.length = 0;
  server = createServer(({ url, headers }, response) => {
    seen.push(url, headers.host);
    response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
afterEach(() => new Promise((resolve) => { server.close(resolve); }));

const port = (): number => (server.address() as AddressInfo).port;
const signal = new AbortController().signal;

describe('a page of a web server', () => {
  it('is fetched from here', async () => {
    expect(await fetchPage(`http://127.0.0.1:${port()}`, HEALTH_PAGE, signal)).toBe('PASS');
    expect(seen).toEqual(['/health.php', `127.0.0.1:${port()}`]);
  });

  it('of a machine behind a jump host is fetched from there, by the address that is known there', async () => {
    const asked: unknown[] = [];
    const way = { connectTcp: async (host: string, at: number) => { asked.push(host, at); return connect(port(), '127.0.0.1'); } };
    expect(await fetchPage('http://10.9.8.7:18003', HEALTH_PAGE, signal, way)).toBe('PASS');
    expect(asked).toEqual(['10.9.8.7', 18003]);
    expect(seen).toEqual(['/health.php', '10.9.8.7:18003']);
  });

  it.each(['here', 'a jump host'])('is an error that passes when it is not as it should be, from %s', async (from) => {
    const way = from === 'here' ? undefined : { connectTcp: async () => connect(port(), '127.0.0.1') };
    answer = { status: 503, text: 'no' };
    await expect(fetchPage(`http://127.0.0.1:${port()}`, HEALTH_PAGE, signal, way)).rejects.toThrow(/health\.php: status 503/);
    answer = { status: 200, text: 'FAIL' };
    await expect(fetchPage(`http://127.0.0.1:${port()}`, HEALTH_PAGE, signal, way)).rejects.toBeInstanceOf(TransientError);
  });
});
