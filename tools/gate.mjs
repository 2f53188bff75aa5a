/**
 * `npm test`: everything a change must pass, cheapest first; all steps run, all failures are named.
 * `--quick` stops before anything is built or a browser is needed. The last line is `N passed, N failed`:
 * a check counts as one, a test counts as one. Node built-ins only, so that it runs on a fresh clone.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readCheck, readFaultReport, readPlaywrightReport, readVitestReport } from './reports.mjs';
import { ROOT, runScript } from './run.mjs';

const MINUTE = 60_000;

/**
 * `script` is the npm script of the same work, `minutes` when it is ended as hanging, `quick` puts it into `npm run quick`.
 * `needs` names scripts without whose success a step could only fail with a worse message.
 * @typedef {{ name: string, script: string, kind: 'check' | 'vitest' | 'playwright' | 'faults', minutes: number, quick?: boolean, needs?: string[] }} Step
 */

/** @type {Step[]} */
const STEPS = [
  { name: 'set-up', script: 'setup', kind: 'check', minutes: 10, quick: true },
  { name: 'format', script: 'check:format', kind: 'check', minutes: 2 },
  { name: 'types', script: 'check:types', kind: 'check', minutes: 3, quick: true },
  { name: 'lint', script: 'check:lint', kind: 'check', minutes: 3, quick: true },
  { name: 'layers', script: 'check:layers', kind: 'check', minutes: 1, quick: true },
  { name: 'Node tests', script: 'test:node', kind: 'vitest', minutes: 10, quick: true },
  { name: 'type tests', script: 'test:types', kind: 'vitest', minutes: 3 },
  { name: 'build', script: 'build', kind: 'check', minutes: 5 },
  { name: 'API report', script: 'check:api', kind: 'check', minutes: 3, needs: ['build'] },
  { name: 'package', script: 'check:package', kind: 'check', minutes: 3, needs: ['build'] },
  { name: 'size', script: 'check:size', kind: 'check', minutes: 3, needs: ['build'] },
  { name: 'docs', script: 'check:docs', kind: 'check', minutes: 5, needs: ['build'] },
  { name: 'browser', script: 'setup:browser', kind: 'check', minutes: 30 },
  { name: 'browser tests', script: 'test:browser', kind: 'vitest', minutes: 10, needs: ['setup:browser'] },
  {
    name: 'end to end',
    script: 'test:e2e',
    kind: 'playwright',
    minutes: 20,
    needs: ['build', 'setup:browser'],
  },
  { name: 'faults', script: 'faults', kind: 'faults', minutes: 20, needs: ['build', 'setup:browser'] },
  { name: 'dead code', script: 'check:dead', kind: 'check', minutes: 2 },
];

/**
 * @param {Step} step
 * @param {string} reportFile
 * @returns {{ extra: string[], env: Record<string, string> }}
 */
function argumentsFor(step, reportFile) {
  const path = relative(ROOT, reportFile);
  if (step.kind === 'vitest') {
    return { extra: ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`], env: {} };
  }
  if (step.kind === 'playwright') {
    return { extra: ['--reporter=list,json'], env: { PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile } };
  }
  return { extra: step.kind === 'faults' ? ['--push'] : [], env: {} };
}

/**
 * Runs one step and shows it: tests while they run, checks only when they fail.
 * @param {Step} step
 * @returns {Promise<import('./reports.mjs').Counts & { seconds: number }>}
 */
async function runStep(step) {
  const reportFile = join(ROOT, '.cache', 'gate', `${step.script.replace(':', '-')}.json`);
  rmSync(reportFile, { force: true });
  const { extra, env } = argumentsFor(step, reportFile);
  const start = Date.now();
  const stream = step.kind !== 'check';
  process.stdout.write(`\n── ${step.name} (npm run ${step.script})\n`);
  const { code, output, timedOut } = await runScript(step.script, extra, {
    timeoutMs: step.minutes * MINUTE,
    stream,
    env,
  });

  /** @type {import('./reports.mjs').Counts} */
  let counts;
  if (step.kind === 'faults' && !timedOut) {
    counts = readFaultReport(output, code);
  } else if (step.kind === 'check' || timedOut || !existsSync(reportFile)) {
    counts = readCheck(code, timedOut);
    if (step.kind !== 'check' && counts.failed === 0) {
      counts = { passed: 0, failed: 1, problems: ['wrote no report, so nothing is known'] };
    }
  } else {
    const report = JSON.parse(readFileSync(reportFile, 'utf8'));
    counts = step.kind === 'vitest' ? readVitestReport(report, code) : readPlaywrightReport(report, code);
  }
  if (!stream && counts.failed > 0) process.stdout.write(output.endsWith('\n') ? output : `${output}\n`);

  const seconds = (Date.now() - start) / 1000;
  const verdict = counts.failed === 0 ? 'ok' : 'FAILED';
  process.stdout.write(
    `── ${step.name}: ${verdict}, ${seconds.toFixed(1)} s, ${counts.passed} passed, ${counts.failed} failed\n`,
  );
  return { ...counts, seconds };
}

const quick = process.argv.includes('--quick');
const steps = STEPS.filter((step) => !quick || step.quick);
mkdirSync(join(ROOT, '.cache', 'gate'), { recursive: true });

let passed = 0;
let failed = 0;
/** @type {string[]} */
const lines = [];
/** @type {string[]} */
const problems = [];
/** @type {Set<string>} */
const broken = new Set();
for (const step of steps) {
  // The set-up is what every other step needs.
  const missing = ['setup', ...(step.needs ?? [])].find((script) => broken.has(script));
  const result = missing
    ? { passed: 0, failed: 1, problems: [`not run, because ${missing} failed`], seconds: 0 }
    : await runStep(step);
  passed += result.passed;
  failed += result.failed;
  if (result.failed > 0) broken.add(step.script);
  problems.push(...result.problems.map((problem) => `${step.name}: ${problem}`));
  lines.push(
    `${result.failed === 0 ? '  ok  ' : 'FAILED'}  ${step.name.padEnd(14)} ${result.seconds.toFixed(1).padStart(7)} s` +
      `  ${result.passed} passed, ${result.failed} failed`,
  );
}

process.stdout.write(`\n${lines.join('\n')}\n`);
if (problems.length > 0)
  process.stdout.write(`\nFailures:\n${problems.map((line) => `  ${line}\n`).join('')}`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
