/** A page of a web server, from outside. */
import { TransientError } from '../errors.js';
import { httpOverStream } from '../streamHttp.js';
import type { Transport } from '../transport.js';
import type { Page } from './pages.js';

const PAGE_TIMEOUT_MS = 10_000;

/** From where a server is reached: the jump host before it. */
export type Way = Pick<Transport, 'connectTcp'>;

/** A page's summary. @param base `http://HOST:PORT` @param way undefined: from this host @throws TransientError when it is not as it should be */
export async function fetchPage(base: string, page: Page, signal: AbortSignal, way?: Way): Promise<string> {
  const url = `${base}${page.path}`;
  let body: string;
  let status: number;
  try {
    ({ status, text: body } = await get(new URL(url), signal, way));
  } catch (error) {
    signal.throwIfAborted();
    throw new TransientError(`${url} does not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const problem = status === 200 ? page.problem(body) : `status ${status}`;
  if (problem) throw new TransientError(`${url}: ${problem}`);
  return page.summary(body);
}

async function get(url: URL, signal: AbortSignal, way: Way | undefined): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port, host, pathname } = url;
  if (way) return httpOverStream({ connect: () => way.connectTcp(hostname, Number(port)), method: 'GET', path: pathname, host, timeoutMs: PAGE_TIMEOUT_MS, signal });
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_TIMEOUT_MS)]) });
  return { status: response.status, text: await response.text() };
}
