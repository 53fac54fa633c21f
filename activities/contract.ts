/**
 * What an activity of an action takes and gives. Activity types are the actions' names (`boot-servers`);
 * `actions/<name>/action.yml` says which inputs and outputs each has.
 */
import type { RunId, StepAddress } from '../language/ids.js';
import type { Values } from '../language/plan.js';

/** Input of an action's activity: the step's evaluated `with`, and who asks. */
export interface ActionInput {
  readonly run: RunId;
  readonly step: StepAddress;
  readonly with: Values;
}

/** Result of an action's activity. `outputs` are what `steps.<id>.outputs` holds. */
export interface ActionResult {
  readonly outputs: Readonly<Record<string, string>>;
}

/** Result of an undo: by tag, "not found" is done. */
export interface UndoResult {
  /** `container core01`, `unit db.service`, ... */
  readonly removed: readonly string[];
  /** What it could not remove, with the reason. */
  readonly left: readonly string[];
}
