/**
 * The numbered rules of the SPEC.md files and the tests that name them: `node tools/rules.mjs` fails on a rule that no test
 * names, on a test that names a rule there is not, and on a number given twice. It cannot tell whether a test proves its rule.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { isMain, ROOT } from './run.mjs';

/** Whose tests may name the rules of which file. */
const SPECS = [
  { file: 'src/store/SPEC.md', letter: 'S' },
  { file: 'src/client/SPEC.md', letter: 'C' },
];

const TESTS = /\.(test|test-d|contract|browser|spec)\.(ts|mjs)$/;

/**
 * @param {string} text of a SPEC.md: a rule is a heading `## S1 …` or an item `- **C1** …`
 * @returns {string[]} ids in their order, repeated ones too
 */
export const rulesOf = (text) =>
  [...text.matchAll(/^(?:## |- \*\*)([A-Z]\d+)\b/gm)].map((match) => match[1] ?? '');

/**
 * Reads texts that begin a line or an argument list, which is where the names of tests stand.
 * @param {string} text of a test file
 * @returns {string[]} ids named at the beginning of a test's or group's name: `'S3 …'`, `'S7 S10 …'`
 */
export function citationsOf(text) {
  const names = text.matchAll(/^\s*(?:[^\n]*\()?(['"`])((?:[A-Z]\d+ )+)/gm);
  return [...names].flatMap((match) => (match[2] ?? '').trim().split(' '));
}

/**
 * @param {Map<string, string>} files path → text; SPEC.md files and tests
 * @returns {string[]} complaints, none for a repository in order
 */
export function findGaps(files) {
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, string[]>} rule → files that name it */
  const cited = new Map();
  for (const [file, text] of files) {
    if (!TESTS.test(file)) continue;
    for (const rule of new Set(citationsOf(text))) cited.set(rule, [...(cited.get(rule) ?? []), file]);
  }
  const known = new Set();
  for (const { file, letter } of SPECS) {
    const rules = rulesOf(files.get(file) ?? '');
    if (rules.length === 0) problems.push(`${file} has no rules`);
    for (const rule of rules) {
      if (!rule.startsWith(letter)) problems.push(`${file}: ${rule} does not begin with ${letter}`);
      if (known.has(rule)) problems.push(`${file}: ${rule} is there twice`);
      known.add(rule);
      if (!cited.has(rule)) problems.push(`${file}: no test names ${rule}`);
    }
  }
  const letters = new Set(SPECS.map(({ letter }) => letter));
  for (const [rule, where] of cited) {
    if (letters.has(rule[0] ?? '') && !known.has(rule)) {
      problems.push(`${where.join(', ')}: there is no rule ${rule}`);
    }
  }
  return problems;
}

/** @returns {Map<string, string>} the SPEC.md files and tests of the repository */
export function readRules() {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const folder of ['src', 'workers', 'e2e']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const file = `${folder}/${name.split(sep).join('/')}`;
      if (TESTS.test(file) || file.endsWith('/SPEC.md'))
        files.set(file, readFileSync(join(ROOT, file), 'utf8'));
    }
  }
  return files;
}

if (isMain(import.meta.url)) {
  const problems = findGaps(readRules());
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write('Every rule is named by a test.\n');
}
