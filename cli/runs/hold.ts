/** One run at a time on a cluster: the second `up` is refused with the first one's id and link. */
import type { ProgressRecord } from '../../language/record.js';
import { RefusedError } from '../errors.js';
import type { Session } from '../session.js';
import { shellWord } from '../../infra/errors.js';
import { lockHolder } from './start.js';

/** The concurrency group of a cluster, as deploy.yml and teardown.yml name it. */
export const clusterGroup = (cluster: string): string => `cluster-${cluster}`;

/** @throws RefusedError that names the run which holds the cluster */
export async function refuseWhileHeld(session: Session, cluster: string): Promise<void> {
  const holder = await lockHolder(session.client, clusterGroup(cluster));
  if (holder !== undefined) throw heldBy(session, cluster, holder);
}

function heldBy(session: Session, cluster: string, holder: string): RefusedError {
  const url = session.url(holder);
  return new RefusedError([
    `another run is at work on cluster ${cluster}: ${holder}`,
    ...(url === undefined ? [] : [`  ${url}`]),
    `  Follow it with \`fleetwright watch ${shellWord(holder)}\`, or stop it with \`fleetwright cancel ${shellWord(holder)}\`.`,
  ].join('\n'));
}

/** For two runs that were started at the same moment: the one that has to wait withdraws. */
export function withdrawal(session: Session, cluster: string, id: string): {
  readonly onRecord: (record: ProgressRecord) => void;
  readonly stop: AbortSignal;
  /** @throws RefusedError when the run withdrew; else does nothing */
  settle(): Promise<void>;
} {
  const stop = new AbortController();
  let asking: Promise<string | undefined> | undefined;
  let holder: string | undefined;
  return {
    stop: stop.signal,
    onRecord: ({ status, jobs }) => {
      if (status !== 'waiting' || jobs.some((job) => job.status === 'waiting') || asking !== undefined) return;
      asking = lockHolder(session.client, clusterGroup(cluster)).catch(() => undefined);
      void asking.then((found) => {
        asking = undefined;
        if (found === undefined || found === id) return;
        holder = found;
        stop.abort();
      });
    },
    settle: async () => {
      if (holder === undefined) return;
      await session.client.workflow.getHandle(id).cancel();
      throw heldBy(session, cluster, holder);
    },
  };
}
