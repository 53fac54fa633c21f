/** Events: read from a file as GitHub sends them, or a plausible small one for a name. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import type { Commit } from './checkout.js';

export type Payload = Readonly<Record<string, unknown>>;

/** What a made-up event is about. */
export interface EventSetting {
  readonly owner: string;
  readonly name: string;
  readonly server: string;
  readonly actor: string;
  readonly defaultBranch: string;
  /** Of what is built: `refs/heads/main`; '' where there is none. */
  readonly ref: string;
  readonly head?: Commit;
  /** Of a dispatch: as texts. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The file, as its repository names it. */
  readonly workflow: string;
  /** The cron line of a scheduled run. */
  readonly schedule?: string;
}

const NOTHING = '0'.repeat(40);

/** @throws InvalidInputError when it cannot be read or is no JSON object */
export async function readEvent(path: string): Promise<Payload> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`the event file ${path} cannot be read (${error.code})`, 'Name a file with the event as JSON, as GitHub sends it.');
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Payload;
  } catch (error) {
    throw new InvalidInputError(`the event file ${path} is no JSON: ${(error as Error).message}`, 'It holds the event as GitHub sends it, {} at the least.');
  }
  throw new InvalidInputError(`the event file ${path} holds no JSON object`, 'It holds the event as GitHub sends it, {} at the least.');
}

/** What GitHub would send, as far as a checkout knows it. */
export function madeUpEvent(event: string, setting: EventSetting): Payload {
  return { ...PAYLOADS[event]?.(setting), repository: repository(setting), sender: { login: setting.actor, type: 'User' } };
}

const PAYLOADS: Readonly<Record<string, (setting: EventSetting) => Payload>> = {
  push,
  pull_request: pullRequest,
  pull_request_target: pullRequest,
  workflow_dispatch: ({ inputs, ref, workflow }) => ({ inputs, ref, workflow }),
  repository_dispatch: ({ defaultBranch }) => ({ action: 'dispatch', branch: defaultBranch, client_payload: {} }),
  schedule: ({ schedule, workflow }) => ({ schedule: schedule ?? '', workflow }),
  release: ({ ref, actor }) => ({
    action: 'published', release: { tag_name: shortRef(ref), name: shortRef(ref), target_commitish: shortRef(ref), draft: false, prerelease: false, author: { login: actor } },
  }),
  issues: ({ actor }) => ({ action: 'opened', issue: issue(actor) }),
  issue_comment: ({ actor }) => ({ action: 'created', issue: issue(actor), comment: { body: '', user: { login: actor } } }),
  create: ({ ref, defaultBranch }) => ({ ref: shortRef(ref), ref_type: refType(ref), master_branch: defaultBranch }),
  delete: ({ ref }) => ({ ref: shortRef(ref), ref_type: refType(ref) }),
  workflow_run: ({ defaultBranch, head }) => ({
    action: 'completed', workflow_run: { conclusion: 'success', event: 'push', head_branch: defaultBranch, head_sha: head?.sha ?? NOTHING },
  }),
};

function push({ ref, head, actor, defaultBranch }: EventSetting): Payload {
  const commit = head && { id: head.sha, message: head.message, timestamp: head.date, author: head.author, committer: head.author, distinct: true, added: [], removed: [], modified: [] };
  return {
    ref: ref || `refs/heads/${defaultBranch}`, before: head?.parents[0] ?? NOTHING, after: head?.sha ?? NOTHING, base_ref: null, created: false, deleted: false, forced: false,
    commits: commit ? [commit] : [], head_commit: commit ?? null, pusher: { name: actor, email: head?.author.email ?? '' },
  };
}

function pullRequest(setting: EventSetting): Payload {
  const { ref, head, actor, defaultBranch } = setting;
  const repo = repository(setting);
  return {
    action: 'opened', number: 1,
    pull_request: {
      number: 1, state: 'open', title: head?.message.split('\n')[0] ?? '', body: '', draft: false, merged: false, labels: [], user: { login: actor, type: 'User' },
      head: { ref: shortRef(ref), sha: head?.sha ?? NOTHING, repo }, base: { ref: defaultBranch, sha: head?.parents[0] ?? NOTHING, repo },
    },
  };
}

function issue(actor: string): Payload {
  return { number: 1, title: '', body: '', state: 'open', labels: [], user: { login: actor } };
}

function repository({ owner, name, server, defaultBranch }: EventSetting): Payload {
  const url = `${server}/${owner}/${name}`;
  return { name, full_name: `${owner}/${name}`, owner: { login: owner, name: owner }, default_branch: defaultBranch, html_url: url, clone_url: `${url}.git`, private: false, fork: false };
}

/** `main` of `refs/heads/main`, `1/merge` of `refs/pull/1/merge`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, '');
}

export function refType(ref: string): 'branch' | 'tag' {
  return ref.startsWith('refs/tags/') ? 'tag' : 'branch';
}
