export interface Counts { readonly passed: number; readonly failed: number; readonly skipped: number }
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}
export function countsOf(report: Report | undefined, exitCode: number): Counts;
export function sum(all: readonly Counts[]): Counts;
export function countsLine(counts: Counts): string;
