/** Faults that are proved by tests beside the code: runs those files and counts what they say. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readPlaywrightReport, readVitestReport } from '../../../tools/reports.mjs';
import { binary, ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

/**
 * Which files prove which fault, and the project they run in.
 * @type {Record<string, { project: 'node' | 'browser' | 'e2e', files: string[] }>}
 */
const TESTS = {
  F34: { project: 'browser', files: ['src/rpc/worker-link.browser.ts'] },
  F38: { project: 'node', files: ['src/client/check-records.test.ts', 'src/client/pack-records.test.ts'] },
  F39: { project: 'node', files: ['src/client/client.test.ts'] },
  F40: { project: 'node', files: ['src/store/model.test.ts'] },
  F42: { project: 'node', files: ['src/store/store.test.ts'] },
  F43: { project: 'node', files: ['src/client/check-records.test.ts', 'src/store/row-map.test.ts'] },
  F44: { project: 'node', files: ['src/client/check-records.test.ts', 'src/filter/match.test.ts'] },
  F45: {
    project: 'node',
    files: ['src/filter/parse.test.ts', 'src/filter/regex.test.ts', 'src/filter/regex-run.test.ts'],
  },
  F48: { project: 'e2e', files: ['e2e/policy.spec.ts'] },
};

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
  return `${entry.files.join(', ')} (${STEPS[entry.project]})`;
}

/** @param {string} id @returns {(context: Context) => AsyncGenerator<RunResult>} */
function testsOf(id) {
  return async function* (context) {
    const entry = TESTS[id];
    if (!entry) throw new Error(`no tests prove ${id}`);
    const { project, files } = entry;
    for (const run of context.runs) {
      const folder = join(ROOT, '.cache', 'faults');
      mkdirSync(folder, { recursive: true });
      const report = join(folder, `${id}-${process.pid}.json`);
      rmSync(report, { force: true });
      whereTested(id);
      const e2e = project === 'e2e';
      const args = e2e
        ? [binary('@playwright/test', 'playwright'), 'test', '--reporter=json', ...files]
        : [
            binary('vitest', 'vitest'),
            'run',
            '--project',
            project,
            '--reporter=json',
            `--outputFile=${report}`,
            ...files,
          ];
      const done = spawnSync(process.execPath, args, {
        cwd: ROOT,
        encoding: 'utf8',
        timeout: 600_000,
        env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
      });
      if (!existsSync(report)) throw new Error(`no report: ${done.stdout}${done.stderr}`);
      const read = e2e ? readPlaywrightReport : readVitestReport;
      const counts = read(JSON.parse(readFileSync(report, 'utf8')), done.status ?? 1);
      rmSync(report, { force: true });
      yield {
        run,
        seed: 0,
        acknowledged: 0,
        ...cleanVerdict(),
        problems: counts.problems,
        measures: { tests: counts.passed, files: files.join(' ') },
      };
    }
  };
}

export const tests = Object.fromEntries(Object.keys(TESTS).map((id) => [id, testsOf(id)]));
