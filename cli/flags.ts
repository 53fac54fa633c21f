/** The flags as commander gives them: strings, checked where they are used. */

/** Where Temporal is, and how the result is said. */
export interface CommonFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly temporalPort?: string;
  readonly uiPort?: string;
  readonly json?: boolean;
}

export interface RunFlags extends CommonFlags {
  readonly input?: readonly string[];
  readonly onFailure?: 'undo' | 'keep';
  readonly detach?: boolean;
}

export interface UpFlags extends RunFlags {
  readonly cluster?: string;
  readonly provider?: string;
  readonly machines?: string;
  readonly web?: string;
  readonly sshKey?: string;
  readonly discoveryUrl?: string;
  /** False with `--no-cache`. */
  readonly cache?: boolean;
}

export interface TeardownFlags extends CommonFlags {
  readonly cluster?: string;
  readonly at?: string;
  readonly in?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly list?: boolean;
  readonly remove?: boolean;
}
