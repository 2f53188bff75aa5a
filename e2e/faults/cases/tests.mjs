/** Faults that are proved by tests beside the code: runs those files and counts what they say. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readPlaywrightReport, readVitestReport } from '../../../tools/reports.mjs';
import { binary, ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const TABLES = ['src/client/faults/faults.test.ts', 'src/client/faults/faults.browser.ts'];

/**
 * Which files prove which fault. `cited`: only the tests that name it.
 * @type {Record<string, { files: string[], cited?: true }>}
 */
const TESTS = {
  F38: { files: TABLES, cited: true },
  F39: { files: TABLES, cited: true },
  F40: { files: ['src/store/model.test.ts', 'src/store/model.browser.ts'] },
  F41: { files: TABLES, cited: true },
  F42: { files: TABLES, cited: true },
  F43: { files: TABLES, cited: true },
  F44: { files: TABLES, cited: true },
  F45: { files: TABLES, cited: true },
  F48: { files: ['e2e/policy.spec.ts'] },
};

/** @param {string} file @returns {'node' | 'browser' | 'e2e'} the project that runs it */
const projectOf = (file) =>
  file.endsWith('.spec.ts') ? 'e2e' : file.endsWith('.browser.ts') ? 'browser' : 'node';

/** The steps of `npm test` that run a project's files. */
const STEPS = { node: 'test:node', browser: 'test:browser', e2e: 'test:e2e' };

/**
 * Where `npm test` itself runs the tests of a fault.
 * @param {string} id
 * @returns {string | null} null for faults that are made to happen here
 * @throws Error when a file is not there
 */
export function whereTested(id) {
  const entry = TESTS[id];
  if (!entry) return null;
  for (const file of entry.files)
    if (!existsSync(join(ROOT, file))) throw new Error(`${id}: ${file} is not there`);
  return entry.files.map((file) => `${file} (${STEPS[projectOf(file)]})`).join(', ');
}

/**
 * Runs one file. @param {string} id @param {string} file @param {boolean} cited @param {Context['level']} level
 * @returns {import('../../../tools/reports.mjs').Counts}
 */
function runFile(id, file, cited, level) {
  const folder = join(ROOT, '.cache', 'faults');
  mkdirSync(folder, { recursive: true });
  const report = join(folder, `${id}-${process.pid}.json`);
  rmSync(report, { force: true });
  const project = projectOf(file);
  const args =
    project === 'e2e'
      ? [binary('@playwright/test', 'playwright'), 'test', '--reporter=json', file]
      : [
          binary('vitest', 'vitest'),
          'run',
          '--project',
          project,
          '--reporter=json',
          `--outputFile=${report}`,
          ...(cited ? ['-t', id] : []),
          file,
        ];
  const done = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 1_800_000,
    env: {
      ...process.env,
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      // Of a hundred steps each (F40).
      ...(level === 'release' && { KINDEX_MODEL_RUNS: '1000' }),
    },
  });
  if (!existsSync(report)) throw new Error(`no report of ${file}: ${done.stdout}${done.stderr}`);
  const told = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report, { force: true });
  if (project === 'e2e') return readPlaywrightReport(told, done.status ?? 1);
  for (const one of told.testResults) {
    if (cited) {
      one.assertionResults = one.assertionResults.filter((/** @type {{ fullName: string }} */ { fullName }) =>
        fullName.includes(id),
      );
    }
  }
  return readVitestReport(told, done.status ?? 1);
}

/** @param {string} id @returns {(context: Context) => AsyncGenerator<RunResult>} */
function testsOf(id) {
  return async function* (context) {
    const entry = TESTS[id];
    if (!entry) throw new Error(`no tests prove ${id}`);
    for (const run of context.runs) {
      whereTested(id);
      let passed = 0;
      const problems = [];
      for (const file of entry.files) {
        const counts = runFile(id, file, entry.cited === true, context.level);
        passed += counts.passed;
        problems.push(...counts.problems);
      }
      yield { run, seed: 0, acknowledged: 0, ...cleanVerdict(), problems, measures: { tests: passed } };
    }
  };
}

export const tests = Object.fromEntries(Object.keys(TESTS).map((id) => [id, testsOf(id)]));
