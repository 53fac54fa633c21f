/** `on:`. */
import type { CallInterface, DispatchInput, Trigger } from '../definition.js';
import { suggest } from '../diagnostics.js';
import { patternProblem } from '../filterPatterns.js';
import { hasExpression } from '../templates.js';
import { cronProblem } from './cron.js';
import { readDispatchInputs } from './dispatch.js';
import { EVENT_RULES, type EventRule } from './eventTable.js';
import { SCHEDULE_KEYS } from './knownKeys.js';
import { isNothing, type Reader } from './reader.js';
import { readCallInterface } from './workflowCall.js';
import type { MappingEntry, YamlNode } from './yamlTree.js';

export interface ReadOn {
  readonly triggers: readonly Trigger[];
  readonly inputs: readonly DispatchInput[];
  readonly call?: CallInterface;
}

const NO_CALL: CallInterface = { inputs: new Map(), secrets: new Map(), outputs: new Map() };

export function readOn(node: YamlNode, reader: Reader): ReadOn {
  if (node.kind !== 'mapping') {
    const events = reader.list(node, '"on"');
    if (events.length === 0) reader.problem(node.position, 'no event: write "on: workflow_dispatch"');
    for (const { text, position } of events) {
      if (ruleOf(text, position, reader) && text === 'schedule') reader.problem(position, '"schedule" needs a list of cron expressions');
    }
    const call = events.some(({ text }) => text === 'workflow_call');
    return { triggers: events.map(({ text }) => ({ event: text, filters: {} })), inputs: [], ...(call ? { call: NO_CALL } : {}) };
  }
  const triggers = node.entries.map((entry) => readTrigger(entry, reader));
  const of = (event: string) => node.entries.find(({ key }) => key === event)?.value;
  const [dispatch, called] = [of('workflow_dispatch'), of('workflow_call')];
  const call = called && readCallInterface(called, reader);
  const inputs = dispatch ? readDispatchInputs(dispatch, reader) : call ? asDispatchInputs(call) : [];
  if (node.entries.length === 0) reader.problem(node.position, 'no event: write "on: workflow_dispatch"');
  return { triggers, inputs, ...(call ? { call } : {}) };
}

/** A workflow that can only be called is run by hand with the inputs that a caller would give. Defaults that are made by expressions are for callers. */
function asDispatchInputs(call: CallInterface): readonly DispatchInput[] {
  return [...call.inputs].map(([name, { default: fallback, ...input }]) => ({ name, ...input, ...(fallback === undefined || hasExpression(fallback) ? {} : { default: fallback }) }));
}

function ruleOf(event: string, at: MappingEntry['keyPosition'], reader: Reader): EventRule | undefined {
  return EVENT_RULES.get(event) ?? reader.problem(at, `unknown event ${JSON.stringify(event)}`, suggest(event, EVENT_RULES.keys()));
}

function readTrigger({ key: event, keyPosition, value }: MappingEntry, reader: Reader): Trigger {
  const rule = ruleOf(event, keyPosition, reader);
  const nothing: Trigger = { event, filters: {} };
  if (!rule || event === 'workflow_dispatch' || event === 'workflow_call') return nothing;
  if (event === 'schedule') {
    return { ...nothing, schedules: readSchedules(keyPosition, value, reader) };
  }
  // GitHub takes an empty list or text for "no configuration".
  if (value.kind !== 'mapping') {
    const empty = isNothing(value) || (value.kind === 'sequence' && value.items.length === 0) || (value.kind === 'scalar' && value.value === '');
    if (!empty) reader.problem(value.position, `${event} must be a mapping of filters, or nothing`);
    return nothing;
  }
  const known = [...(rule.types ? ['types'] : []), ...rule.filters];
  const entries = new Map(value.entries.map((entry) => [entry.key, entry]));
  for (const { key, keyPosition: at } of value.entries) if (!known.includes(key)) reader.tolerate(at, `unknown key ${JSON.stringify(key)} in ${event}`, suggest(key, known));
  const types = entries.get('types');
  const filters = [...entries.values()].filter(({ key }) => rule.filters.includes(key)).map((entry) => [entry.key, readPatterns(entry, event, reader)] as const);
  for (const name of ['branches', 'tags', 'paths']) refuseBoth(name, entries, reader);
  if (event === 'workflow_run' && !entries.has('workflows')) reader.tolerate(keyPosition, '"workflow_run" needs "workflows": the names of the workflows after which it runs');
  const read = types && rule.types && readTypes(types, event, rule, reader);
  return { event, filters: Object.fromEntries(filters), ...(read && read.length > 0 ? { types: read } : {}) };
}

function readTypes({ value }: MappingEntry, event: string, { types = [] }: EventRule, reader: Reader): readonly string[] {
  return reader.list(value, `${event}.types`).map(({ text, position }) => {
    if (!types.includes('*') && !types.includes(text)) reader.tolerate(position, `${event} has no type ${JSON.stringify(text)}: there are ${types.join(', ')}`, suggest(text, types));
    return text;
  });
}

function readPatterns({ key, value }: MappingEntry, event: string, reader: Reader): readonly string[] {
  const patterns = reader.list(value, `${event}.${key}`);
  const ignores = key.endsWith('-ignore');
  const negative = patterns.find(({ text }) => text.startsWith('!'));
  if (ignores && negative) reader.problem(negative.position, `"!" has no meaning in ${key}: every pattern there leaves something out`);
  const first = patterns[0];
  if (!ignores && first?.text.startsWith('!') && patterns.every(({ text }) => text.startsWith('!'))) {
    reader.problem(first.position, `${key} has only patterns with "!", which match nothing: add one without, or use ${key}-ignore`);
  }
  for (const { text, position } of patterns) {
    const problem = patternProblem(text, key.startsWith('paths'));
    if (problem !== undefined) reader.tolerate(position, `${JSON.stringify(text)} takes nothing: ${problem}`);
  }
  return patterns.map(({ text }) => text);
}

function refuseBoth(name: string, entries: ReadonlyMap<string, MappingEntry>, reader: Reader): void {
  const ignore = entries.get(`${name}-ignore`);
  if (!entries.has(name) || !ignore) return;
  reader.problem(ignore.keyPosition, `"${name}" and "${name}-ignore" cannot stand together: use "${name}" with patterns that start with "!"`);
}

function readSchedules(at: MappingEntry['keyPosition'], node: YamlNode, reader: Reader): NonNullable<Trigger['schedules']> {
  if (node.kind !== 'sequence') return reader.problem(isNothing(node) ? at : node.position, '"schedule" must be a list of cron expressions') ?? [];
  if (node.items.length === 0) reader.problem(node.position, '"schedule" is empty');
  return node.items.map((item) => {
    const entries = reader.keys(item, 'schedule', SCHEDULE_KEYS);
    const [cron, timezone] = [entries.get('cron'), entries.get('timezone')];
    if (!cron) reader.problem(item.position, 'a schedule needs "cron"');
    const text = cron && reader.nonEmpty(cron.value, '"cron"');
    const problem = text === undefined ? undefined : cronProblem(text);
    if (problem) reader.problem(cron!.value.position, `${JSON.stringify(text?.slice(0, 60))} is no cron expression: ${problem}`);
    const zone = timezone && reader.nonEmpty(timezone.value, '"timezone"');
    if (zone !== undefined && !isTimezone(zone)) reader.problem(timezone!.value.position, `${JSON.stringify(zone)} is no time zone: write one as in Europe/Berlin`);
    return { cron: text ?? '', ...(zone === undefined ? {} : { timezone: zone }) };
  });
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
