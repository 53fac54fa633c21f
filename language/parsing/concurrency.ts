/** `concurrency:` of the workflow or of a job. */
import type { Availability } from '../expressions.js';
import type { ConcurrencyPlan } from '../plan.js';
import { suggest } from '../diagnostics.js';
import { hasExpression } from '../templates.js';
import { CONCURRENCY_KEYS } from './knownKeys.js';
import type { Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

export function readConcurrency(node: YamlNode, slot: Availability, reader: Reader): ConcurrencyPlan | undefined {
  if (node.kind !== 'mapping') {
    const group = reader.nonEmpty(node, '"concurrency"', slot);
    return group === undefined ? undefined : { group, cancelInProgress: false, queue: 'single' };
  }
  const entries = reader.keys(node, 'concurrency', CONCURRENCY_KEYS);
  const [groupEntry, cancel, queueEntry] = [entries.get('group'), entries.get('cancel-in-progress'), entries.get('queue')];
  const cancelInProgress = (cancel && reader.boolean(cancel.value, '"cancel-in-progress"', slot)) ?? false;
  const queue = (queueEntry && readQueue(queueEntry.value, slot, reader)) ?? 'single';
  if (queue === 'max' && cancelInProgress === true) {
    reader.problem(queueEntry!.value.position, '"queue: max" lets runs wait in order, and "cancel-in-progress: true" ends the one that they wait for: use one of them');
  }
  if (!groupEntry) return reader.problem(node.position, '"concurrency" needs "group"');
  const group = reader.nonEmpty(groupEntry.value, '"group"', slot);
  return group === undefined ? undefined : { group, cancelInProgress, queue };
}

function readQueue(node: YamlNode, slot: Availability, reader: Reader): ConcurrencyPlan['queue'] | undefined {
  const queue = reader.string(node, '"queue"', slot);
  if (queue === 'single' || queue === 'max' || queue === undefined || hasExpression(queue)) return queue;
  return reader.problem(node.position, `"queue" must be single or max, not ${JSON.stringify(queue)}`, suggest(queue, ['single', 'max']));
}
