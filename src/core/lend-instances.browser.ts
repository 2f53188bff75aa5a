/** Instances that are lent, against the limit that this browser really has. */
import { expect, test } from 'vitest';
import { randomMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';
import { lendInstances } from './lend-instances.js';
import { loadWasmCore } from './wasm.js';

const ROWS = 100;
const DIMENSIONS = 8;
const INDEXES = 200;

test('S58 200 indexes of which each wants a graph all answer; those that went without link theirs when others have ended', async () => {
  const core = lendInstances(await loadWasmCore());
  const all = Array.from({ length: INDEXES }, (_, seed) => {
    const vectors = core.createGraphVectors({
      space: 'l2',
      dimensions: DIMENSIONS,
      maxNeighbors: 8,
      efConstruction: 20,
      seed: 0,
      quantized: false,
    });
    vectors.set(rowsUpTo(ROWS), randomMatrix(ROWS, DIMENSIONS, seed));
    return vectors;
  });
  const linkAll = (): number => {
    for (const vectors of all) while (!vectors.link(100_000).done);
    return all.filter(({ linked }) => linked === ROWS).length;
  };
  const answers = (): number =>
    all.filter((vectors, seed) => {
      const query = vectorOf(randomMatrix(ROWS, DIMENSIONS, seed), 42);
      return vectors.searchGraph(query, 1, { ef: 50 }).rows[0] === 42;
    }).length;

  const linked = linkAll();
  expect(linked).toBeGreaterThan(20);
  expect(linked).toBeLessThan(INDEXES);
  expect([core.waiting, answers()]).toEqual([INDEXES - linked, INDEXES]);

  for (const vectors of all.splice(0, INDEXES - 10)) vectors.dispose();
  for (const vectors of all) while (!vectors.link(100_000).done);
  expect([linkAll(), core.waiting]).toEqual([10, 0]);
  for (const vectors of all) vectors.dispose();
});
