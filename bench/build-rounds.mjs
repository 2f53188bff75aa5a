/** Bulk builds of several engines by turns, with the recall of each graph: in Node and in a worker of a browser, so it imports nothing of either. */
import { askOf, buildInTurns, recallAt } from './vector-engines.mjs';

/**
 * Builds every engine anew in each round, batch by batch in turns.
 * @param {{
 *   engines: import('./vector-engines.mjs').Engine[],
 *   base: Float32Array,
 *   queries: Float32Array,
 *   recall: (found: number[][]) => number,
 *   shape: import('./vector-engines.mjs').Shape,
 *   k: number,
 *   ef: number,
 *   rounds: number,
 *   log: (line: string) => void,
 * }} options `ef`: width of the searches that recall is taken at
 * @returns {Promise<Record<string, { buildMs: number[], recall: number[] }>>} one figure per round
 */
export async function measureBuilds({ engines, base, queries, recall, shape, k, ef, rounds, log }) {
  const count = queries.length / shape.dimensions;
  const results = Object.fromEntries(
    engines.map(({ name }) => [
      name,
      { buildMs: /** @type {number[]} */ ([]), recall: /** @type {number[]} */ ([]) },
    ]),
  );
  for (let round = 0; round < rounds; round++) {
    // Who begins changes: the first one of a batch finds the caches as another's graph left them.
    const turn = engines
      .map((_, i) => engines[(i + round) % engines.length])
      .filter((engine) => engine !== undefined);
    const indexes = await Promise.all(turn.map(async ({ create }) => create()));
    const ms = buildInTurns(indexes, base, shape);
    turn.forEach(({ name }, i) => {
      const index = indexes[i];
      if (!index) return;
      results[name]?.buildMs.push(ms[i] ?? NaN);
      results[name]?.recall.push(recallAt(askOf(index, queries, shape.dimensions, k), ef, { count, recall }));
      index.close();
    });
    const line = Object.entries(results).map(
      ([name, { buildMs, recall: reached }]) =>
        `${name} ${Math.round((shape.rows * 1000) / (buildMs.at(-1) ?? NaN))} vectors/s, recall ${reached.at(-1)?.toFixed(4)}`,
    );
    log(`round ${round + 1}/${rounds}: ${line.join('; ')}`);
  }
  return results;
}
