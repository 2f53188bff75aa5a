/** The record of a release, `bench/results/faults.json`, and the table of it in the guide. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commit, environment } from '../../bench/environment.mjs';
import { binary, ROOT } from '../../tools/run.mjs';
import { merged, readRecord, RECORD } from './record.mjs';

const GUIDE = join(ROOT, 'docs', 'guide', 'durability.md');
const BLOCK = /<!-- figures -->[\s\S]*<!-- \/figures -->/;

/** @typedef {import('./record.mjs').CaseRecord} CaseRecord */

/**
 * A record says which commit it was measured on: that of the beginning, since the record itself is a change.
 * @param {{ anyTree: boolean }} options `anyTree`: it was asked for all the same, and is marked
 * @returns {string} that commit
 * @throws Error for a tree with changes
 */
export function mayRecord({ anyTree }) {
  const now = commit();
  if (!anyTree && !/^[\da-f]+$/.test(now))
    throw new Error(`The record would say "${now}". Commit first, or add --any-tree.`);
  return now;
}

/**
 * Case by case: a later run of some cases replaces those and leaves the others.
 * @param {CaseRecord[]} done
 * @param {{ commit: string, build: string, seed: number }} about
 */
export function writeReport(done, about) {
  const now = { ...about, when: new Date().toISOString(), environment: environment() };
  const { cases, refused } = merged(
    readRecord(),
    done.map((one) => ({ ...now, ...one })),
  );
  for (const one of refused) process.stdout.write(`not recorded  ${one}\n`);
  if (refused.length === done.length) return;
  writeFileSync(RECORD, `${JSON.stringify({ case: 'faults', ...now, cases }, null, 2)}\n`);
  writeFigures(cases);
}

/** @param {CaseRecord[]} cases */
function writeFigures(cases) {
  const guide = readFileSync(GUIDE, 'utf8');
  const rows = cases.map((one) =>
    [
      one.id,
      one.where,
      one['passed'] ? 'passed' : '**failed**',
      ...['runs', 'acknowledged', 'lost', 'duplicated', 'torn', 'undetected'].map((key) => one[key]),
      noteOf(one),
    ].join(' | '),
  );
  const table = [
    'case | where | | runs | acknowledged | lost | duplicated | torn | undetected | |',
    '--- | --- | --- | --: | --: | --: | --: | --: | --: | ---',
    ...rows,
  ].map((row) => `| ${row.replace(/ \|$/, '')} |`);
  const versions = [...new Set(cases.map((one) => String(one['version'])))]
    .sort((a, b) => a.localeCompare(b))
    .join('; ');
  const [first] = cases;
  const machine = first ? `${first['environment'].cores} cores, ${first['environment'].os}` : '';
  const text = [
    `<!-- figures -->`,
    '',
    `${versions}. ${machine}.`,
    '',
    ...table,
    '',
    '<!-- /figures -->',
  ].join('\n');
  writeFileSync(
    GUIDE,
    guide.replace(BLOCK, () => text),
  );
  spawnSync(process.execPath, [binary('oxfmt', 'oxfmt'), GUIDE], { cwd: ROOT });
}

/** What else was measured, in words. @param {CaseRecord} one */
function noteOf({ measures = {}, counts = {} }) {
  const notes = [];
  if (measures.inTransaction)
    notes.push(`a transaction open in ${Math.round(measures.inTransaction.mean * 100)} %`);
  if (measures.pendingReads)
    notes.push(
      `calls pending p50 ${measures.pendingReads.p50} reads, ${measures.pendingWrites?.p50 ?? 0} writes`,
    );
  if (measures.gapMs) notes.push(`gap p95 ${Math.round(measures.gapMs.p95)} ms`);
  if (measures.inLive) notes.push(`${Math.round(measures.inLive.mean * 100)} % in live rows or values`);
  if (counts.verdict)
    notes.push(
      Object.entries(counts.verdict)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    );
  if (measures.tests) notes.push(`${measures.tests.max} tests`);
  return notes.join('; ');
}
