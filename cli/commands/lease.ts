/** `fleetwright lease`, `fleetwright extend TIME`: when a cluster is torn down by the clock, and later than that. */
import { parseClusterName } from '../../language/ids.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { CommonFlags } from '../flags.js';
import { extendLease, leaseOf, leaseWarnings } from '../schedule/leases.js';
import { moment } from '../schedule/rows.js';
import { spanOf } from '../schedule/when.js';
import { openSession } from '../session.js';
import type { Terminal } from '../terminal.js';

export interface LeaseFlags extends CommonFlags {
  readonly cluster?: string;
}

/** @throws InvalidIdError, RefusedError when there is none, TemporalUnreachableError */
export async function lease(terminal: Terminal, flags: LeaseFlags): Promise<ExitCode> {
  const cluster = parseClusterName(flags.cluster ?? 'demo');
  const session = await openSession(flags, terminal, 'server');
  try {
    const found = await leaseOf(session.client, cluster);
    terminal.out(flags.json ? JSON.stringify(found, undefined, 2) : `${cluster} is torn down at ${moment(found.next)} (${found.when})`);
    terminal.note(...leaseWarnings([found], Date.now()));
    return EXIT.ok;
  } finally {
    await session.close();
  }
}

/** @throws UsageError for a time that is none, InvalidIdError, RefusedError, TemporalUnreachableError */
export async function extend(terminal: Terminal, by: string, flags: LeaseFlags): Promise<ExitCode> {
  const ms = spanOf('extend', by);
  const cluster = parseClusterName(flags.cluster ?? 'demo');
  const session = await openSession(flags, terminal, 'server');
  try {
    const next = await extendLease(session.client, cluster, ms);
    terminal.out(flags.json ? JSON.stringify({ cluster, next }, undefined, 2) : `${cluster} is torn down at ${moment(next)}`);
    return EXIT.ok;
  } finally {
    await session.close();
  }
}
