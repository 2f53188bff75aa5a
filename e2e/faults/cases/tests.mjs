/** Faults that are proved by tests beside the code: runs those files and counts what they say. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readVitestReport } from '../../../tools/reports.mjs';
import { binary, ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

/**
 * Which files prove which fault, and the project they run in.
 * @type {Record<string, { project: 'node' | 'browser', files: string[] }>}
 */
export const TESTS = {
  F34: { project: 'browser', files: ['src/rpc/worker-link.browser.ts'] },
  F38: { project: 'node', files: ['src/client/check-records.test.ts', 'src/client/pack-records.test.ts'] },
  F39: { project: 'node', files: ['src/client/client.test.ts'] },
  F40: { project: 'node', files: ['src/store/model.test.ts'] },
  F42: { project: 'node', files: ['src/store/store.test.ts'] },
  F43: { project: 'node', files: ['src/client/check-records.test.ts', 'src/store/row-map.test.ts'] },
  F44: { project: 'node', files: ['src/client/check-records.test.ts', 'src/filter/match.test.ts'] },
  F45: { project: 'node', files: ['src/filter/parse.test.ts', 'src/filter/regex.test.ts', 'src/filter/regex-run.test.ts'] },
};

/** @param {string} id @returns {(context: Context) => AsyncGenerator<RunResult>} */
function testsOf(id) {
  return async function* (context) {
    const { project, files } = /** @type {(typeof TESTS)[string]} */ (TESTS[id]);
    for (const run of context.runs) {
      for (const file of files) if (!existsSync(join(ROOT, file))) throw new Error(`${file} is not there`);
      const folder = join(ROOT, '.cache', 'faults');
      mkdirSync(folder, { recursive: true });
      const report = join(folder, `${id}-${process.pid}.json`);
      rmSync(report, { force: true });
      const done = spawnSync(
        process.execPath,
        [binary('vitest', 'vitest'), 'run', '--project', project, '--reporter=json', `--outputFile=${report}`, ...files],
        { cwd: ROOT, encoding: 'utf8', timeout: 600_000 },
      );
      if (!existsSync(report)) throw new Error(`no report: ${done.stdout}${done.stderr}`);
      const counts = readVitestReport(JSON.parse(readFileSync(report, 'utf8')), done.status ?? 1);
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
