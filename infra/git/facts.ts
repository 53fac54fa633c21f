/** The facts of a run's event: the `github` context as the checkout in which the workflow file stands, the event and the person fill it. */
import { userInfo } from 'node:os';
import { basename, dirname, relative, resolve } from 'node:path';
import { realpath } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import { type Checkout, readCheckout } from './checkout.js';
import { madeUpEvent, type Payload, readEvent, refType, shortRef } from './event.js';
import type { EnvironmentSettings } from '../secrets/environments.js';
import { readSettings } from '../secrets/settingsFile.js';
import { apisOf, GITHUB } from './remote.js';

export interface FactsRequest {
  /** The workflow file. */
  readonly file: string;
  /** A folder that the jobs use as their workspace. @default a fresh one for each job */
  readonly workspace?: string;
  /** Its name, as `on:` names it. @default workflow_dispatch */
  readonly event?: string;
  /** A file with the event as GitHub sends it. @default a plausible small one */
  readonly eventPath?: string;
  /** @default who sent the event file, git's user.name, or the login name */
  readonly actor?: string;
  /** Of a dispatch, defaults filled in: what `github.event.inputs` holds, as texts. Those of the event file are under them. */
  readonly inputs?: Readonly<Record<string, string | number | boolean>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What labels of `runs-on` stand for: `worker`, or a machine's name. */
  readonly runners?: Readonly<Record<string, string>>;
  /** The cron line of a scheduled run. */
  readonly schedule?: string;
  readonly signal?: AbortSignal;
}

/** `EventFacts` of language/plan. */
export interface GatheredFacts {
  readonly github: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly runners: Readonly<Record<string, string>>;
  readonly workspace?: string;
  /** The top folder of the checkout. Absent where there is none. */
  readonly repository?: string;
  /** Of the settings beside the repository's root, or the file, and of the user's: the former go before. */
  readonly environments?: Readonly<Record<string, EnvironmentSettings>>;
}

/** @throws InvalidInputError for a bad event name or file; TransientError when git takes too long */
export async function gatherFacts(request: FactsRequest): Promise<GatheredFacts> {
  const { event = 'workflow_dispatch', eventPath, workspace } = request;
  if (!/^[a-z][a-z_]*$/.test(event)) throw new InvalidInputError(`${JSON.stringify(event.slice(0, 80))} is not the name of an event`, 'Use one of `on:`, as push or pull_request.');
  const file = await realpath(request.file).catch(() => resolve(request.file));
  const [checkout, given] = await Promise.all([readCheckout(dirname(file), request.signal), eventPath === undefined ? undefined : readEvent(eventPath)]);
  return {
    github: githubContext({ ...request, event, file }, checkout, given),
    vars: request.vars ?? {},
    env: request.env ?? {},
    runners: Object.fromEntries(Object.entries(request.runners ?? {}).map(([label, runner]) => [label.toLowerCase(), runner])),
    ...(workspace === undefined ? {} : { workspace: resolve(workspace) }),
    ...(checkout === undefined ? {} : { repository: checkout.root }),
    ...environmentsOf(checkout?.root ?? dirname(file)),
  };
}

function environmentsOf(root: string): Pick<GatheredFacts, 'environments'> {
  const environments = readSettings(root).toReversed().flatMap((settings) => [...settings.environments]);
  return environments.length === 0 ? {} : { environments: Object.fromEntries(environments) };
}

type Known = FactsRequest & { readonly event: string };

function githubContext(request: Known, checkout: Checkout | undefined, given: Payload | undefined): Readonly<Record<string, unknown>> {
  const { event, file } = request;
  const root = checkout?.root ?? dirname(file);
  const { owner, name, server } = checkout?.remote ?? repositoryOf(given) ?? { owner: 'local', name: basename(root) || 'root', server: GITHUB };
  const actor = request.actor ?? (text(asPayload(given?.['sender'])['login']) || undefined) ?? checkout?.userName ?? loginName();
  const workflow = relative(root, file);
  const payload = payloadOf(request, given, {
    owner, name, server, actor, workflow, defaultBranch: checkout?.defaultBranch ?? 'main', ref: checkout?.ref ?? '', ...(checkout?.head ? { head: checkout.head } : {}),
  });
  const { ref, sha, ...heads } = refsOf(event, payload, checkout);
  const { api, graphql } = apisOf(server);
  return {
    event_name: event, event: payload, ref, ref_name: shortRef(ref), ref_type: refType(ref), ref_protected: false, sha, ...heads,
    repository: `${owner}/${name}`, repository_owner: owner, repositoryUrl: `git://${server.replace(/^https?:\/\//, '')}/${owner}/${name}.git`,
    actor, triggering_actor: actor, server_url: server, api_url: api, graphql_url: graphql, retention_days: '90', secret_source: 'Actions',
    workflow_ref: `${owner}/${name}/${workflow}@${ref}`, workflow_sha: sha,
  };
}

type Setting = Omit<Parameters<typeof madeUpEvent>[1], 'inputs' | 'schedule'>;

/** The event file's payload over a made-up one's: what it does not say, as who sent it, is still there. */
function payloadOf({ event, inputs = {}, schedule }: Known, given: Payload | undefined, setting: Setting): Payload {
  const texts = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
  const made = madeUpEvent(event, { ...setting, inputs: texts, ...(schedule === undefined ? {} : { schedule }) });
  if (given === undefined) return made;
  return { ...made, ...given, ...(event === 'workflow_dispatch' ? { inputs: { ...asPayload(given['inputs']), ...texts } } : {}) };
}

/** As the event file names it. */
function repositoryOf(given: Payload | undefined): { readonly owner: string; readonly name: string; readonly server: string } | undefined {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(text(asPayload(given?.['repository'])['full_name'])) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name, server: GITHUB };
}

interface Refs { readonly ref: string; readonly sha: string; readonly head_ref: string; readonly base_ref: string }

/** @see https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows: GITHUB_SHA and GITHUB_REF of each event */
function refsOf(event: string, payload: Payload, checkout: Checkout | undefined): Refs {
  const sha = checkout?.head?.sha ?? '';
  const none = { head_ref: '', base_ref: '' };
  if (event === 'pull_request' || event === 'pull_request_target') {
    const pull = asPayload(payload['pull_request']);
    const heads = { head_ref: text(asPayload(pull['head'])['ref']), base_ref: text(asPayload(pull['base'])['ref']) };
    const number = text(payload['number']) || text(pull['number']) || '1';
    return { ref: event === 'pull_request' ? `refs/pull/${number}/merge` : `refs/heads/${heads.base_ref}`, sha, ...heads };
  }
  if (event === 'release') return { ref: `refs/tags/${text(asPayload(payload['release'])['tag_name'])}`, sha, ...none };
  const named = text(payload['ref']);
  const after = event === 'push' && /^(?!0{40})[0-9a-f]{40}$/.test(text(payload['after'])) ? text(payload['after']) : sha;
  return { ref: named.startsWith('refs/') ? named : checkout?.ref ?? `refs/heads/${checkout?.defaultBranch ?? 'main'}`, sha: after, ...none };
}

function asPayload(value: unknown): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Payload : {};
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] || 'nobody'; // a container may run under a number that has no name
  }
}
