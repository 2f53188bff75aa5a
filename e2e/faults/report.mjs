/** The record of a release, `bench/results/faults.json`, and the table of it in the guide. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commit, environment } from '../../bench/environment.mjs';
import { binary, ROOT } from '../../tools/run.mjs';

const FILE = join(ROOT, 'bench', 'results', 'faults.json');
const GUIDE = join(ROOT, 'docs', 'guide', 'durability.md');
const BLOCK = /<!-- figures -->[\s\S]*<!-- \/figures -->/;

/** @typedef {{ id: string, where: string, [key: string]: any }} CaseRecord */

/**
 * Case by case: a later run of some cases replaces those and leaves the others.
 * @param {CaseRecord[]} done
 * @param {{ build: string, seed: number }} about
 */
export function writeReport(done, about) {
  /** @type {CaseRecord[]} */
  const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')).cases : [];
  const kept = before.filter((old) => !done.some(({ id, where }) => id === old.id && where === old.where));
  const now = { commit: commit(), ...about, when: new Date().toISOString(), environment: environment() };
  const cases = [...kept, ...done.map((one) => ({ ...now, ...one }))].sort((a, b) =>
    `${a.id} ${a.where}`.localeCompare(`${b.id} ${b.where}`),
  );
  writeFileSync(FILE, `${JSON.stringify({ case: 'faults', ...now, cases }, null, 2)}\n`);
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
  if (measures.inFlight) notes.push(`a write under way in ${Math.round(measures.inFlight.mean * 100)} %`);
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
