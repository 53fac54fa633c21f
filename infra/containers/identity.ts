/** How a job's containers and network are found again: labels, and names that nobody else takes. */
import { createHash } from 'node:crypto';
import type { JobIdentity } from './types.js';

const LABEL = { run: 'fleetwright.run', job: 'fleetwright.job', attempt: 'fleetwright.attempt', role: 'fleetwright.role' } as const;

/** `container`, or `service NAME`. */
export type Role = 'container' | `service ${string}` | 'network';

export function labelsOf({ run, job, attempt = 1 }: JobIdentity, role: Role): Readonly<Record<string, string>> {
  return { [LABEL.run]: run, [LABEL.job]: job, [LABEL.attempt]: String(attempt), [LABEL.role]: role };
}

/** For the engine's lists. Without a job: all of the run's; without an attempt: of all attempts. */
export function labelFilter({ run, job, attempt }: Pick<JobIdentity, 'run' | 'attempt'> & { readonly job?: string }): { readonly label: string[] } {
  const labels = { [LABEL.run]: run, [LABEL.job]: job, [LABEL.attempt]: attempt };
  return { label: [LABEL.role, ...Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))] };
}

export function roleOf(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  return labels?.[LABEL.role];
}

/** The engine lets one container have a name, so whoever asks second finds the first one's. */
export function nameOf({ run, job, attempt = 1 }: JobIdentity, role: Role): string {
  const hash = createHash('sha256').update(JSON.stringify([run, job, attempt])).digest('hex').slice(0, 16);
  const safe = role.replace(/^service /, '').replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  const own = role.startsWith('service ') ? `service-${safe}-${createHash('sha256').update(role).digest('hex').slice(0, 6)}` : safe;
  return `fleetwright-${hash}-${own}`;
}
