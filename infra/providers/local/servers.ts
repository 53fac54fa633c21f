/** Servers as the engine's containers tell of them. */
import type { ClusterName, MachineName, RunId } from '../../../language/ids.js';
import type { Server } from '../../provider.js';
import { LABEL, type Labels } from './names.js';

/** The engine's words for a container's state (Docker API, ContainerState.Status) as ours. */
const STATES: Readonly<Record<string, Server['state']>> = {
  created: 'starting',
  restarting: 'starting',
  running: 'running',
  paused: 'stopped',
  exited: 'stopped',
  removing: 'error',
  dead: 'error',
};

/** The labels were written from parsed names by us, so they are not parsed again: teardown must not fail on one that was changed. */
export function toServer(id: string, labels: Labels, status: string): Server {
  const address = labels[LABEL.address] ?? '';
  return {
    name: (labels[LABEL.server] ?? '') as MachineName,
    id,
    tags: {
      cluster: (labels[LABEL.cluster] ?? '') as ClusterName,
      run: (labels[LABEL.run] ?? '') as RunId,
      discoveryUrl: labels[LABEL.discoveryUrl] ?? '',
    },
    state: STATES[status] ?? 'error',
    privateAddress: address,
    publicAddress: address,
  };
}
