/** Settings of a job that stand for themselves: where it runs, its environment, its snapshot. */
import type { JobPlan, Template } from '../plan.js';
import { notYet } from '../diagnostics.js';
import { SLOTS } from './availability.js';
import { ENVIRONMENT_KEYS, RUNS_ON_KEYS, SNAPSHOT_KEYS } from './knownKeys.js';
import { isNothing, present, type Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

/** `runs-on`: a label, several, an expression, or a mapping with `group` and `labels`. A group alone is a label: that can be mapped to a runner. */
export function readRunsOn(node: YamlNode, reader: Reader): Pick<JobPlan, 'runsOn' | 'runnerGroup'> {
  if (node.kind !== 'mapping') return { runsOn: readLabels(node, '"runs-on"', reader) };
  const entries = reader.keys(node, 'runs-on', RUNS_ON_KEYS);
  const [group, labels] = [entries.get('group'), entries.get('labels')];
  if (!group && !labels) reader.problem(node.position, '"runs-on" needs "group" or "labels"');
  const runnerGroup = group && reader.nonEmpty(group.value, '"group"', SLOTS.job);
  return { runsOn: labels ? readLabels(labels.value, '"labels"', reader) : (runnerGroup ?? ''), ...present({ runnerGroup }) };
}

function readLabels(node: YamlNode, what: string, reader: Reader): Template | readonly Template[] {
  if (node.kind !== 'sequence') return reader.nonEmpty(node, what, SLOTS.job) ?? '';
  if (node.items.length === 0) reader.problem(node.position, `${what} is empty`);
  const labels = node.items.flatMap((item) => reader.nonEmpty(item, what, SLOTS.job) ?? []);
  return labels.length === 1 ? labels[0]! : labels;
}

/** `environment`: its name, or a mapping with `name` and `url`. It names the environment; nothing waits for people here. */
export function readEnvironment(node: YamlNode, reader: Reader): JobPlan['environment'] {
  if (node.kind === 'scalar') {
    const name = isNothing(node) ? undefined : reader.string(node, '"environment"', SLOTS.job);
    return name ? { name } : undefined;
  }
  const entries = reader.keys(node, 'environment', ENVIRONMENT_KEYS);
  const [nameEntry, url, deployment] = [entries.get('name'), entries.get('url'), entries.get('deployment')];
  if (deployment) reader.boolean(deployment.value, '"deployment"', SLOTS.job);
  if (!nameEntry) return reader.problem(node.position, '"environment" needs "name"');
  const name = reader.string(nameEntry.value, '"name"', SLOTS.job);
  return name ? { name, ...present({ url: url && reader.string(url.value, '"url"', SLOTS.environmentUrl) }) } : undefined;
}

/** GitHub makes an image of the runner of it. */
export function refuseSnapshot(node: YamlNode, reader: Reader): void {
  if (node.kind === 'mapping') reader.keys(node, 'snapshot', SNAPSHOT_KEYS);
  reader.problem(node.position, `${notYet('snapshot')}: a job has no image of its own here`);
}
