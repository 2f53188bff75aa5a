/** What baselines did on an idle machine: a run in which one of them falls far below says nothing. */

const FIGURES = ['vectors/s of the build', 'queries/s at recall 0.95', 'queries/s at recall 0.99'];
/**
 * Of clustered vectors × 384, M 16, efConstruction 200, by rows.
 * @type {Record<number, Record<string, [number, number, number]>>}
 */
const KNOWN = {
  20_000: {
    hnswlib_wasm: [537, 2250, 1367],
    hnswlib_sse: [1026, 7622, 3402],
    hnswlib_avx2: [1357, 9531, 4214],
  },
  100_000: {
    hnswlib_wasm: [428, 1673, 956],
    hnswlib_avx2: [1113, 4721, 2568],
  },
};
const SERVER_FIGURES = ['adds/s', 'queries/s'];
/** Of a Chroma server through its client, 10,000 × 384 with documents, as case `api` asks it: one call at a time, batches of 1,000. */
const KNOWN_SERVER = [1904, 293];
/** Below this share of it the machine was busy, or the baseline handicapped. */
const LEAST_SHARE = 0.7;

/**
 * One line per figure of a baseline that makes the run void; none for other data than what is known.
 * @param {{ name: string, rows: number }} data
 * @param {Record<string, (number | undefined)[]>} speeds of each engine, in the order of `FIGURES`; what was not measured may be missing
 * @returns {string[]}
 */
export function slowBaselines({ name, rows }, speeds) {
  if (name !== 'clustered') return [];
  return Object.entries(KNOWN[rows] ?? {}).flatMap(([engine, known]) =>
    slowFigures(engine, FIGURES, known, speeds[engine] ?? []),
  );
}

/**
 * The same of the Chroma server that case `api` measures.
 * @param {{ addsPerS: number, queriesPerS: number }} speeds
 * @returns {string[]}
 */
export function slowServer({ addsPerS, queriesPerS }) {
  return slowFigures('chroma', SERVER_FIGURES, KNOWN_SERVER, [addsPerS, queriesPerS]);
}

/**
 * @param {string} baseline
 * @param {string[]} names of the figures
 * @param {number[]} known
 * @param {(number | undefined)[]} speeds
 */
function slowFigures(baseline, names, known, speeds) {
  return names.flatMap((what, i) => {
    const [speed, figure] = [speeds[i], known[i] ?? 0];
    return speed !== undefined && !(speed >= LEAST_SHARE * figure)
      ? [`${baseline} reached ${Math.round(speed)} ${what}, not ${figure}`]
      : [];
  });
}
