/** `retry:` of a step. */
import { InvalidDurationError, parseDuration } from '../durations.js';
import type { RetryPlan } from '../plan.js';
import { RETRY_KEYS } from './knownKeys.js';
import type { Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

export function readRetry(node: YamlNode, reader: Reader): RetryPlan | undefined {
  const entries = reader.keys(node, 'retry', RETRY_KEYS);
  const number = (key: string, rule: Parameters<Reader['number']>[2]) => {
    const entry = entries.get(key);
    return entry && (reader.number(entry.value, `"${key}"`, rule) as number | undefined);
  };
  const duration = (key: string) => {
    const entry = entries.get(key);
    return entry && readDuration(entry.value, `"${key}"`, reader);
  };
  if (node.kind === 'mapping' && !entries.has('max-attempts')) reader.problem(node.position, '"retry" needs "max-attempts"');
  const maxAttempts = number('max-attempts', { least: 1, integer: true });
  const initialIntervalMs = duration('initial-interval') ?? 1000;
  const backoff = number('backoff', { least: 1 }) ?? 2;
  const maxIntervalMs = duration('max-interval') ?? Math.max(60_000, initialIntervalMs);
  if (maxIntervalMs < initialIntervalMs) reader.problem(node.position, '"max-interval" is less than "initial-interval"');
  const nonRetryableExitCodes = readExitCodes(entries.get('non-retryable-exit-codes')?.value, reader);
  return maxAttempts === undefined ? undefined : { maxAttempts, initialIntervalMs, backoff, maxIntervalMs, nonRetryableExitCodes };
}

/** Milliseconds. */
export function readDuration(node: YamlNode, what: string, reader: Reader): number | undefined {
  const text = reader.string(node, what);
  if (text === undefined) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof InvalidDurationError)) throw error;
    return reader.problem(node.position, `${what}: ${error.message}`);
  }
}

function readExitCodes(node: YamlNode | undefined, reader: Reader): readonly number[] {
  if (!node) return [];
  if (node.kind !== 'sequence') return reader.problem(node.position, '"non-retryable-exit-codes" must be a list of numbers') ?? [];
  return node.items.flatMap((item) => {
    const code = reader.number(item, 'an exit code', { least: 1, integer: true });
    return typeof code === 'number' ? [code] : [];
  });
}
