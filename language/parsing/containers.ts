/** `container:` and `services:` of a job. */
import type { ContainerPlan, Scalar, Template } from '../plan.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { CONTAINER_KEYS, CREDENTIALS_KEYS, type KeySet, SERVICE_KEYS } from './knownKeys.js';
import { type Entries, isNothing, present, type Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

/** An image by its name (which may be a template that gives an object), or a mapping. */
export function readContainer(node: YamlNode, what: string, reader: Reader, keys: KeySet = CONTAINER_KEYS): ContainerPlan | Template | undefined {
  if (node.kind === 'scalar') return isNothing(node) ? undefined : reader.string(node, what, SLOTS.job) || undefined;
  if (node.kind === 'sequence') return reader.problem(node.position, `${what} must be an image or a mapping with "image"`);
  const entries = reader.keys(node, what, keys);
  const imageNode = entries.get('image');
  if (!imageNode) return reader.problem(node.position, `${what} needs "image"`);
  const image = reader.string(imageNode.value, `${what}.image`, SLOTS.job);
  // What an expression may give, for a container that is there at times, may be written out too.
  if (image?.trim() === '') reader.tolerate(imageNode.value.position, `${what}.image is empty: there is no such container then`);
  const text = (key: string) => {
    const entry = entries.get(key);
    return entry && (reader.string(entry.value, `${what}.${key}`, SLOTS.job) || undefined);
  };
  const env = entries.get('env');
  if (image === undefined) return undefined;
  return {
    image,
    env: env ? reader.values(env.value, `${what}.env`, SLOTS.containerEnv, false) : {},
    ports: readList(entries, 'ports', what, reader),
    volumes: readList(entries, 'volumes', what, reader).map(String),
    ...present({ credentials: readCredentials(entries, what, reader), options: text('options'), entrypoint: text('entrypoint'), command: text('command') }),
  };
}

export function readServices(node: YamlNode, reader: Reader): Readonly<Record<string, ContainerPlan | Template>> | Template | undefined {
  if (node.kind === 'scalar' && hasExpression(node.value)) return reader.string(node, '"services"', SLOTS.job, 'object');
  const entries = reader.mapping(node, '"services"')?.entries ?? [];
  return Object.fromEntries(entries.flatMap(({ key, value }) => {
    const service = readContainer(value, `service ${key}`, reader, SERVICE_KEYS);
    if (service === undefined && value.kind === 'scalar') reader.problem(value.position, `service ${key} needs an image`);
    return service === undefined ? [] : [[key, service]];
  }));
}

/** A list, or one template that gives it: that is its only item. */
function readList(entries: Entries, key: string, what: string, reader: Reader): readonly Scalar[] {
  const node = entries.get(key)?.value;
  if (!node) return [];
  if (isNothing(node)) {
    reader.tolerate(node.position, `${what}.${key} is empty: leave it out`);
    return [];
  }
  const isTemplate = node.kind === 'scalar' && hasExpression(node.value);
  if (node.kind !== 'sequence' && !isTemplate) return reader.problem(node.position, `${what}.${key} must be a list`) ?? [];
  const items = node.kind === 'sequence' ? node.items : [node];
  return items.flatMap((item) => reader.scalar(item, `${what}.${key}`, SLOTS.job) ?? []);
}

function readCredentials(entries: Entries, what: string, reader: Reader): ContainerPlan['credentials'] {
  const node = entries.get('credentials')?.value;
  if (!node) return undefined;
  if (node.kind === 'scalar' && hasExpression(node.value)) return reader.string(node, `${what}.credentials`, SLOTS.containerCredentials, 'object');
  const parts = reader.keys(node, `${what}.credentials`, CREDENTIALS_KEYS);
  const part = (key: string) => {
    const entry = parts.get(key);
    if (entry) return reader.nonEmpty(entry.value, `${what}.credentials.${key}`, SLOTS.containerCredentials);
    return reader.problem(node.position, `${what}.credentials needs "${key}"`);
  };
  const [username, password] = [part('username'), part('password')];
  return username === undefined || password === undefined ? undefined : { username, password };
}
