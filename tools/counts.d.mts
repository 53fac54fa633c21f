export interface Counts { readonly passed: number; readonly failed: number; readonly skipped: number }
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileResult[];
}
export interface FileResult {
  /** The file's whole path. */
  readonly name: string;
  readonly status: string;
  /** Why it could not be loaded, else empty. */
  readonly message: string;
  readonly assertionResults: readonly TestResult[];
}
export interface TestResult {
  readonly status: string;
  readonly title: string;
  readonly ancestorTitles: readonly string[];
  readonly failureMessages: readonly string[];
}
export function countsOf(report: Report | undefined, exitCode: number): Counts;
export function failuresOf(report: Report | undefined, root: string): string[];
export function sum(all: readonly Counts[]): Counts;
export function countsLine(counts: Counts): string;
