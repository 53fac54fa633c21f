/** The process of a JavaScript or Docker action's part: before the job's first step, as a step, or after the last. */
import { posix } from 'node:path';
import { templateText } from '../../language/expressions.js';
import type { CacheMode } from '../../language/plan.js';
import type { DockerRuns } from '../../language/usesAction.js';
import { findEngine } from '../../infra/docker/find.js';
import { localTransport } from '../../infra/process.js';
import { dockerCommand, dockerScript, requireDocker } from '../../infra/uses/dockerCommand.js';
import { nodeCommand } from '../../infra/uses/nodeCommand.js';
import type { ResolvedAction } from '../../infra/uses/resolve.js';
import { WORKER_RUNNER } from '../runner.js';
import type { Frame } from './frame.js';
import type { HostActions } from './hostActions.js';
import type { ProcessPlace, ProcessRequest } from './performProcess.js';
import { environmentOf } from './runWork.js';
import type { Prepared } from './stepExecutor.js';

export interface ActionPart {
  readonly resolved: ResolvedAction;
  readonly inputs: Readonly<Record<string, string>>;
  /** What earlier parts of the same step left. */
  readonly state: Readonly<Record<string, string>>;
  readonly stage: 'pre' | 'main' | 'post';
  readonly prepared: Prepared;
  readonly frame: Frame;
}

export interface ActionProcessParts extends Pick<HostActions, 'files' | 'carry' | 'node' | 'withoutNode'> {
  readonly place: ProcessPlace;
  /** The journal's folder of a step's process, without the try's number. */
  readonly processName: (address: string) => string;
  /** The job's key. */
  readonly job: string;
  /** The job's runner: `worker`, or a machine's name. */
  readonly runsOn: string;
  /** @default write */
  readonly cacheMode?: CacheMode | undefined;
  /** The network of the job's containers. */
  readonly network?: string | undefined;
  /** The address of the engine that has them. @default the one that is found */
  readonly engine?: string | undefined;
}

/** Why a part of the action cannot run on the job's host; undefined when it can. */
export async function whyNotThere({ name, action: { runs } }: ResolvedAction, { searched }: Frame, { runsOn, withoutNode }: ActionProcessParts): Promise<string | undefined> {
  if (runs.using === 'node') return withoutNode(searched);
  if (runs.using !== 'docker' || runsOn === WORKER_RUNNER) return undefined;
  return `${name} is a Docker action, and those run on the worker's host alone, not on ${runsOn}\n  Let the job run there (runs-on: worker), or write it as run steps.`;
}

/** @param main the part's file in the action's folder */
export function nodeProcess({ resolved, inputs, state, prepared, frame }: ActionPart, main: string, { place, node }: ActionProcessParts): Pick<ProcessRequest, 'process'> {
  const { argv, environment } = nodeCommand({ resolved, main, inputs, state, node });
  return {
    process: (name, journal) => ({
      name, argv, environment: environmentOf({ prepared, journal, more: environment }), path: frame.searched, workingDirectory: place.host.job.workspace,
    }),
  };
}

/** @throws PermanentError where there is no Docker, ExpressionError */
export async function dockerProcess(part: ActionPart, runs: DockerRuns, { place, network, engine }: ActionProcessParts): Promise<Pick<ProcessRequest, 'process' | 'cleanUp' | 'outside'>> {
  const { resolved, inputs, state, stage, prepared, frame } = part;
  const transport = localTransport();
  const address = engine ?? (await findEngine())?.address;
  await requireDocker(transport, resolved.name, place.interrupts.force, address);
  const scope = { ...prepared.scope, contexts: { ...prepared.scope.contexts, inputs } };
  const args = runs.args?.map((arg) => templateText(arg, scope));
  const env = Object.fromEntries(Object.entries(runs.env).map(([name, value]) => [name, templateText(value, scope)]));
  const command = (journal: string) => dockerCommand({
    resolved, runs, stage, inputs, state, env, ...(args ? { args } : {}), stepEnvironment: environmentOf({ prepared, journal }), job: place.host.job, journal,
    container: containerName(journal), ...(network === undefined ? {} : { network }), ...(address === undefined ? {} : { engine: address }),
  });
  return {
    process: (name, journal) => {
      const docker = command(journal);
      const script = posix.join(journal, 'script');
      return { name, script: dockerScript(docker), argv: ['sh', script], environment: docker.environment, path: frame.searched, workingDirectory: place.host.job.workspace };
    },
    outside: true,
    // What was ended by force leaves its container behind.
    cleanUp: async (journal) => void await transport.exec(command(journal).remove, { timeoutMs: 30_000 }).catch(() => undefined),
  };
}

/** Of one try of one step: the journal's path is that alone. */
function containerName(journal: string): string {
  return `fleetwright-${journal.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(-100).replace(/^[^A-Za-z0-9]+/, '')}`;
}
