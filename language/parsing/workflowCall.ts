/** `on.workflow_call`: what a workflow that others can call takes and gives. */
import type { CallInput, CallInterface } from '../definition.js';
import { suggest } from '../diagnostics.js';
import { coerceInput } from '../inputValues.js';
import type { InputType, Scalar } from '../plan.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { CALL_INPUT_KEYS, CALL_OUTPUT_KEYS, CALL_SECRET_KEYS } from './knownKeys.js';
import { type Entries, isNothing, present, type Reader } from './reader.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

const TYPES: readonly InputType[] = ['string', 'number', 'boolean'];
const NAME = /^[A-Za-z_][\w-]*$/;

export function readCallInterface(node: YamlNode, reader: Reader): CallInterface {
  const entries = reader.keys(node, 'workflow_call', { known: ['inputs', 'secrets', 'outputs'], notYet: [] }, true);
  const each = <T>(key: string, read: (entry: MappingEntry) => T | undefined): ReadonlyMap<string, T> => {
    const part = entries.get(key)?.value;
    const members = part ? (reader.mapping(part, `workflow_call.${key}`)?.entries ?? []) : [];
    return new Map(members.flatMap((entry): [string, T][] => {
      checkName(entry, key, reader);
      const value = read(entry);
      return value === undefined ? [] : [[entry.key, value]];
    }));
  };
  return {
    inputs: each('inputs', (entry) => readInput(entry, reader)),
    secrets: each('secrets', (entry) => readSecret(entry, reader)),
    outputs: each('outputs', (entry) => readOutput(entry, reader)),
  };
}

function checkName({ key, keyPosition }: MappingEntry, what: string, reader: Reader): void {
  if (!NAME.test(key)) reader.problem(keyPosition, `${JSON.stringify(key)} cannot be a name in ${what}: start with a letter or "_", then letters, digits, "-" or "_"`);
}

function readInput({ key: name, keyPosition, value }: MappingEntry, reader: Reader): CallInput {
  const entries = reader.keys(value, `input ${name}`, CALL_INPUT_KEYS);
  const typeNode = entries.get('type')?.value;
  if (!typeNode) reader.tolerate(keyPosition, `input ${name} needs "type": ${TYPES.join(', ')}`);
  const type = typeNode ? readType(typeNode, `${name}.type`, reader) : 'string';
  const required = entries.get('required');
  return {
    type: type ?? 'string',
    position: keyPosition,
    required: required !== undefined && reader.boolean(required.value, `${name}.required`) === true,
    ...present({ default: type && readDefault(entries, name, type, reader), description: text(entries, 'description', name, reader) }),
  };
}

function readType(node: YamlNode, what: string, reader: Reader): InputType | undefined {
  const type = reader.string(node, what);
  if (type === undefined || (TYPES as readonly string[]).includes(type)) return type as InputType | undefined;
  return reader.problem(node.position, `unknown type ${JSON.stringify(type)}: use ${TYPES.join(', ')}`, suggest(type, TYPES));
}

function readDefault(entries: Entries, name: string, type: InputType, reader: Reader): Scalar | undefined {
  const node = entries.get('default')?.value;
  const given = node && !isNothing(node) ? reader.scalar(node, `${name}.default`, SLOTS.callInputDefault) : undefined;
  if (given === undefined || hasExpression(given)) return given;
  const { value, problem } = coerceInput(given, type);
  return problem === undefined ? value : reader.problem(node!.position, `${name}.default: ${problem}`);
}

function readSecret({ key, value }: MappingEntry, reader: Reader): { readonly required: boolean } {
  const entries = reader.keys(value, `secret ${key}`, CALL_SECRET_KEYS, true);
  const required = entries.get('required');
  text(entries, 'description', key, reader);
  return { required: required !== undefined && reader.boolean(required.value, `${key}.required`) === true };
}

function readOutput({ key, keyPosition, value }: MappingEntry, reader: Reader): string | undefined {
  const entries = reader.keys(value, `output ${key}`, CALL_OUTPUT_KEYS);
  const valueNode = entries.get('value')?.value;
  text(entries, 'description', key, reader);
  return valueNode ? reader.string(valueNode, `${key}.value`, SLOTS.callOutputs) : reader.problem(keyPosition, `output ${key} needs "value"`);
}

function text(entries: Entries, key: string, name: string, reader: Reader): string | undefined {
  const entry = entries.get(key);
  return entry && reader.string(entry.value, `${name}.${key}`);
}
