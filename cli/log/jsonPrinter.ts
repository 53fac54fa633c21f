/** A run's log for programs: one JSON object a line, for each line of a step's log and each end. */
import type { JobPrinter } from './printer.js';

/** Keys: `job`, `step` and `line`; or `job`, `step`, `name`, `conclusion` and `ms`; without `step` it is the job that ended. */
export function jsonPrinter(job: string, write: (lines: readonly string[]) => void): JobPrinter {
  const say = (...values: readonly object[]): void => write(values.map((value) => JSON.stringify({ job, ...value })));
  return {
    begin: () => undefined,
    lines: (step, lines) => say(...lines.map((line) => ({ step, line: line.replace(/\r$/, '') }))),
    end: (step, name, conclusion, ms) => say({ step, name, conclusion, ...(ms === undefined ? {} : { ms }) }),
    job: (conclusion, ms, error) => say({ conclusion, ...(ms === undefined ? {} : { ms }), ...(error === undefined ? {} : { error }) }),
  };
}
