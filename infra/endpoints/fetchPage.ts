/** A page of a web server, from outside. */
import { TransientError } from '../errors.js';
import type { Page } from './pages.js';

const PAGE_TIMEOUT_MS = 10_000;

/** A page's summary. @param base `http://HOST:PORT` @throws TransientError when it is not as it should be */
export async function fetchPage(base: string, page: Page, signal: AbortSignal): Promise<string> {
  const url = `${base}${page.path}`;
  let body: string;
  let status: number;
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_TIMEOUT_MS)]) });
    [status, body] = [response.status, await response.text()];
  } catch (error) {
    signal.throwIfAborted();
    throw new TransientError(`${url} does not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const problem = status === 200 ? page.problem(body) : `status ${status}`;
  if (problem) throw new TransientError(`${url}: ${problem}`);
  return page.summary(body);
}
