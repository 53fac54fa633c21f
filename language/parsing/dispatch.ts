/** The inputs of `on.workflow_dispatch`. */
import type { DispatchInput, DispatchInputType } from '../definition.js';
import { suggest } from '../diagnostics.js';
import { coerceInput } from '../inputValues.js';
import type { Scalar } from '../plan.js';
import { DISPATCH_INPUT_KEYS } from './knownKeys.js';
import { isNothing, present, type Reader } from './reader.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

const TYPES: readonly DispatchInputType[] = ['string', 'boolean', 'choice', 'number', 'environment'];
const MOST_INPUTS = 25;

/** @param node the value of `workflow_dispatch` */
export function readDispatchInputs(node: YamlNode, reader: Reader): readonly DispatchInput[] {
  const own = reader.mapping(node, 'workflow_dispatch', true)?.entries ?? [];
  for (const { key, keyPosition } of own) if (key !== 'inputs') reader.tolerate(keyPosition, `unknown key ${JSON.stringify(key)} in workflow_dispatch`, suggest(key, ['inputs']));
  const inputs = own.find(({ key }) => key === 'inputs');
  const entries = inputs ? (reader.mapping(inputs.value, 'inputs')?.entries ?? []) : [];
  if (entries.length > MOST_INPUTS) reader.problem(entries[MOST_INPUTS]!.keyPosition, `there are ${entries.length} inputs, and ${MOST_INPUTS} is the most`);
  return entries.map((entry) => readInput(entry, reader));
}

function readInput({ key: name, keyPosition, value }: MappingEntry, reader: Reader): DispatchInput {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) {
    reader.problem(keyPosition, `${JSON.stringify(name)} is not the name of an input: start with a letter or "_", then letters, digits, "-" or "_"`);
  }
  const entries = reader.keys(value, `input ${name}`, DISPATCH_INPUT_KEYS, true);
  const get = <T>(key: string, read: (node: YamlNode, what: string) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && read(entry.value, `${name}.${key}`);
  };
  const known = get('type', (node, what) => readType(node, what, reader)) ?? (entries.has('type') ? undefined : 'string');
  const type = known ?? 'string';
  const options = get('options', (node, what) => readOptions(node, what, reader));
  if (type === 'choice' && !options?.length) reader.problem(keyPosition, `input ${name} is a choice and has no options`);
  if (known && type !== 'choice' && options) reader.problem(entries.get('options')!.keyPosition, `input ${name} has options and is no choice`);
  const fallback = known && get('default', (node, what) => readDefault(node, what, type, options, reader));
  const description = get('description', (node, what) => reader.string(node, what));
  const required = get('required', (node, what) => reader.boolean(node, what));
  return {
    name, type, required: required === true, position: keyPosition,
    ...present({ description, default: fallback, options: type === 'choice' ? options : undefined }),
  };
}

/** An option may be empty. */
function readOptions(node: YamlNode, what: string, reader: Reader): readonly string[] | undefined {
  if (node.kind !== 'sequence') return reader.problem(node.position, `${what} must be a list`);
  return node.items.flatMap((item) => reader.string(item, what) ?? []);
}

function readType(node: YamlNode, what: string, reader: Reader): DispatchInputType | undefined {
  const type = reader.string(node, what);
  if (type === undefined || (TYPES as readonly string[]).includes(type)) return type as DispatchInputType | undefined;
  return reader.problem(node.position, `unknown type ${JSON.stringify(type)}: use ${TYPES.join(', ')}`, suggest(type, TYPES));
}

function readDefault(
  node: YamlNode, what: string, type: DispatchInputType, options: readonly string[] | undefined, reader: Reader,
): Scalar | undefined {
  const given = isNothing(node) ? undefined : reader.scalar(node, what);
  if (given === undefined || (given === '' && type !== 'choice')) return type === 'string' ? given : undefined;
  const { value, problem } = coerceInput(given, type === 'choice' || type === 'environment' ? 'string' : type);
  if (problem !== undefined) return reader.problem(node.position, `${what}: ${problem}`);
  if (type !== 'choice' || !options || options.includes(String(value))) return value;
  return reader.problem(node.position, `${what}: ${JSON.stringify(value)} is none of the options ${options.join(', ')}`, suggest(String(value), options));
}
