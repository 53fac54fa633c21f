/** The containers of a job, as its file says: evaluated where secrets are, and opened on an engine that is there. */
import { evaluateContainer, evaluateServices } from '../../language/evaluateContainers.js';
import type { RunId } from '../../language/ids.js';
import type { JobPlan } from '../../language/plan.js';
import type Docker from 'dockerode';
import { openJobContainers } from '../../infra/containers/openJobContainers.js';
import type { EvaluatedContainer, JobContainers, JobContainersRequest } from '../../infra/containers/types.js';
import { findEngine } from '../../infra/docker/find.js';
import { InvalidInputError, PermanentError } from '../../infra/errors.js';
import type { Masker } from '../../infra/log/masker.js';
import { cacheDir } from '../../infra/paths.js';
import { WORKER_RUNNER } from '../runner.js';
import type { Frame } from './frame.js';
import type { JobHost } from './openHost.js';

export interface ContainersOptions {
  readonly job: Pick<JobPlan, 'container' | 'services'>;
  /** The job's key. */
  readonly key: string;
  readonly frame: Frame;
  readonly opened: JobHost;
  readonly masker: Masker;
  readonly log: (line: string) => void;
  /** Ends the start of containers: the job is over. */
  readonly signal: AbortSignal;
  /** Leaves them to the next worker. */
  readonly letGo: AbortSignal;
}

/** The containers, and the one in which steps run as its file says, where there is one. */
export interface OpenedContainers extends JobContainers {
  readonly container?: EvaluatedContainer;
}

/** @throws ExpressionError, InvalidInputError on a machine, and what `openJobContainers` throws */
export async function openContainers({ job, key, frame, opened, ...rest }: ContainersOptions): Promise<OpenedContainers> {
  const scope = frame.scope(false);
  const [container, services] = [evaluateContainer(job.container, scope), evaluateServices(job.services, scope)];
  const some = container.image !== '' || Object.values(services).some(({ image }) => image !== '');
  if (some && opened.runsOn !== WORKER_RUNNER) {
    throw new InvalidInputError(`container and services run on the worker's host, and the job runs on ${opened.runsOn}`, 'Let it run there (runs-on: worker), or start the containers in a step.');
  }
  const { id: run, attempt } = frame.facts.run;
  const containers = await openEvaluated({ ...rest, run, key, attempt, container, services, folders: opened.host.job });
  return { ...containers, ...(container.image === '' ? {} : { container }) };
}

export interface EvaluatedOptions extends Pick<ContainersOptions, 'key' | 'masker' | 'log' | 'signal' | 'letGo'>, Pick<JobContainersRequest, 'container' | 'services' | 'folders'> {
  readonly run: RunId;
  /** The run attempt. */
  readonly attempt: number;
}

/** @throws what `openJobContainers` throws */
export function openEvaluated({ key, masker, ...rest }: EvaluatedOptions): Promise<JobContainers> {
  return openJobContainers({ ...rest, job: key, actions: cacheDir('actions'), toolCache: cacheDir('tools'), docker: engineThatIsThere, mask: (text) => masker.mask(text) });
}

async function engineThatIsThere(): Promise<Docker> {
  const found = await findEngine();
  if (found) return found.docker;
  throw new PermanentError('the job has a container or services, and no Docker engine is here', 'Install one (sudo apt-get install docker.io), or have `fleetwright up` do it.');
}
