/** A job that calls a reusable workflow. What the workflow takes is checked when it is known. */
import type { CallDefinition } from '../definition.js';
import type { CallPlan } from '../plan.js';
import { suggest } from '../diagnostics.js';
import { SLOTS } from './availability.js';
import type { Entries, Reader } from './reader.js';
import { checkWorkflowReference } from './usesReference.js';
import type { YamlNode } from './yamlTree.js';

/** @param entries has `uses` */
export function readCall(entries: Entries, reader: Reader): CallDefinition | undefined {
  const usesNode = entries.get('uses')!.value;
  const withNode = entries.get('with')?.value;
  const secretsNode = entries.get('secrets')?.value;
  const values = withNode ? reader.values(withNode, 'with', SLOTS.job) : {};
  const secrets = secretsNode ? readSecrets(secretsNode, reader) : {};
  const uses = reader.nonEmpty(usesNode, '"uses"')?.trim();
  if (uses === undefined || !checkWorkflowReference(uses, usesNode, reader)) return undefined;
  return {
    uses, with: values, secrets, usesPosition: usesNode.position,
    withPositions: reader.positions(withNode), secretPositions: reader.positions(secretsNode),
  };
}

function readSecrets(node: YamlNode, reader: Reader): CallPlan['secrets'] {
  if (node.kind === 'scalar' && node.value !== null) {
    const text = reader.string(node, '"secrets"');
    if (text === 'inherit') return 'inherit';
    if (text !== undefined) reader.problem(node.position, `"secrets" must be inherit or a mapping, not ${JSON.stringify(text)}`, suggest(text, ['inherit']));
    return {};
  }
  return Object.fromEntries(Object.entries(reader.values(node, 'secrets', SLOTS.jobSecrets)).map(([name, value]) => [name, String(value)]));
}
