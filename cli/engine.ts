/** The Docker engine of this host, as the commands need it. */
import { findEngine, type FoundEngine } from '../infra/docker/engine.js';
import { engineCall } from '../infra/docker/engineCall.js';
import { LABEL } from '../infra/providers/local/names.js';

/** A container of a cluster. */
export interface ClusterContainer {
  readonly cluster: string;
  /** `core01`, or the role of the cluster's own services. */
  readonly machine: string;
  /** Whether it is a machine, and not the cluster's own services. */
  readonly server: boolean;
  /** Docker's word: `running`, `exited`, `paused`, ... */
  readonly state: string;
  readonly address: string;
  /** The run that made it. */
  readonly run: string;
}

/** The containers of all clusters on the engine, stopped ones too, by cluster and machine. */
export async function clusterContainers({ docker }: Pick<FoundEngine, 'docker'>): Promise<ClusterContainer[]> {
  const found = await engineCall('list the containers of clusters', (abortSignal) =>
    docker.listContainers({ all: true, filters: { label: [LABEL.cluster] }, abortSignal }), { timeoutMs: 10_000 });
  return found.map(({ Labels, State, Names }) => ({
    cluster: Labels[LABEL.cluster] ?? '',
    machine: Labels[LABEL.server] ?? Labels[LABEL.role] ?? (Names[0] ?? '').replace(/^\//, ''),
    server: Labels[LABEL.server] !== undefined,
    state: State,
    address: Labels[LABEL.address] ?? '',
    run: Labels[LABEL.run] ?? '',
  })).sort((a, b) => `${a.cluster}/${a.machine}`.localeCompare(`${b.cluster}/${b.machine}`));
}

/** The engine that answers; undefined with a reason when none does or this user may not use it. */
export async function lookForEngine(): Promise<{ readonly engine?: FoundEngine; readonly why?: string; readonly remedy?: string }> {
  try {
    const engine = await findEngine();
    return engine === undefined ? { why: 'no Docker engine answers' } : { engine };
  } catch (error) {
    const [why = '', remedy] = (error as Error).message.split('\n');
    return { why, ...(remedy === undefined ? {} : { remedy: remedy.trim() }) };
  }
}
