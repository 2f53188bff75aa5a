/**
 * Reads the JSON reports of vitest and Playwright strictly: what did not run, ran twice or ran by chance is a failure.
 * Pure functions over parsed reports; the gate runs the programs.
 */

/**
 * `problems` names every failure, one line each; `failed` is their number.
 * @typedef {{ passed: number, failed: number, problems: string[] }} Counts
 */

/**
 * @param {Counts} counts
 * @param {number} exitCode of the program that wrote the report
 * @returns {Counts} with a failure added when nothing ran, or when the program failed without naming a test
 */
function complete(counts, exitCode) {
  const problems = [...counts.problems];
  if (counts.passed + problems.length === 0) problems.push('no test was executed');
  if (exitCode !== 0 && problems.length === 0) {
    problems.push(
      `every test passed, yet the run failed with exit code ${exitCode} (an error outside of tests?)`,
    );
  }
  return { passed: counts.passed, failed: problems.length, problems };
}

/**
 * @param {any} report of vitest's `json` reporter
 * @param {number} exitCode
 * @returns {Counts}
 */
export function readVitestReport(report, exitCode) {
  let passed = 0;
  const problems = [];
  for (const file of report.testResults) {
    let named = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') {
        passed++;
        continue;
      }
      named++;
      const how = test.status === 'failed' ? 'failed' : `did not run (${test.status})`;
      problems.push(`${file.name}: ${test.fullName}: ${how}`);
    }
    if (file.status === 'failed' && named === 0) {
      problems.push(
        `${file.name}: ${file.message?.split('\n')[0] || 'the file failed outside of its tests'}`,
      );
    }
  }
  return complete({ passed, failed: 0, problems }, exitCode);
}

/**
 * @param {any} report of Playwright's `json` reporter
 * @param {number} exitCode
 * @returns {Counts}
 */
export function readPlaywrightReport(report, exitCode) {
  let passed = 0;
  /** @type {string[]} */
  const problems = [];
  const visit = (/** @type {any} */ suite, /** @type {string[]} */ titles) => {
    const here = [...titles, suite.title].filter(Boolean);
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'expected' && test.expectedStatus === 'passed') passed++;
        else
          problems.push(
            `${[...here, spec.title].join(' › ')}: ${test.status}, expected to be ${test.expectedStatus}`,
          );
      }
    }
    for (const inner of suite.suites ?? []) visit(inner, here);
  };
  for (const suite of report.suites ?? []) visit(suite, []);
  for (const error of report.errors ?? [])
    problems.push(`outside of tests: ${error.message?.split('\n')[0]}`);
  return complete({ passed, failed: 0, problems }, exitCode);
}

/**
 * What the fault runner prints: a line `FAILED …` for each case that failed, and the sum at the end.
 * @param {string} output
 * @param {number} exitCode
 * @returns {Counts}
 */
export function readFaultReport(output, exitCode) {
  const sum = /^(\d+) passed, (\d+) failed, [\d.]+ min$/m.exec(output);
  const problems = [...output.matchAll(/^FAILED (.*)$/gm)].map((line) => line[1] ?? '');
  const failed = Number(sum?.[2] ?? 1);
  while (problems.length < failed)
    problems.push(sum ? 'a case that failed without saying so' : 'the run ended before its sum');
  return complete({ passed: Number(sum?.[1] ?? 0), failed: 0, problems }, exitCode);
}

/**
 * A check passes or fails by its exit code alone.
 * @param {number} exitCode
 * @param {boolean} timedOut
 * @returns {Counts}
 */
export function readCheck(exitCode, timedOut) {
  if (exitCode === 0 && !timedOut) return { passed: 1, failed: 0, problems: [] };
  return {
    passed: 0,
    failed: 1,
    problems: [timedOut ? 'took too long and was ended' : `exit code ${exitCode}`],
  };
}
