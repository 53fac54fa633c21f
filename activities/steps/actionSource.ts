/** The actions that a job's steps name: each is looked up once for the whole job, so that a moved tag changes nothing half way. */
import { posix } from 'node:path';
import { fromHome, type Home, isOwn, ownPath } from '../../language/usesOwn.js';
import type { StepPlan, UsesStepPlan } from '../../language/plan.js';
import { allEnded } from '../../infra/allEnded.js';
import { InvalidInputError } from '../../infra/errors.js';
import { builtInAction } from '../../infra/uses/builtIn.js';
import { resolveUses, type ResolvedAction } from '../../infra/uses/resolve.js';
import type { JobEntries } from './entries.js';
import type { HostActions } from './hostActions.js';

export interface SourceOptions extends Pick<HostActions, 'mirror'> {
  /** The job's, on its host. */
  readonly workspace: string;
  /** The checkout of the run's repository, and what it is of. */
  readonly repository?: string | undefined;
  readonly own?: Home | undefined;
  readonly entries: JobEntries;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** GitHub's limit for actions that use actions. */
const DEEPEST = 10;

export class ActionSource {
  readonly #known = new Map<string, ResolvedAction>();
  /** The commits of what composite actions name by `$/`: their own. */
  readonly #siblings = new Map<string, string>();

  constructor(private readonly options: SourceOptions) {}

  /** Fetches what the steps name, and what that names in turn. Actions of the workspace are left until their step: they may not be there yet. */
  async fetchAll(steps: readonly StepPlan[], depth = 1): Promise<void> {
    if (depth > DEEPEST) throw new InvalidInputError(`actions use each other more than ${DEEPEST} deep`, 'Flatten them.');
    const names = [...new Set(steps.filter((step): step is UsesStepPlan => step.kind === 'uses').map(({ uses }) => uses))];
    await allEnded(names.filter((uses) => !isLocal(uses) && builtInAction(uses) === undefined).map(async (uses) => {
      const { action } = await this.get(uses);
      if (action.runs.using === 'composite') await this.fetchAll(action.runs.steps, depth + 1);
    }));
  }

  /** @throws what `resolveUses` throws */
  async get(uses: string): Promise<ResolvedAction> {
    const known = this.#known.get(uses);
    if (known) return known;
    const { entries, mirror, repository, own, signal, onProgress } = this.options;
    const commit = entries.commit(uses) ?? this.#siblings.get(uses);
    const pinned = commit === undefined ? uses : `${uses.slice(0, uses.lastIndexOf('@'))}@${commit}`;
    const workspace = isLocal(uses) ? await mirror(posix.normalize(uses)) : isOwn(uses) && repository === undefined ? await mirror(ownPath(uses)) : '';
    const found = await resolveUses({ uses: pinned, workspace, shown: this.options.workspace, repository, own, signal, onProgress });
    for (const warning of found.warnings) onProgress(warning);
    if (isLocal(uses)) return found;
    if (found.commit !== undefined && entries.commit(uses) === undefined) entries.add({ kind: 'action', uses, commit: found.commit });
    const resolved = isOwn(uses) ? found : this.#atHome({ ...found, name: uses, ...(found.ref === undefined ? {} : { ref: uses.slice(uses.lastIndexOf('@') + 1) }) });
    this.#known.set(uses, resolved);
    return resolved;
  }

  /** What the steps of a composite action name by `$/` stands in its repository, at its commit; in an action of the run's own repository it stands there. */
  #atHome(resolved: ResolvedAction): ResolvedAction {
    const { repository, ref, commit, action } = resolved;
    const { runs } = action;
    if (runs.using !== 'composite' || repository === undefined || ref === undefined) return resolved;
    const steps = runs.steps.map((step) => {
      if (step.kind !== 'uses' || !isOwn(step.uses)) return step;
      const uses = fromHome(step.uses, { repository, ref });
      if (commit !== undefined) this.#siblings.set(uses, commit);
      return { ...step, uses };
    });
    return { ...resolved, action: { ...action, runs: { ...runs, steps } } };
  }
}

export function isLocal(uses: string): boolean {
  return uses.startsWith('./') || uses === '.';
}
