// What vitest's JSON report says, as three numbers.

/**
 * A test file that could not even be loaded has no tests to count: it counts as one that failed. So does a run whose report is
 * missing, or that failed although no test did (its set-up, for one).
 * @param report vitest's JSON report, or undefined where there is none
 */
export function countsOf(report, exitCode) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloadable = report.testResults
    .filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')).length;
  const failed = report.numFailedTests + unloadable;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function sum(all) {
  const total = (key) => all.reduce((so, counts) => so + counts[key], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
