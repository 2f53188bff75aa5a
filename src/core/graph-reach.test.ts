/** Every linked row can be come to, whatever the rows are like and whatever has become of the graph. */
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { Matrix } from '../base/types.js';
import type { Core, GraphOptions, GraphVectors } from './core.js';
import { graphBytes } from './fixtures/graph-bytes.js';
import { clusteredMatrix, integerMatrix, randomMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';
import { parseGraph } from './graph-format.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore } from './wasm.js';

// Before anything is compiled; see wasm-relaxed.test.ts.
setFlagsFromString('--experimental-wasm-relaxed-simd');
setFlagsFromString('--no-liftoff');

type Shape = (rows: number, dimensions: number, seed: number) => Matrix;

/** Each third row is put in the place of `put`. */
function thirdsOf(
  rows: number,
  dimensions: number,
  seed: number,
  put: (own: number, first: number) => number,
): Matrix {
  const { data } = randomMatrix(rows, dimensions, seed);
  const first = data.slice(0, dimensions);
  for (let row = 0; row < rows; row += 3)
    for (let d = 0; d < dimensions; d++)
      data[row * dimensions + d] = put(data[row * dimensions + d]!, first[d]!);
  return { data, rows, dimensions };
}

const SHAPES: Record<string, Shape> = {
  'spread evenly': randomMatrix,
  'in clusters': clusteredMatrix,
  'of whole numbers, many equally far': integerMatrix,
  'sorted along a line': (rows, dimensions) => ({
    data: Float32Array.from(
      { length: rows * dimensions },
      (_, i) => Math.floor(i / dimensions) / rows + (i % dimensions) / (1000 * dimensions),
    ),
    rows,
    dimensions,
  }),
  'with a third that are copies': (...of) => thirdsOf(...of, (_, first) => first),
  'with a third close together, far from all': (...of) => thirdsOf(...of, (own, first) => first + own / 1000),
  'all copies': (rows, dimensions, seed) => {
    const { data } = randomMatrix(1, dimensions, seed);
    return {
      data: Float32Array.from({ length: rows * dimensions }, (_, i) => data[i % dimensions]!),
      rows,
      dimensions,
    };
  },
};

/** Rows that the stored graph holds and no way on level 0 leads to from its first node of the highest level. */
function unreached(bytes: Uint8Array): number[] {
  const { rows, levels, counts, links } = parseGraph(bytes, 256);
  const lists: Uint32Array[] = [];
  let list = 0;
  let at = 0;
  for (let node = 0; node < rows.length; node++) {
    for (let level = 0; level <= levels[node]!; level++) {
      const end = at + counts[list++]!;
      if (level === 0) lists.push(links.subarray(at, end));
      at = end;
    }
  }
  const entry = levels.indexOf(Math.max(...levels));
  const reached = new Set([entry]);
  for (const node of reached) for (const to of lists[node]!) reached.add(to);
  return [...rows].filter((_, node) => !reached.has(node));
}

function linkAll(vectors: GraphVectors): void {
  while (!vectors.link(200_000).done);
}

/** Walks level 0 as far as it goes, removed nodes included; `known`: rows there have been. */
function expectAllReached(vectors: GraphVectors, matrix: Matrix, known: number): void {
  linkAll(vectors);
  expect(vectors.linked).toBe(vectors.size);
  for (const row of [0, matrix.rows - 1]) {
    const found = vectors.searchGraph(vectorOf(matrix, row), vectors.size, { ef: known });
    expect(new Set(found.rows).size).toBe(vectors.size);
  }
}

/** Stored and restored: what has to be linked anew is, and then nothing is lost however often it is stored. */
function restored(core: Core, options: GraphOptions, vectors: GraphVectors, matrix: Matrix): GraphVectors {
  const rows = Uint32Array.from(vectors.search(vectorOf(matrix, 0), vectors.size).rows).sort();
  const other = core.createGraphVectors(options);
  other.set(rows, vectors.read(rows));
  other.restore(graphBytes(vectors));
  linkAll(other);
  return other;
}

interface Case {
  name: string;
  load: () => Promise<Core>;
  rows: number;
}

const CASES: Case[] = [
  { name: 'wasm', load: () => loadWasmCore({ relaxed: false }), rows: 1200 },
  { name: 'relaxed wasm', load: () => loadWasmCore({ relaxed: true }), rows: 700 },
  { name: 'the scalar core', load: async () => createScalarCore(), rows: 160 },
];

describe.each(CASES)('a graph of $name', ({ load, rows, name }) => {
  describe.each(Object.entries(SHAPES))('over rows %s', (_, shape) => {
    test.each<{ seed: number } & Partial<GraphOptions>>([
      { seed: 1, space: 'l2' },
      { seed: 2, space: 'cosine', maxNeighbors: 4, efConstruction: 24 },
      { seed: 3, space: 'ip', dimensions: 5 },
      { seed: 4, space: 'l2', quantized: false, dimensions: 64 },
      { seed: 5, space: 'l2', maxNeighbors: 2, efConstruction: 8 },
    ])('leads to each of them, seed $seed in $space', async ({ seed, ...own }) => {
      const core = await load();
      const options: GraphOptions = {
        space: 'l2',
        dimensions: 12,
        maxNeighbors: 8,
        efConstruction: 50,
        quantized: true,
        seed,
        ...own,
      };
      const { dimensions } = options;
      const vectors = core.createGraphVectors(options);
      const matrix = shape(rows, dimensions, seed);
      // Few at first, and a few at a time.
      for (let from = 0, step = 1; from < rows; from += step, step = Math.min(step * 3, rows - from, 100)) {
        const part = {
          data: matrix.data.slice(from * dimensions, (from + step) * dimensions),
          rows: step,
          dimensions,
        };
        vectors.set(rowsUpTo(from + step).slice(from), part);
        linkAll(vectors);
      }
      expectAllReached(vectors, matrix, rows);
      expect(unreached(graphBytes(vectors))).toEqual([]);
      vectors.renumber();
      expectAllReached(vectors, matrix, rows);
      expect(unreached(graphBytes(vectors))).toEqual([]);

      // Others in their places, and some gone for good: twice over, so that what was removed is taken out of the graph.
      for (let round = 0; round < 2; round++) {
        for (let from = round; from < rows; from += 60) {
          const changed = rowsUpTo(rows).filter((row) => row >= from && row < from + 60 && row % 2 === round);
          vectors.set(changed, shape(changed.length, dimensions, seed + from));
          vectors.remove(Uint32Array.of(from + 7));
          linkAll(vectors);
        }
        expectAllReached(vectors, matrix, 3 * rows);
      }
      const again = restored(core, options, vectors, matrix);
      expectAllReached(again, matrix, 3 * rows);
      expect(unreached(graphBytes(again))).toEqual([]);
      again.renumber();
      const third = restored(core, options, again, matrix);
      expect(unreached(graphBytes(third))).toEqual([]);
      for (const each of [vectors, again, third]) each.dispose();
    });
  });

  test('that was stored with rows which nothing leads to scans them, and links them anew', async () => {
    const core = await load();
    const options: GraphOptions = {
      space: 'l2',
      dimensions: 12,
      maxNeighbors: 8,
      efConstruction: 50,
      quantized: true,
      seed: 1,
    };
    const matrix = randomMatrix(rows, 12, 6);
    const vectors = core.createGraphVectors(options);
    vectors.set(rowsUpTo(rows), matrix);
    linkAll(vectors);
    const bytes = graphBytes(vectors);
    const lost = cutOff(bytes, rows / 10);
    expect(unreached(bytes)).toEqual(lost);

    const other = core.createGraphVectors(options);
    other.set(rowsUpTo(rows), matrix);
    other.restore(bytes);
    expect(other.linked, name).toBe(rows - lost.length);
    const isFound = (row: number): boolean =>
      other.searchGraph(vectorOf(matrix, row), 1, { ef: 20 }).rows[0] === row;
    expect(lost.filter((row) => !isFound(row))).toEqual([]);
    linkAll(other);
    expect(unreached(graphBytes(other))).toEqual([]);
    expect(lost.filter((row) => !isFound(row)).length).toBeLessThan(lost.length / 10);
    for (const each of [vectors, other]) each.dispose();
  });
});

/** Makes every link of other nodes to the first `count` lead to somewhere else, in place; returns the rows of these. */
function cutOff(bytes: Uint8Array, count: number): number[] {
  const { rows, levels, counts, links } = parseGraph(bytes, 256);
  const entry = levels.indexOf(Math.max(...levels));
  const cut = new Set(
    [...rows.keys()].filter((node) => node !== entry && levels[node] === 0).slice(0, count),
  );
  let list = 0;
  let at = 0;
  for (let node = 0; node < rows.length; node++) {
    for (let level = 0; level <= levels[node]!; level++) {
      for (const end = at + counts[list++]!; at < end; at++) {
        // A node may not name itself, and the entry has every level.
        if (!cut.has(node) && cut.has(links[at]!)) links[at] = node === entry ? levels.lastIndexOf(0) : entry;
      }
    }
  }
  return [...cut].map((node) => rows[node]!);
}
