/** One look at a cluster's servers for all who wait for one of them: a cloud is asked once an interval, however many servers are built. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterName } from '../../../language/ids.js';
import type { Cloud } from './cloud.js';
import { clusterServers, type OwnServer } from './find.js';

export class Watch {
  #next: Promise<readonly OwnServer[]> | undefined;
  #last = -Infinity;

  constructor(private readonly cloud: Cloud, private readonly cluster: ClusterName) {}

  /** The cluster's servers as they are after this call. */
  look(): Promise<readonly OwnServer[]> {
    this.#next ??= this.#soon();
    return this.#next;
  }

  async #soon(): Promise<readonly OwnServer[]> {
    // Also without a wait something else must run first: the promise of this look is kept only then.
    await delay(Math.max(0, this.#last + this.cloud.times.pollMs - performance.now()));
    // Who asks from here on may want to know of something that this look does not see any more.
    this.#next = undefined;
    this.#last = performance.now();
    return clusterServers(this.cloud, this.cluster);
  }
}
