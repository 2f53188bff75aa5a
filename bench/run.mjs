/**
 * npm run bench -- CASE… [--rounds N] [--builds N] [--rows N] [--data NAME] [--peers A,B] [--chroma URL] [--json FILE] [--record]
 * Runs benchmark cases, prints one result object per case, and how it stands to the targets (targets.mjs); `--json` writes the results
 * to a file, `--record` each to its own in results/, where report.mjs finds it. Exit code 1 when a target is missed.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { commit, environment } from './environment.mjs';
import { commandOf, resultOf, resultsText } from './result.mjs';
import { judge } from './targets.mjs';

const {
  values: { json, record, ...options },
  positionals: cases,
} = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    builds: { type: 'string' },
    rows: { type: 'string' },
    data: { type: 'string' },
    peers: { type: 'string' },
    chroma: { type: 'string' },
    json: { type: 'string' },
    record: { type: 'boolean' },
  },
});

const known = (await readdir(new URL('./cases/', import.meta.url))).map((file) => file.replace(/\.mjs$/, ''));
const unknown = cases.filter((name) => !known.includes(name));
if (cases.length === 0 || unknown.length > 0) {
  console.error(
    `${unknown.length > 0 ? `No such case: ${unknown.join(', ')}. ` : ''}Cases: ${known.join(', ')}.\n` +
      'Usage: npm run bench -- CASE… [--rounds N] [--builds N] [--rows N] [--data NAME] [--peers A,B] [--chroma URL] [--json FILE] [--record]',
  );
  process.exit(2);
}

const results = [];
for (const name of cases) {
  const { run } = await import(`./cases/${name}.mjs`);
  const before = environment();
  /** @type {import('./result.mjs').Measured} */
  const measured = await run({
    chroma: options.chroma ?? null,
    rounds: Number(options.rounds),
    builds: options.builds === undefined ? null : Number(options.builds),
    rows: options.rows === undefined ? null : Number(options.rows),
    data: options.data ?? null,
    peers: options.peers ?? null,
    log: (/** @type {string} */ line) => console.error(`${name}: ${line}`),
  });
  const result = resultOf(measured, {
    case: name,
    when: new Date().toISOString(),
    commit: commit(),
    command: commandOf(name, options),
    rounds: Number(options.rounds),
    environment: before,
  });
  results.push(result);
  console.log(resultsText([result]));
  for (const { target, median, worst, verdict } of judge(result)) {
    console.error(
      `${name}: ${verdict.toUpperCase()} ${target.key}: target ${target.at === 'least' ? '≥' : '≤'} ${target.bar}, median ${median}, worst round ${worst ?? 'not known'} (${target.what})`,
    );
    if (verdict === 'missed') process.exitCode = 1;
  }
  if (record) {
    const file = new URL(`./results/${measured.file ?? name}.json`, import.meta.url);
    await writeFile(file, resultsText([result]));
  }
}
if (json) await writeFile(json, resultsText(results));
