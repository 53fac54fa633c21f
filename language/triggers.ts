/** Whether an event starts a workflow, by its `on`. */
import type { Definition, Trigger } from './definition.js';
import { matchesPatterns } from './filterPatterns.js';
import type { EventFacts } from './plan.js';

/** What GitHub takes where `types` does not say. Other events: all types. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

/** The event of a run for which nobody has given one: `workflow_dispatch` where the file has it, else `push`, else its first. */
export function defaultEvent({ triggers }: Pick<Definition, 'triggers'>): string {
  const events = triggers.map(({ event }) => event);
  return ['workflow_dispatch', 'push'].find((event) => events.includes(event)) ?? events[0] ?? 'workflow_dispatch';
}

/** Why the event does not start the workflow, as a clause for a person; undefined when it does. What the event does not tell counts as fitting. */
export function triggerProblem(triggers: readonly Trigger[], { github }: Pick<EventFacts, 'github'>): string | undefined {
  const event = String(github['event_name'] ?? '');
  const trigger = triggers.find((candidate) => candidate.event === event);
  if (!trigger) return `its "on" has ${triggers.map((candidate) => candidate.event).join(', ') || 'no event'}, and not ${event || 'an event without a name'}`;
  const payload = asObject(github['event']);
  return typeProblem(trigger, payload) ?? refProblem(trigger, github, payload) ?? pathsProblem(trigger, payload) ?? namesProblem(trigger, payload);
}

function typeProblem({ event, types = DEFAULT_TYPES[event] }: Trigger, { action }: Payload): string | undefined {
  if (types === undefined || typeof action !== 'string' || types.includes(action)) return undefined;
  return `it takes the types ${types.join(', ')} of ${event}, and not ${action}`;
}

function refProblem(trigger: Trigger, github: Payload, payload: Payload): string | undefined {
  const { filters, event } = trigger;
  if (event === 'pull_request' || event === 'pull_request_target') {
    const base = github['base_ref'] || asObject(asObject(payload['pull_request'])['base'])['ref'];
    return nameProblem(filters, 'branches', textOf(base));
  }
  if (event === 'workflow_run') return nameProblem(filters, 'branches', textOf(asObject(payload['workflow_run'])['head_branch']));
  const ref = textOf(github['ref']);
  if (ref === undefined) return undefined;
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? [];
  if (kind === undefined || event !== 'push') return undefined;
  const [own, other] = kind === 'tags' ? ['tags', 'branches'] : ['branches', 'tags'];
  const has = (key: string) => filters[key] !== undefined || filters[`${key}-ignore`] !== undefined;
  if (!has(own!) && has(other!)) return `it takes pushes of ${other}, and this is one of the ${kind === 'tags' ? 'tag' : 'branch'} ${name}`;
  return nameProblem(filters, own!, name);
}

function nameProblem(filters: Trigger['filters'], key: string, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const [take, ignore] = [filters[key], filters[`${key}-ignore`]];
  if (take && !matchesPatterns(take, name)) return `${name} is not among its ${key} ${take.join(', ')}`;
  return ignore && matchesPatterns(ignore, name) ? `${name} is among its ${key}-ignore ${ignore.join(', ')}` : undefined;
}

/** What a push changed stands in its commits. Tags have no paths. */
function pathsProblem({ filters, event }: Trigger, payload: Payload): string | undefined {
  const [take, ignore] = [filters['paths'], filters['paths-ignore']];
  if (!take && !ignore) return undefined;
  const changed = event === 'push' && !textOf(payload['ref'])?.startsWith('refs/tags/') ? changedPaths(payload) : undefined;
  if (changed === undefined) return undefined;
  if (take && !changed.some((path) => matchesPatterns(take, path))) return `nothing that it changes is among its paths ${take.join(', ')}`;
  return ignore && changed.every((path) => matchesPatterns(ignore, path)) ? `all that it changes is among its paths-ignore ${ignore.join(', ')}` : undefined;
}

function changedPaths({ commits, head_commit: head }: Payload): readonly string[] | undefined {
  const all = [...(Array.isArray(commits) ? commits : []), head].map(asObject);
  const paths = all.flatMap((commit) => ['added', 'modified', 'removed'].flatMap((key) => (Array.isArray(commit[key]) ? (commit[key] as unknown[]) : [])));
  const texts = paths.filter((path) => typeof path === 'string');
  return texts.length > 0 ? texts : undefined;
}

function namesProblem({ filters }: Trigger, payload: Payload): string | undefined {
  const name = textOf(asObject(payload['workflow_run'])['name']) ?? textOf(asObject(payload['workflow'])['name']);
  const { workflows } = filters;
  return workflows && name !== undefined && !workflows.includes(name) ? `it follows ${workflows.join(', ')}, and not ${name}` : undefined;
}

type Payload = Readonly<Record<string, unknown>>;

function asObject(value: unknown): Payload {
  return typeof value === 'object' && value !== null ? (value as Payload) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
