/** hnswlib-wasm as an engine, in a real browser: the library is built for nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, clusteredMatrix, rowsUpTo, vectorOf } from '../core/fixtures/matrices.js';
import { loadCore } from '../core/load.js';
import { createFlatIndex } from './flat.js';
import { createHnswlibIndex } from './hnswlib.js';
import { loadHnswlib } from './load-hnswlib.js';
import type { BuildableIndex } from './vector-index.js';
import { describeVectorIndex } from './vector-index.contract.js';

const { core } = await loadCore();
const library = await loadHnswlib();
const parameters = { maxNeighbors: 16, efConstruction: 100, efSearch: 100 } as const;

/** Links all that is added before anything is asked, so that the contract's searches go through the library's graph. */
function linkedOnAdd(index: BuildableIndex): BuildableIndex {
  const add = index.add.bind(index);
  index.add = (rows, matrix) => {
    add(rows, matrix);
    while (!index.build(1_000_000));
    if (index.indexed !== index.size) throw new Error(`${index.indexed} of ${index.size} rows are linked.`);
  };
  return index;
}

describeVectorIndex('hnswlib, from the first row on', {
  create: async (options) =>
    linkedOnAdd(createHnswlibIndex(core, library, { ...parameters, ...options, graphFromRows: 1 })),
  recallFloor: 0.95,
});
describeVectorIndex('hnswlib, before it has a graph', {
  create: async (options) => createHnswlibIndex(core, library, { ...parameters, ...options }),
  recallFloor: 1,
});

describe('hnswlib behind the writes', () => {
  const create = (graphFromRows: number): BuildableIndex =>
    createHnswlibIndex(core, library, { ...parameters, space: 'l2', dimensions: 8, graphFromRows });
  const buildAll = (index: BuildableIndex): void => {
    for (let turns = 0; !index.build(100_000); turns++) expect(turns).toBeLessThan(10_000);
  };

  test('says how far it is, and finds every row before it has linked it', () => {
    const index = create(100);
    const matrix = clusteredMatrix(500, 8, 1);
    index.add(rowsUpTo(500), matrix);
    let last = 0;
    for (let done = false; !done; last = index.indexed) {
      done = index.build(30_000);
      expect(index.indexed).toBeGreaterThan(last);
      expect(index.search(vectorOf(matrix, 499), 1).rows).toEqual(Uint32Array.of(499));
    }
    expect(last).toBe(500);
    index.dispose();
  });

  test('grows past its first capacity, with every row found at its own place', () => {
    const index = createHnswlibIndex(core, library, {
      ...parameters,
      efConstruction: 20,
      space: 'l2',
      dimensions: 4,
      graphFromRows: 1,
    });
    const rows = 8_300;
    const matrix = clusteredMatrix(rows, 4, 2);
    index.add(rowsUpTo(10), { data: matrix.data.slice(0, 40), rows: 10, dimensions: 4 });
    buildAll(index);
    index.add(rowsUpTo(rows).subarray(10), { data: matrix.data.slice(40), rows: rows - 10, dimensions: 4 });
    buildAll(index);
    expect(index.indexed).toBe(rows);
    for (const row of [0, 9, 10, 8_191, 8_192, 8_299]) {
      expect(index.search(vectorOf(matrix, row), 1).rows).toEqual(Uint32Array.of(row));
    }
    index.dispose();
  });

  test('is built anew once a third of it is gone, and holds the live rows then', () => {
    const index = create(1);
    index.add(rowsUpTo(300), clusteredMatrix(300, 8, 3));
    buildAll(index);
    index.remove(rowsUpTo(120));
    expect([index.size, index.indexed]).toEqual([180, 180]);
    index.build(1);
    expect(index.indexed).toBeLessThan(180);
    buildAll(index);
    expect(index.indexed).toBe(180);
    index.dispose();
  });

  test('after any mix of writes, deletes and building gives what the scan gives, of rows that live and are allowed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('add', 'remove', 'build'), fc.nat(79)), { maxLength: 120 }),
        fc.nat(1_000),
        (steps, seed) => {
          const index = create(1);
          const flat = createFlatIndex(core, { space: 'l2', dimensions: 8 });
          const matrix = clusteredMatrix(200, 8, seed);
          for (const [i, [what, row]] of steps.entries()) {
            const rows = Uint32Array.of(row);
            if (what === 'add') {
              const one = { data: vectorOf(matrix, i), rows: 1, dimensions: 8 };
              for (const each of [index, flat]) each.add(rows, one);
            } else if (what === 'remove') for (const each of [index, flat]) each.remove(rows);
            else index.build(1 + row * 200);
          }
          const allow = bitsOf([...rowsUpTo(80)].filter((row) => row % 3 !== 0));
          for (const options of [{}, { allow }]) {
            const wanted = flat.search(vectorOf(matrix, 150), 5, options);
            const found = index.search(vectorOf(matrix, 150), 5, { ...options, ef: 200 });
            expect([...found.rows]).toEqual([...wanted.rows]);
            expect([...found.distances]).toEqual([...wanted.distances]);
          }
          index.dispose();
          flat.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('tells use after dispose', () => {
    const index = create(1);
    index.add(rowsUpTo(3), clusteredMatrix(3, 8, 4));
    buildAll(index);
    index.dispose();
    index.dispose();
    expect(() => index.build(1)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => index.search(new Float32Array(8), 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});
