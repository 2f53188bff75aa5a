/** RESULTS.md and its plots from results: a pure function, so that a test can tell whether the files are up to date. */
import { shortNumber } from './plot.mjs';
import { dataName, engineName, plotsOf } from './plots.mjs';
import { peerTables } from './report-peers.mjs';
import { judge, TARGETS } from './targets.mjs';

/** @typedef {import('./result.mjs').Result} Result */
/** @typedef {import('./plots.mjs').Plot} Plot */

const DATA_SETS = ['clustered', 'outliers', 'text'];

/**
 * @param {Result[]} all as stored
 * @returns {{ page: string, plots: Map<string, string> }} `plots`: file name → SVG
 */
export function reportOf(all) {
  // Counts of faults are not figures of speed: docs/guide/durability.md shows them.
  const results = all.filter(({ case: name }) => name !== 'faults');
  const million = results.find(({ case: name }) => name === 'scale-1m');
  const plots = results.map((result) => plotsOf(result, { million }));
  const files = new Map(plots.flat().map(({ file, svg }) => [file, svg]));
  const drawn = (/** @type {Result} */ result) => plots[results.indexOf(result)] ?? [];
  const searches = results.filter(({ case: name }) => name === 'vector-search').toSorted(byDataSet);
  const others = results.filter(({ case: name }) => name !== 'vector-search');
  const page = [
    INTRODUCTION,
    targetSection(results),
    ...(searches.length > 0 ? [searchSection(searches, searches.flatMap(drawn))] : []),
    ...others.map((result) => section(result, drawn(result))),
  ];
  return { page: page.join('\n'), plots: files };
}

const INTRODUCTION = `# Benchmark results

Written by \`npm run bench:report\` from \`bench/results/\`; \`npm run bench -- CASE… --record\` measures and stores. Ratios compare both
sides in the same run, by turns; single values depend on the machine and its load. Each figure is the median of the rounds, and beside
it stand the lowest and the highest round where they are stored. In \`vector-search\` engines take turns
of equal time, at least 150 ms, in which each asks all queries again and again; the first pass of a turn does not count, and a round is
the median of five turns. Recall is judged by distance, so ties do not count.
`;

/** @param {Result} a @param {Result} b */
function byDataSet(a, b) {
  const place = ({ data = 'clustered' }) => DATA_SETS.indexOf(data);
  return place(a) - place(b) || a.rows - b.rows;
}

/** @param {Result[]} results */
function targetSection(results) {
  const judged = results.flatMap((result) => judge(result).map((judgement) => ({ ...judgement, result })));
  const rows = TARGETS.flatMap(({ key, at, bar, what }) => {
    const found = judged.filter(({ target }) => target.key === key);
    const wanted = `${at === 'least' ? '≥' : '≤'} ${bar}`;
    if (found.length === 0) return [`| ${what} | \`${key}\` | ${wanted} | | | not measured |`];
    return found.map(
      ({ median, worst, verdict, result }) =>
        `| ${what} | \`${key}\` | ${wanted} | ${figure(median)} | ${worst === null ? 'not stored' : figure(worst)} | ${verdict} (${result.case}) |`,
    );
  });
  return `## Targets

Met: the median of at least 5 rounds reaches the bar, and no round is more than 10 % on the wrong side of it. A figure that was taken
once counts as one round, unless it is taken over all rounds together, or the same in each: recall of a graph of one seed, say.

| what | key | bar | median | worst round | |
| --- | --- | --: | --: | --: | --- |
${rows.join('\n')}
`;
}

/** @param {Result[]} results of case `vector-search` @param {Plot[]} plots */
function searchSection(results, plots) {
  const heads = results.map(dataName);
  const table = (/** @type {string} */ title, /** @type {Map<string, string[]>} */ lines) =>
    `| ${title} | ${heads.join(' | ')} |\n| --- |${' --: |'.repeat(heads.length)}\n${[...lines].map(([name, cells]) => `| ${name} | ${cells.join(' | ')} |`).join('\n')}\n`;
  /** @type {Map<string, string[]>} */
  const ratios = new Map();
  /** @type {Map<string, string[]>} */
  const speeds = new Map();
  const put = (
    /** @type {Map<string, string[]>} */ into,
    /** @type {string} */ name,
    /** @type {number} */ column,
    /** @type {string} */ cell,
  ) => {
    const cells = into.get(name) ?? heads.map(() => '');
    cells[column] = cell;
    into.set(name, cells);
  };
  results.forEach((result, column) => {
    for (const [key, value] of Object.entries(result.ratios))
      put(
        ratios,
        `\`${key.replace(/_[\d.]+k(_[a-z]+)?(?=_vs_)/, '')}\``,
        column,
        `${figure(value)}×${spread(result, key)}`,
      );
    for (const key of Object.keys(result.values)) {
      const [, place, engine] = /^(chromium|node)_(\w+)_build_vectors_per_s$/.exec(key) ?? [];
      if (!place || !engine) continue;
      const value = (/** @type {string} */ name) => result.values[`${place}_${engine}_${name}`];
      const cell = [value('qps95'), value('qps99'), value('build_vectors_per_s')].map((each) =>
        each === undefined ? '–' : shortNumber(each),
      );
      put(
        speeds,
        `${place === 'node' ? 'Node' : 'Chromium'}, ${engineName(engine)}`,
        column,
        cell.join(' / '),
      );
    }
  });
  return `## vector-search

${[...new Set(results.map(({ dataset }) => dataset))].join('.  \n')}.

${table('ratio, kindex to the other', ratios)}
${table('queries/s at recall 0.95 / at 0.99 / vectors/s built', speeds)}
${pictures(plots)}${results.map((result) => `- ${dataName(result)}: ${origin(result)}`).join('\n')}
`;
}

/** @param {Result} result @param {Plot[]} plots */
function section(result, plots) {
  const title = `${result.case}, ${result.data === undefined || result.data === 'clustered' ? '' : `${result.data}, `}${result.rows} records`;
  return `## ${title}

${result.dataset}.

${pictures(plots)}${peerTables(result)}${table('ratio, kindex to the other', result, result.ratios, '×')}${table('value', result, result.values, '')}${origin(result)}
`;
}

/** @param {Plot[]} plots */
function pictures(plots) {
  return plots.map(({ file, about }) => `![${about}](plots/${file})\n\n`).join('');
}

/** @param {string} title @param {Result} result @param {Record<string, number>} figures @param {string} unit */
function table(title, result, figures, unit) {
  const rows = Object.entries(figures).map(
    ([key, value]) => `| \`${key}\` | ${figure(value)}${unit} | ${spread(result, key).trim()} |`,
  );
  return rows.length === 0
    ? ''
    : `| ${title} | median | rounds |\n| --- | --: | --: |\n${rows.join('\n')}\n\n`;
}

/** Lowest and highest round. @param {Result} result @param {string} key */
function spread({ byRound }, key) {
  const rounds = byRound?.[key] ?? [];
  return rounds.length > 1 ? ` (${figure(Math.min(...rounds))}…${figure(Math.max(...rounds))})` : '';
}

/** When, on what and how it was measured. @param {Result} result */
function origin(result) {
  const environment = Object.entries(result.environment)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' / ') : String(value)}`)
    .join(' · ');
  const said = [
    `${result.rounds} rounds`,
    ...(result.seed === undefined ? [] : [`seed ${[result.seed].flat().join(', ')}`]),
    result.when.slice(0, 10),
    `commit ${result.commit}`,
    ...(result.command === undefined ? [] : [`\`${result.command}\``]),
  ];
  const notice = result.void?.length
    ? ` **Void**: ${[result.void].flat().join('; ')}. The figures say how it went, not how fast it is.`
    : '';
  return `${said.join(', ')}. Measured on: ${environment}.${notice}`;
}

/** @param {number | null} value */
function figure(value) {
  // What was no number is stored as null.
  if (value === null || !Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}
