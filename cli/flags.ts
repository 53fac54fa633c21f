/** The flags as commander gives them: strings, checked where they are used. */

import type { OnFailure } from '../language/plan.js';

/** Where Temporal is, and how the result is said. */
export interface CommonFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly temporalPort?: string;
  readonly uiPort?: string;
  readonly json?: boolean;
}

/** Of `up` those alone that it has. */
export interface RunFlags extends CommonFlags {
  readonly input?: readonly string[];
  readonly onFailure?: OnFailure;
  readonly waitTimeout?: string;
  readonly detach?: boolean;
  readonly inputFile?: readonly string[];
  readonly event?: string;
  readonly eventPath?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
  readonly var?: readonly string[];
  readonly varFile?: readonly string[];
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly actor?: string;
  readonly job?: string;
  readonly workspace?: string;
  readonly runner?: readonly string[];
  readonly ephemeral?: boolean;
}

/** Of a provider. */
export interface ProviderFlags {
  readonly input?: readonly string[];
  readonly cluster?: string;
  readonly provider?: string;
  readonly inventory?: string;
  readonly acceptNew?: boolean;
  readonly sshKey?: string;
  /** Of a cloud. */
  readonly region?: string;
}

export interface UpFlags extends RunFlags, ProviderFlags {
  readonly machines?: string;
  readonly web?: string;
  readonly discoveryUrl?: string;
  readonly ttl?: string;
  /** Of a cloud, by name or id. */
  readonly flavor?: string;
  readonly image?: string;
  readonly key?: string;
  readonly network?: string;
  /** False with `--no-cache`. */
  readonly cache?: boolean;
}

export interface TeardownFlags extends CommonFlags, ProviderFlags {
  readonly at?: string;
  readonly in?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly list?: boolean;
  readonly remove?: boolean;
}
