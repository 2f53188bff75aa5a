/** bench/RESULTS.md from bench/results/*.json: `npm run bench:report`. Every figure stands beside what it was measured on. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('./results/', import.meta.url);

/** @typedef {{ case: string, when: string, commit: string, rounds: number, dataset: string, rows: number, environment: Record<string, unknown>, ratios: Record<string, number>, values: Record<string, number>, void?: string | string[] }} Result */

/** @param {number} value */
const figure = (value) =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));

/** @param {string} title @param {Record<string, number>} figures @param {string} unit */
function table(title, figures, unit) {
  const rows = Object.entries(figures).map(([key, value]) => `| \`${key}\` | ${figure(value)}${unit} |`);
  return rows.length === 0 ? '' : `| ${title} | |\n| --- | --: |\n${rows.join('\n')}\n\n`;
}

/** @param {Result} result */
function section(result) {
  const environment = Object.entries(result.environment)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' / ') : String(value)}`)
    .join(' · ');
  return `## ${result.case}, ${result.rows} records

${result.dataset}. Medians of ${result.rounds} interleaved rounds, ${result.when.slice(0, 10)}, commit ${result.commit}.

${result.void ? `**Void**: ${[result.void].flat().join('; ')}. The figures say how it went, not how fast it is.\n\n` : ''}${table('ratio, kindex to the other', result.ratios, '×')}${table('value', result.values, '')}Measured on: ${environment}.
`;
}

/** @type {Result[]} */
const results = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .toSorted()
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
  // Counts of faults, not figures of speed: docs/guide/durability.md shows them.
  .filter((result) => result.case !== 'faults');

writeFileSync(
  new URL('./RESULTS.md', import.meta.url),
  `# Benchmark results

Written by \`npm run bench:report\` from \`bench/results/\`. Ratios compare both sides in the same run; single values depend on
the machine and its load. How to repeat them: \`npm run bench -- CASE… [--chroma URL]\`. In \`vector-search\` each engine answers
all queries before the next one does: shorter turns would measure how caches are filled again.

${results.map(section).join('\n')}`,
);
