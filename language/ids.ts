/**
 * The names that travel between folders, as branded strings. Each is parsed once, at the edge, by its `parse…` function;
 * inside, a value of the type is known to be safe in a path, a unit name, a container name and an argument list.
 */

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** `demo`: lower-case letters, digits and single dashes, at most 32 characters, a letter first. */
export type ClusterName = Id<'ClusterName'>;
/** `core01`: same alphabet as a cluster's name, at most 32 characters. */
export type MachineName = Id<'MachineName'>;
/** `deploy/demo#7`: a run's id, which is its Temporal workflow id. */
export type RunId = Id<'RunId'>;
/** `web`: a job's key in the file. */
export type JobId = Id<'JobId'>;
/** `web/verify`: a step's address in its plan, `<job>/<id or number>`. */
export type StepAddress = Id<'StepAddress'>;
/** `db.service`, `web@.service`, `web@03.service`. */
export type UnitName = Id<'UnitName'>;

/** A name that is not one. The message says what is allowed; it is meant for a person. */
export class InvalidIdError extends Error {
  override readonly name = 'InvalidIdError';
}

/** The pattern of a cluster's and a machine's name, for schemas and messages. */
export const NAME_PATTERN = /^[a-z](?:-?[a-z0-9]){0,31}$/;

function parser<T extends string>(what: string, pattern: RegExp, rule: string) {
  return (text: string): T => {
    if (text.length <= 256 && pattern.test(text)) return text as T;
    throw new InvalidIdError(`${JSON.stringify(text.slice(0, 80))} is not ${what}: ${rule}`);
  };
}

const NAME_RULE = 'use lower-case letters, digits and single dashes, a letter first, at most 32 characters';

/** @throws InvalidIdError */
export const parseClusterName = parser<ClusterName>('a cluster name', NAME_PATTERN, NAME_RULE);
/** @throws InvalidIdError */
export const parseMachineName = parser<MachineName>('a machine name', NAME_PATTERN, NAME_RULE);
/** @throws InvalidIdError */
export const parseUnitName = parser<UnitName>(
  'a unit name',
  /^[A-Za-z0-9][A-Za-z0-9:_.-]*(?:@[A-Za-z0-9:_.-]*)?\.(?:service|socket|device|mount|automount|timer|path)$/,
  'use NAME.service, NAME@.service or NAME@INSTANCE.service with letters, digits, ":", "_", "." and "-"',
);
/** @throws InvalidIdError */
export const parseRunId = parser<RunId>('a run id', /^[\w.@#/:-]+$/, 'runs are named FILE/CLUSTER#NUMBER, as in deploy/demo#7');

/** GitHub's rule for the ids of jobs and steps: what begins with two underscores is its own. */
export const ID_PATTERN = /^(?!__)[A-Za-z_][\w-]{0,98}$/;
export const ID_RULE = 'start with a letter or "_" (not two), then letters, digits, "-" or "_", at most 99';

/** A job's key. @throws InvalidIdError */
export const parseJobId = parser<JobId>('a job id', ID_PATTERN, ID_RULE);

/** The address of a step: its job's id and its own id, or its number (from 1) where it has none. */
export function stepAddress(job: JobId, step: string | number): StepAddress {
  return `${job}/${step}` as StepAddress;
}

/** Where an undo's log and its entry in the journal stand: `build/undo-1`. @param step the one that it undoes */
export function undoAddress(step: StepAddress): StepAddress {
  const at = step.lastIndexOf('/') + 1;
  return `${step.slice(0, at)}undo-${step.slice(at)}` as StepAddress;
}
