/** `on:`, and the inputs of `workflow_dispatch`. */
import type { DispatchInput, DispatchInputType } from '../definition.js';
import { notYet, suggest } from '../diagnostics.js';
import { coerceInput } from '../inputValues.js';
import type { Scalar } from '../plan.js';
import { DISPATCH_INPUT_KEYS, DISPATCH_KEYS, EVENTS } from './knownKeys.js';
import { present, type Reader } from './reader.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

const TYPES: readonly DispatchInputType[] = ['string', 'boolean', 'choice', 'number'];

/** The inputs of `on.workflow_dispatch`; an event by its name alone has none. */
export function readOn(node: YamlNode, reader: Reader): readonly DispatchInput[] {
  if (node.kind !== 'mapping') {
    const events = reader.list(node, '"on"');
    if (events.length === 0) reader.problem(node.position, 'no event: write "on: workflow_dispatch"');
    for (const { text, position } of events) checkEvent(text, position, reader);
    return [];
  }
  for (const { key, keyPosition } of node.entries) checkEvent(key, keyPosition, reader);
  const dispatch = node.entries.find(({ key }) => key === 'workflow_dispatch');
  if (!dispatch) return [];
  const inputs = reader.keys(dispatch.value, 'workflow_dispatch', DISPATCH_KEYS).get('inputs');
  const entries = inputs ? (reader.mapping(inputs.value, 'inputs')?.entries ?? []) : [];
  return entries.map((entry) => readInput(entry, reader)).filter((input) => input !== undefined);
}

function checkEvent(name: string, at: MappingEntry['keyPosition'], reader: Reader): void {
  if (EVENTS.known.includes(name)) return;
  if (EVENTS.notYet.includes(name)) reader.problem(at, notYet(name));
  else reader.problem(at, `unknown event ${JSON.stringify(name)}`, suggest(name, [...EVENTS.known, ...EVENTS.notYet]));
}

function readInput({ key: name, keyPosition, value }: MappingEntry, reader: Reader): DispatchInput | undefined {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) {
    reader.problem(keyPosition, `${JSON.stringify(name)} is not the name of an input: start with a letter or "_", then letters, digits, "-" or "_"`);
  }
  const entries = reader.keys(value, `input ${name}`, DISPATCH_INPUT_KEYS);
  const get = <T>(key: string, read: (node: YamlNode, what: string) => T | undefined): T | undefined => {
    const entry = entries.get(key);
    return entry && read(entry.value, `${name}.${key}`);
  };
  const type = get('type', (node, what) => readType(node, what, reader)) ?? (entries.has('type') ? undefined : 'string');
  const options = get('options', (node, what) => reader.list(node, what).map(({ text }) => text));
  if (type === 'choice' && !options?.length) reader.problem(keyPosition, `input ${name} is a choice and has no options`);
  if (type && type !== 'choice' && options) reader.problem(entries.get('options')!.keyPosition, `input ${name} has options and is no choice`);
  if (!type) return undefined;
  const fallback = get('default', (node, what) => readDefault(node, what, type, options, reader));
  const description = get('description', (node, what) => reader.string(node, what));
  const required = get('required', (node, what) => reader.boolean(node, what));
  return {
    name, type, required: required === true, position: keyPosition,
    ...present({ description, default: fallback, options: type === 'choice' ? options : undefined }),
  };
}

function readType(node: YamlNode, what: string, reader: Reader): DispatchInputType | undefined {
  const type = reader.string(node, what);
  if (type === 'environment') return reader.problem(node.position, notYet(type));
  if (type === undefined || (TYPES as readonly string[]).includes(type)) return type as DispatchInputType | undefined;
  return reader.problem(node.position, `unknown type ${JSON.stringify(type)}: use ${TYPES.join(', ')}`, suggest(type, TYPES));
}

function readDefault(
  node: YamlNode, what: string, type: DispatchInputType, options: readonly string[] | undefined, reader: Reader,
): Scalar | undefined {
  const given = reader.scalar(node, what);
  if (given === undefined) return undefined;
  const { value, problem } = coerceInput(given, type === 'choice' ? 'string' : type);
  if (problem !== undefined) return reader.problem(node.position, `${what}: ${problem}`);
  if (type !== 'choice' || !options || options.includes(String(value))) return value;
  return reader.problem(node.position, `${what}: ${JSON.stringify(value)} is none of the options ${options.join(', ')}`, suggest(String(value), options));
}
