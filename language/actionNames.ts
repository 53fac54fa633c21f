/** What `github.action` (GITHUB_ACTION) is in the steps of a job. */
import { isOwn } from './usesOwn.js';
import type { StepPlan } from './plan.js';

const LONGEST = 100;

/**
 * A step's id; else `__run`, `__owner_repo`, `__self` of an action in the workspace or of `$/`, or `__image_tag` of `docker://image:tag`, and `_2` behind the second of a name.
 * Names compare without case. The rule of record is that of GitHub's own converter (`convertSteps` and `IdBuilder` of @actions/workflow-parser).
 * @param steps all of the job's, in order @returns by address
 */
export function actionNames(steps: readonly StepPlan[]): ReadonlyMap<string, string> {
  const taken = new Set(steps.flatMap(({ id }) => id?.toLowerCase() ?? []));
  return new Map(steps.map((step) => [step.address, step.id ?? freeName(`__${baseName(step)}`.replaceAll(/[^\w-]/g, '_'), taken)]));
}

function freeName(name: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const candidate = name.slice(0, LONGEST - suffix.length) + suffix;
    if (taken.has(candidate.toLowerCase())) continue;
    taken.add(candidate.toLowerCase());
    return candidate;
  }
}

function baseName(step: StepPlan): string {
  if (step.kind !== 'uses' && step.kind !== 'action') return step.kind;
  const { uses } = step;
  if (uses.startsWith('docker://')) return uses.slice('docker://'.length);
  if (uses.startsWith('.') || isOwn(uses)) return 'self';
  return uses.replace(/@.*$/, '').split('/').filter(Boolean).slice(0, 2).join('/');
}
