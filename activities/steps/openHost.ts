/** The host of a job's steps, as its `runs-on` says: folders, processes, and what expressions see of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { arch, hostname } from 'node:os';
import { posix } from 'node:path';
import { jobScope, type HostFacts, type JobFacts } from '../../language/contexts.js';
import { evaluateTemplate, templateText, type Json } from '../../language/expressions.js';
import type { JobPlan } from '../../language/plan.js';
import { InvalidInputError } from '../../infra/errors.js';
import { cacheDir } from '../../infra/paths.js';
import { jobFolder } from '../../infra/script/folders.js';
import type { StepHost } from '../../infra/script/host.js';
import { openLocalHost } from '../../infra/script/localHost.js';
import { workspaceFolder } from '../../infra/script/workspaces.js';
import { WORKER_RUNNER } from '../runner.js';
import { chooseRunner } from './chooseRunner.js';

export interface JobHost {
  readonly host: StepHost;
  /** `worker`, or the machine's name. */
  readonly runsOn: string;
  readonly runner: Readonly<Record<string, string>>;
  /** Keys of `github` that belong to the host. */
  readonly github: Readonly<Record<string, unknown>>;
}

export interface JobHostRequest {
  readonly facts: JobFacts;
  readonly key: string;
  readonly runsOn: JobPlan['runsOn'];
  readonly signal: AbortSignal;
}

const ARCHES: Readonly<Record<string, string>> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM', ia32: 'X86' };

/** @throws ExpressionError, InvalidInputError, TransientError when the host cannot be reached */
export async function openJobHost({ facts, key, runsOn, signal }: JobHostRequest): Promise<JobHost> {
  const name = chooseRunner(labelsOf(runsOn, facts), facts.run.facts?.runners ?? {});
  if (name !== WORKER_RUNNER) throw new InvalidInputError(`runs-on: ${name} is no runner of this host`, 'Say `worker`.');
  const own = jobFolder(workspaceFolder(facts.run.id), key);
  const workspace = facts.run.facts?.workspace ?? own.workspace;
  const job = { ...own, workspace };
  const host = await openLocalHost({ job, signal });
  const eventPath = posix.join(job.temp, '_github_workflow', 'event.json');
  await mkdir(posix.dirname(eventPath), { recursive: true });
  await writeFile(eventPath, JSON.stringify(facts.run.facts?.github['event'] ?? { inputs: facts.run.inputs }));
  return {
    host, runsOn: name,
    runner: {
      name: hostname(), os: 'Linux', arch: ARCHES[arch()] ?? 'X64', temp: job.temp, tool_cache: cacheDir('tools'), environment: 'self-hosted',
      workspace: posix.dirname(workspace),
    },
    github: { workspace, event_path: eventPath },
  };
}

/** An expression may give a label, a list of them, or an object with `labels`. */
export function labelsOf(runsOn: JobPlan['runsOn'], facts: JobFacts, host: HostFacts = {}): readonly string[] {
  const scope = jobScope(facts, host);
  if (typeof runsOn !== 'string') return runsOn.map((label) => templateText(label, scope));
  return flatten(evaluateTemplate(runsOn, scope));
}

function flatten(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(flatten);
  if (typeof value === 'object' && value !== null) return flatten((value as { readonly labels?: Json }).labels ?? null);
  return value === null ? [] : [String(value)];
}
