/** What baselines did on an idle machine: a run in which one of them falls far below says nothing. */

/** Of 20,000 × 384 clustered vectors, M 16, efConstruction 200. */
const KNOWN_ROWS = 20_000;
const FIGURES = ['vectors/s of the build', 'queries/s at recall 0.95', 'queries/s at recall 0.99'];
/** @type {Record<string, [number, number, number]>} */
const KNOWN = {
  hnswlib_wasm: [537, 2250, 1367],
  hnswlib_sse: [1026, 7622, 3402],
  hnswlib_avx2: [1357, 9531, 4214],
};
/** Below this share of it the machine was busy, or the baseline handicapped. */
const LEAST_SHARE = 0.7;

/**
 * One line per figure of a baseline that makes the run void; none for other data than what is known.
 * @param {{ name: string, rows: number }} data
 * @param {Record<string, (number | undefined)[]>} speeds of each engine, in the order of `FIGURES`; what was not measured may be missing
 * @returns {string[]}
 */
export function slowBaselines({ name, rows }, speeds) {
  if (name !== 'clustered' || rows !== KNOWN_ROWS) return [];
  return Object.entries(KNOWN).flatMap(([engine, known]) =>
    FIGURES.flatMap((what, i) => {
      const [speed, figure] = [speeds[engine]?.[i], known[i] ?? 0];
      return speed !== undefined && speed < LEAST_SHARE * figure
        ? [`${engine} reached ${Math.round(speed)} ${what}, not ${figure}`]
        : [];
    }),
  );
}
