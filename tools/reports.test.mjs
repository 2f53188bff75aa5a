/** The gate's counts: nothing that did not run and pass may look like a pass. */
import { describe, expect, test } from 'vitest';
import { readCheck, readFaultReport, readPlaywrightReport, readVitestReport } from './reports.mjs';

/** @param {string[]} statuses @param {string} [fileStatus] */
const vitest = (statuses, fileStatus = 'passed') => ({
  testResults: [
    {
      name: 'a.test.ts',
      status: fileStatus,
      message: 'Cannot find module\nstack',
      assertionResults: statuses.map((status, i) => ({ status, fullName: `test ${i}` })),
    },
  ],
});

/** @param {string[]} statuses @param {string} [expectedStatus] */
const playwright = (statuses, expectedStatus = 'passed') => ({
  suites: [
    {
      title: 'a.spec.ts',
      suites: [
        {
          title: 'group',
          specs: statuses.map((status, i) => ({ title: `test ${i}`, tests: [{ status, expectedStatus }] })),
        },
      ],
    },
  ],
  errors: [],
});

describe('vitest reports', () => {
  test('passed tests are counted', () => {
    expect(readVitestReport(vitest(['passed', 'passed']), 0)).toEqual({ passed: 2, failed: 0, problems: [] });
  });

  test('failed, skipped and todo tests are failures with their names', () => {
    expect(readVitestReport(vitest(['passed', 'failed', 'skipped', 'todo'], 'failed'), 1)).toEqual({
      passed: 1,
      failed: 3,
      problems: [
        'a.test.ts: test 1: failed',
        'a.test.ts: test 2: did not run (skipped)',
        'a.test.ts: test 3: did not run (todo)',
      ],
    });
  });

  test('a file that could not be loaded is a failure', () => {
    expect(readVitestReport(vitest([], 'failed'), 1).problems).toEqual(['a.test.ts: Cannot find module']);
  });

  test('an empty run is a failure, even when the program is content', () => {
    expect(readVitestReport({ testResults: [] }, 0)).toEqual({
      passed: 0,
      failed: 1,
      problems: ['no test was executed'],
    });
  });

  test('an exit code that no test explains is a failure', () => {
    expect(readVitestReport(vitest(['passed']), 1)).toMatchObject({ passed: 1, failed: 1 });
  });
});

describe('Playwright reports', () => {
  test('passed tests are counted through nested suites', () => {
    expect(readPlaywrightReport(playwright(['expected', 'expected']), 0)).toMatchObject({
      passed: 2,
      failed: 0,
    });
  });

  test('unexpected, flaky and skipped tests are failures with their names', () => {
    expect(readPlaywrightReport(playwright(['expected', 'unexpected', 'flaky', 'skipped']), 1)).toEqual({
      passed: 1,
      failed: 3,
      problems: [
        'a.spec.ts › group › test 1: unexpected, expected to be passed',
        'a.spec.ts › group › test 2: flaky, expected to be passed',
        'a.spec.ts › group › test 3: skipped, expected to be passed',
      ],
    });
  });

  test('a test that is expected to fail does not count as a pass', () => {
    expect(readPlaywrightReport(playwright(['expected'], 'failed'), 0)).toMatchObject({
      passed: 0,
      failed: 1,
    });
  });

  test('an error outside of tests and an empty run are failures', () => {
    const report = { suites: [], errors: [{ message: 'No Chromium found.\nstack' }] };
    expect(readPlaywrightReport(report, 1).problems).toEqual(['outside of tests: No Chromium found.']);
    expect(readPlaywrightReport({ suites: [], errors: [] }, 0).failed).toBe(1);
  });
});

test('a check counts as one, and a check that hangs has failed', () => {
  expect(readCheck(0, false)).toEqual({ passed: 1, failed: 0, problems: [] });
  expect(readCheck(2, false)).toEqual({ passed: 0, failed: 1, problems: ['exit code 2'] });
  expect(readCheck(0, true).failed).toBe(1);
});

describe('reports of the fault runner', () => {
  test('passed cases are counted, failed ones named', () => {
    const output = '  ok   F10 chromium: runs 3\nFAILED F01 chromium: lost 1\n1 passed, 1 failed, 0.3 min\n';
    expect(readFaultReport(output, 1)).toEqual({ passed: 1, failed: 1, problems: ['F01 chromium: lost 1'] });
  });

  test('a run without its sum, without cases, or with an unexplained exit code is a failure', () => {
    expect(readFaultReport('F01 chromium ×20\n', 1).failed).toBe(1);
    expect(readFaultReport('0 passed, 0 failed, 0.0 min\n', 0).failed).toBe(1);
    expect(readFaultReport('2 passed, 0 failed, 0.1 min\n', 1).failed).toBe(1);
    expect(readFaultReport('2 passed, 2 failed, 0.1 min\n', 1).failed).toBe(2);
  });
});
