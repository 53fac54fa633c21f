// What vitest's JSON report says, as three numbers, and which tests failed.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

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

/**
 * The tests that failed, a line each: `file > the test's whole sentence`, then the first line of what it says, indented. Files are relative to `root`.
 * A suite's output is long, and where only its end is kept these are what is left of it.
 * @param report vitest's JSON report, or undefined where there is none
 */
export function failuresOf(report, root) {
  return (report?.testResults ?? []).filter((file) => file.status === 'failed').flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return [entry(name, file.message)];
    return failed.map((test) => entry([name, ...test.ancestorTitles, test.title].join(' > '), test.failureMessages[0]));
  });
}

function entry(title, message) {
  const [line] = stripVTControlCharacters(message ?? '').split('\n');
  return line ? `${title}\n    ${line}` : title;
}

export function sum(all) {
  const total = (key) => all.reduce((so, counts) => so + counts[key], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
