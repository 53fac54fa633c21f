/** What a plan asks of a cluster. Pure, and apart from what looks at one: that loads all providers. */
import { instanceNames } from '../../infra/fleet/instances.js';
import { parseUnitName, type UnitName } from '../../language/ids.js';
import type { Preview } from '../../language/preview.js';

/** What the actions of a plan ask for, by their inputs; absent where no step asks. */
export interface Wanted {
  readonly machines?: number;
  readonly units: readonly UnitName[];
  /** Instances of a template above these are removed, by the template. */
  readonly counts: ReadonlyMap<UnitName, number>;
  /** All that carries the cluster's name goes. */
  readonly nothing: boolean;
}

export function wantedOf({ jobs }: Preview): Wanted {
  const steps = jobs.flatMap((job) => (job.happens.kind === 'skipped' ? [] : job.steps)).filter(({ happens }) => happens.kind !== 'skipped');
  const inputOf = (action: string, input: string): unknown => steps.find(({ uses }) => uses.startsWith(`fleetwright/${action}@`))?.with?.[input];
  const number = (action: string, input: string): number | undefined => { const value = inputOf(action, input); return typeof value === 'number' ? value : undefined; };
  const files = String(inputOf('submit-units', 'units') ?? '').split(/\s+/).filter(Boolean).map(parseUnitName);
  const count = number('start-web-servers', 'count') ?? number('submit-units', 'instances') ?? 0;
  const templates = files.filter((file) => file.includes('@.'));
  const machines = number('boot-servers', 'machines');
  return {
    ...(machines === undefined ? {} : { machines }),
    units: [...files, ...templates.flatMap((template) => instanceNames(template, count))],
    counts: new Map(count === 0 ? [] : templates.map((template) => [template, count])),
    nothing: steps.some(({ uses }) => uses.startsWith('fleetwright/delete-cluster@')),
  };
}
