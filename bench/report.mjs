/**
 * `npm run bench:report`: bench/RESULTS.md and bench/plots/*.svg from bench/results/*.json. `--check` writes nothing, and ends with
 * exit code 1 when they are not what the results give.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isMain } from '../tools/run.mjs';
import { reportOf } from './report-page.mjs';

const at = (/** @type {string} */ path) => new URL(path, import.meta.url);

/** @returns {import('./result.mjs').Result[]} all that are stored, by file name */
function storedResults() {
  return readdirSync(at('./results/'))
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => JSON.parse(readFileSync(at(`./results/${file}`), 'utf8')));
}

/** Files that are not what the results give, each with what it should hold; null: it should not be there. @returns {Map<string, string | null>} */
export function outdatedFiles() {
  const { page, plots } = reportOf(storedResults());
  const wanted = new Map([
    ['RESULTS.md', page],
    ...[...plots].map(([file, svg]) => /** @type {const} */ ([`plots/${file}`, svg])),
  ]);
  const there = existsSync(at('./plots/')) ? readdirSync(at('./plots/')).map((file) => `plots/${file}`) : [];
  /** @type {Map<string, string | null>} */
  const outdated = new Map(there.filter((file) => !wanted.has(file)).map((file) => [file, null]));
  for (const [file, text] of wanted)
    if (!existsSync(at(`./${file}`)) || readFileSync(at(`./${file}`), 'utf8') !== text)
      outdated.set(file, text);
  return outdated;
}

if (isMain(import.meta.url)) {
  const outdated = outdatedFiles();
  if (process.argv.includes('--check')) {
    for (const file of outdated.keys())
      console.error(`bench/${file} is not up to date: npm run bench:report`);
    process.exitCode = outdated.size > 0 ? 1 : 0;
  } else {
    mkdirSync(at('./plots/'), { recursive: true });
    for (const [file, text] of outdated) {
      if (text === null) rmSync(at(`./${file}`));
      else writeFileSync(at(`./${file}`), text);
    }
    console.log(`${outdated.size} files written, in bench/.`);
  }
}
