/**
 * Which codes of the error catalogue nothing throws and no test asserts: `node tools/error-coverage.mjs` fails on any.
 * It reads texts: a code counts as thrown where product code names it as a string and does not merely compare with it, and as
 * asserted where a test names it and does not merely make the error itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { isMain, ROOT } from './run.mjs';

const CATALOGUE = /^src\/base\/(errors|error-guide)\.ts$/;
const TEST = /\.(test|contract|browser|spec)\.(ts|mjs)$|\/fixtures\/.*cases/;
const OTHER = /\.test-d\.ts$|\/fixtures\//;

/** Before a code: a comparison, which throws nothing. */
const COMPARED = /(?:[=!]==|\bcase|includes\(|startsWith\()\s*$/;
/** Before a code: an error made by the test itself, to see what becomes of it. */
const MADE = /(?:kindexError\(|fault\s*=\s*\{[^\n]*)\s*$/;

/**
 * @param {string} text
 * @param {RegExp} unless what stands before an occurrence that does not count
 * @returns {Set<string>} everything that looks like a code
 */
function codesIn(text, unless) {
  const found = new Set();
  for (const match of text.matchAll(/(['"`])([A-Z]+(?:_[A-Z]+)*)\1/g)) {
    if (!unless.test(text.slice(Math.max(0, match.index - 120), match.index))) found.add(match[2]);
  }
  return found;
}

/**
 * @param {string[]} codes of the catalogue
 * @param {Map<string, string>} files path → text
 * @returns {string[]} complaints, none for a repository in order
 */
export function findUncovered(codes, files) {
  const thrown = new Set();
  const asserted = new Set();
  for (const [file, text] of files) {
    if (TEST.test(file)) for (const code of codesIn(text, MADE)) asserted.add(code);
    else if (!OTHER.test(file) && !CATALOGUE.test(file) && /^(src|workers)\//.test(file)) {
      for (const code of codesIn(text, COMPARED)) thrown.add(code);
    }
  }
  return codes.flatMap((code) => [
    ...(thrown.has(code) ? [] : [`${code} is never thrown: remove it from src/base/errors.ts, or throw it`]),
    ...(asserted.has(code) ? [] : [`${code} is asserted by no test`]),
  ]);
}

/** @returns {Map<string, string>} */
export function readSources() {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const folder of ['src', 'workers', 'demo', 'e2e', 'tools']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const file = `${folder}/${name.split(sep).join('/')}`;
      // Its own test invents codes.
      if (/\.(ts|mjs)$/.test(file) && !/node_modules|\/dist\/|error-coverage/.test(file)) {
        files.set(file, readFileSync(join(ROOT, file), 'utf8'));
      }
    }
  }
  return files;
}

/** @param {string} catalogue text of src/base/errors.ts @returns {string[]} */
export function codesOf(catalogue) {
  const table = catalogue.slice(catalogue.indexOf('export const ERRORS'));
  return [...table.matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)*): \{/gm)].map((match) => match[1] ?? '');
}

if (isMain(import.meta.url)) {
  const files = readSources();
  const problems = findUncovered(codesOf(files.get('src/base/errors.ts') ?? ''), files);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write('Every code is thrown somewhere and asserted somewhere.\n');
}
