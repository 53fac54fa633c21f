import { describe, expect, it } from 'vitest';
import { countsLine, countsOf, failuresOf, sum, type FileResult, type Report, type TestResult } from '../../tools/counts.mjs';

function report(counts: Partial<Report>): Report {
  return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...counts };
}

function file(result: Partial<FileResult>): FileResult {
  return { name: '/clone/test/a.test.ts', status: 'passed', message: '', assertionResults: [], ...result };
}

function test(result: Partial<TestResult>): TestResult {
  return { status: 'passed', title: 'is so', ancestorTitles: ['a thing'], failureMessages: [], ...result };
}

describe('the counts of a test run', () => {
  it('are those of the report; what is to do counts as skipped', () => {
    expect(countsOf(report({ numPassedTests: 5, numPendingTests: 2, numTodoTests: 1 }), 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  it('have one failure for a file that cannot be loaded, beside the tests that failed', () => {
    const testResults = [file({ status: 'failed' }), file({ status: 'failed', assertionResults: [test({ status: 'failed' }), test({})] })];
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

describe('the tests that failed', () => {
  it('are named with their file and what each says first, and those that passed are not', () => {
    const failed = test({ status: 'failed', failureMessages: ['\u001b[31mError: not so\u001b[39m\n    at somewhere'] });
    const testResults = [file({ status: 'failed', assertionResults: [test({ title: 'is fine' }), failed] }), file({ name: '/clone/test/b.test.ts', assertionResults: [test({})] })];
    expect(failuresOf(report({ testResults }), '/clone')).toEqual(['test/a.test.ts > a thing > is so\n    Error: not so']);
  });

  it('are the file itself where it could not be loaded', () => {
    expect(failuresOf(report({ testResults: [file({ status: 'failed', message: 'Cannot find module' })] }), '/clone')).toEqual(['test/a.test.ts\n    Cannot find module']);
  });

  it('are none where there is no report', () => {
    expect(failuresOf(undefined, '/clone')).toEqual([]);
  });
});
