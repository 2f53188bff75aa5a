/**
 * npm run bench -- CASE… [--json FILE] [--rounds N] [--builds N] [--rows N] [--data NAME] [--chroma URL]
 * Runs benchmark cases and prints one result object per case; `--json` writes them to a file as well.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { commit, environment } from './environment.mjs';

const { values: options, positionals: cases } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    builds: { type: 'string' },
    rows: { type: 'string' },
    data: { type: 'string' },
    chroma: { type: 'string' },
  },
});

const known = (await readdir(new URL('./cases/', import.meta.url))).map((file) => file.replace(/\.mjs$/, ''));
const unknown = cases.filter((name) => !known.includes(name));
if (cases.length === 0 || unknown.length > 0) {
  console.error(
    `${unknown.length > 0 ? `No such case: ${unknown.join(', ')}. ` : ''}Cases: ${known.join(', ')}.\n` +
      'Usage: npm run bench -- CASE… [--json FILE] [--rounds N] [--builds N] [--rows N] [--data NAME] [--chroma URL]',
  );
  process.exit(2);
}

const results = [];
for (const name of cases) {
  const { run } = await import(`./cases/${name}.mjs`);
  const before = environment();
  const result = await run({
    chroma: options.chroma ?? null,
    rounds: Number(options.rounds),
    builds: options.builds === undefined ? null : Number(options.builds),
    rows: options.rows === undefined ? null : Number(options.rows),
    data: options.data ?? null,
    log: (/** @type {string} */ line) => console.error(`${name}: ${line}`),
  });
  results.push({
    case: name,
    when: new Date().toISOString(),
    commit: commit(),
    rounds: Number(options.rounds),
    ...result,
    environment: { ...before, ...result.environment },
  });
  console.log(JSON.stringify(results.at(-1), null, 2));
}
if (options.json) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
