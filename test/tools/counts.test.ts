import { describe, expect, it } from 'vitest';
import { countsLine, countsOf, sum, type Report } from '../../tools/counts.mjs';

function report(counts: Partial<Report>): Report {
  return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...counts };
}

describe('the counts of a test run', () => {
  it('are those of the report; what is to do counts as skipped', () => {
    expect(countsOf(report({ numPassedTests: 5, numPendingTests: 2, numTodoTests: 1 }), 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  it('have one failure for a file that cannot be loaded, beside the tests that failed', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
    ];
    expect(countsOf(report({ numPassedTests: 1, numFailedTests: 1, testResults }), 1)).toEqual({ passed: 1, failed: 2, skipped: 0 });
  });

  it('have one failure for a run that failed although no test did', () => {
    expect(countsOf(report({ numPassedTests: 5 }), 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  });

  it('have one failure for a run that has left no report', () => {
    expect(countsOf(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('are one line in the end', () => {
    const total = sum([{ passed: 5, failed: 0, skipped: 1 }, { passed: 2, failed: 1, skipped: 0 }]);
    expect(countsLine(total)).toBe('7 passed, 1 failed, 1 skipped');
  });
});
