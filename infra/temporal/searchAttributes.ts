/** Search attributes of a namespace, through Temporal's operator service. */
import type { Connection } from '@temporalio/client';
import { PermanentError } from '../errors.js';
import { waitFor } from '../wait.js';

/** `temporal.api.enums.v1.IndexedValueType`: Keyword. */
const KEYWORD = 2;

/**
 * Adds those that are missing, as Keyword; changes nothing when all are there.
 * @param options.timeoutMs in all. @default 20_000
 * @throws PermanentError with the command that an administrator runs, when the server does not let us
 */
export async function ensureSearchAttributes(
  connection: Connection, namespace: string, names: readonly string[],
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const missing = async (): Promise<string[]> => {
    const { customAttributes = {} } = await connection.operatorService.listSearchAttributes({ namespace });
    return names.filter((name) => customAttributes[name] !== KEYWORD);
  };
  await connection.withDeadline(Date.now() + timeoutMs, async () => {
    const toAdd = await missing();
    if (toAdd.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace, searchAttributes: Object.fromEntries(toAdd.map((name) => [name, KEYWORD])),
    });
    await waitFor(async () => ((await missing()).length === 0 ? true : undefined), { timeoutMs, signal: options.signal });
  }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new PermanentError(
      `the search attributes ${names.join(', ')} are not in namespace ${namespace} and could not be added: ${(error as Error).message}`,
      `Add them, as Keyword: temporal operator search-attribute create --namespace ${namespace} ${names.map((name) => `--name ${name} --type Keyword`).join(' ')}`,
    );
  });
}
