/** The worker of case `scale`: the engine at several sizes at once, each built in every round, then asked by turns. */
import { recall } from '../data.mjs';
import { askOf, buildInTurns, steadyPasses, kindexEngine, widthFor } from '../vector-engines.mjs';
import { fetchFloats, loadEngine } from './engines.mjs';
import { answerTask } from './task.mjs';

const WANTED = 0.95;

answerTask(async ({ sizes, shape, k, rounds, builds, kths }, log) => {
  const { dimensions } = shape;
  const [all, queries] = await Promise.all([fetchFloats('base.bin'), fetchFloats('queries.bin')]);
  const { modules, core } = await loadEngine();
  const count = queries.length / dimensions;
  /** @type {{ rows: number, buildMs: number[], queryMs: number[], ef: number, recall: number, bytes: number }[]} */
  const found = sizes.map((/** @type {number} */ rows) => ({
    rows,
    buildMs: [],
    queryMs: [],
    ef: k,
    recall: 0,
    bytes: 0,
  }));
  /** @type {import('../vector-engines.mjs').Index[]} */
  let indexes = [];
  /** @type {import('../vector-engines.mjs').Ask[]} */
  let asks = [];
  for (let round = 0; round < rounds; round++) {
    if (round < builds) {
      for (const index of indexes) index.close();
      indexes = [];
      for (const size of found) {
        const own = { ...shape, rows: size.rows };
        const index = await kindexEngine(modules, { ...own, precision: 'int8' }).create();
        size.buildMs.push(buildInTurns([index], all.subarray(0, size.rows * dimensions), own)[0] ?? NaN);
        size.bytes = index.bytes?.() ?? 0;
        indexes.push(index);
      }
      asks = indexes.map((index) => askOf(index, queries, dimensions, k));
    }
    if (round === 0) {
      found.forEach((size, i) => {
        const [ask, kth] = [asks[i], Float64Array.from(kths[i])];
        const base = all.subarray(0, size.rows * dimensions);
        const options = {
          count,
          k,
          recall: (/** @type {number[][]} */ rows) => recall(rows, kth, base, queries, { dimensions, k }),
        };
        if (ask) Object.assign(size, widthFor(ask, WANTED, options));
      });
    }
    steadyPasses(
      asks,
      found.map(({ ef }) => ef),
      count,
      round,
    ).forEach((ms, i) => found[i]?.queryMs.push(ms));
    const line = found.map(
      ({ rows, buildMs, queryMs }) =>
        `${rows}: ${Math.round((rows * 1000) / (buildMs.at(-1) ?? NaN))} vectors/s, ${Math.round((count * 1000) / (queryMs.at(-1) ?? NaN))} queries/s`,
    );
    log(`round ${round + 1}/${rounds}: ${line.join('; ')}`);
  }
  for (const index of indexes) index.close();
  return { found, core };
});
