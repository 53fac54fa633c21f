/** What the process's exit code says. Documented in docs/ and in `fleetwright --help`. */
export const EXIT = {
  ok: 0,
  /** A step failed, or the command could not do what it was asked. */
  failed: 1,
  usage: 2,
  /** An invalid file or invalid inputs: nothing was started. */
  invalid: 3,
  /** Temporal is not reachable. */
  unreachable: 4,
  /** The run failed and all that it made was undone. */
  undone: 5,
  /** A teardown or an undo could not remove everything. */
  left: 6,
  /** Cancelled, or detached from by Ctrl-C. */
  cancelled: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
