/** Search in two looks: what every engine must do, and how much of the truth it finds over vectors and over int8 codes. */
import { afterEach, describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { Matrix, Space } from '../base/types.js';
import type { CreateBinaryVectors } from '../core/binary.js';
import type { Core } from '../core/core.js';
import {
  bitsOf,
  clusteredMatrix,
  matrixOf,
  randomMatrix,
  rowsUpTo,
  vectorOf,
} from '../core/fixtures/matrices.js';
import { createScalarCore } from '../core/scalar.js';
import { loadWasmCore } from '../core/wasm.js';
import { createBinaryFlatIndex, type BinaryFlatOptions } from './binary-flat.js';
import { createFlatIndex } from './flat.js';
import { flatEngine } from './flat-engine.js';
import { describeVectorIndex } from './vector-index.contract.js';
import type { VectorIndex } from './vector-index.js';

const create = async (core: Core, options: BinaryFlatOptions): Promise<VectorIndex> =>
  createBinaryFlatIndex(core, await core.loadBinary(), options);

describeVectorIndex('flat in two looks on wasm', {
  create: async (options) => create(await loadWasmCore(), options),
  recallFloor: 0.95,
});

describeVectorIndex('flat in two looks on the scalar core', {
  create: async (options) => create(createScalarCore(), options),
  recallFloor: 0.95,
});

describe('search in two looks', () => {
  const opened: VectorIndex[] = [];
  afterEach(() => {
    for (const index of opened.splice(0)) index.dispose();
  });

  const fill = (index: VectorIndex, matrix: Matrix): VectorIndex => {
    opened.push(index);
    // In pieces, so that the mean is taken anew on the way.
    for (let at = 0; at < matrix.rows; at += 700) {
      const rows = rowsUpTo(matrix.rows).subarray(at, at + 700);
      const data = matrix.data.slice(at * matrix.dimensions, (at + rows.length) * matrix.dimensions);
      index.add(rows, { data, rows: rows.length, dimensions: matrix.dimensions });
    }
    return index;
  };

  /** Share of the 10 that an exact scan finds. */
  const recall = async (
    index: VectorIndex,
    matrix: Matrix,
    queries: Matrix,
    allow?: Uint32Array,
  ): Promise<number> => {
    const exact = fill(createFlatIndex(await loadWasmCore(), index), matrix);
    let hits = 0;
    for (let i = 0; i < queries.rows; i++) {
      const query = vectorOf(queries, i);
      const options = allow ? { allow } : {};
      const truth = new Set(exact.search(query, 10, options).rows);
      const found = index.search(query, 10, options);
      expect(found.rows).toHaveLength(10);
      expect(found.visited).toBeGreaterThan(10);
      hits += found.rows.filter((row) => truth.has(row)).length;
    }
    return hits / (10 * queries.rows);
  };

  const widened = (matrix: Matrix): Matrix => ({
    ...matrix,
    data: matrix.data.map((x, i) => ([3, 17, 40].includes(i % 96) ? 20 * x : x)),
  });

  test.each(
    (['l2', 'ip', 'cosine'] as Space[]).flatMap((space) => [
      { space, int8: false },
      { space, int8: true },
    ]),
  )('finds 95 of 100 true neighbors in clusters, in $space, codes alone: $int8', async ({ space, int8 }) => {
    const core = await loadWasmCore();
    const matrix = clusteredMatrix(6000, 96, 21);
    const index = fill(
      await create(core, {
        space,
        dimensions: 96,
        codesFrom: int8 ? { ...matrix, data: matrix.data.slice(0, 500 * 96), rows: 500 } : undefined,
      }),
      matrix,
    );
    const queries = clusteredMatrix(30, 96, 21);
    expect(await recall(index, matrix, queries)).toBeGreaterThanOrEqual(0.95);
    const allow = bitsOf(rowsUpTo(6000).filter((row) => row % 3 === 1));
    expect(await recall(index, matrix, queries, allow)).toBeGreaterThanOrEqual(0.95);
  });

  test('finds 95 of 100 where three dimensions are twenty times as wide as the others', async () => {
    const matrix = widened(clusteredMatrix(6000, 96, 5));
    const index = fill(await create(await loadWasmCore(), { space: 'cosine', dimensions: 96 }), matrix);
    expect(await recall(index, matrix, widened(clusteredMatrix(30, 96, 5)))).toBeGreaterThanOrEqual(0.95);
  });

  test('measures as many rows as it is told to, and finds more by it', async () => {
    const matrix = randomMatrix(6000, 64, 3);
    const core = await loadWasmCore();
    const found = [];
    for (const rescore of [1, 10, 40]) {
      const index = fill(await create(core, { space: 'l2', dimensions: 64, rescore }), matrix);
      expect(index.search(vectorOf(matrix, 0), 10).visited).toBe(6000 + 10 * rescore + 30);
      found.push(await recall(index, matrix, randomMatrix(30, 64, 4)));
    }
    expect(found[1]).toBeGreaterThan(found[0]!);
    expect(found[2]).toBeGreaterThan(0.97);
  });

  test('keeps a quarter of the bytes of the vectors over codes alone', async () => {
    const matrix = clusteredMatrix(6000, 256, 2);
    const core = await loadWasmCore();
    const whole = fill(await create(core, { space: 'l2', dimensions: 256 }), matrix);
    const codes = fill(await create(core, { space: 'l2', dimensions: 256, codesFrom: matrix }), matrix);
    expect(codes.bytes).toBeLessThan(0.5 * whole.bytes);
  });

  test('measures every row where there is no memory for the bits', async () => {
    const core = await loadWasmCore();
    const full: CreateBinaryVectors = () => {
      throw kindexError('RUNTIME_OUT_OF_MEMORY', 'no room for the bits');
    };
    const matrix = clusteredMatrix(3000, 16, 8);
    const index = fill(createBinaryFlatIndex(core, full, { space: 'l2', dimensions: 16 }), matrix);
    expect(index.search(vectorOf(matrix, 7), 1)).toMatchObject({ rows: Uint32Array.of(7), visited: 3000 });
  });

  test.each([0, 1.5, 1001, NaN])('refuses to measure %d rows for each one', async (rescore) => {
    await expect(create(createScalarCore(), { space: 'l2', dimensions: 2, rescore })).rejects.toMatchObject({
      code: 'VALUE_ARGUMENT',
    });
  });
});

describe('the scans as an engine', () => {
  test.each([false, true])('search what is stored, in two looks: %s', async (binary) => {
    const engine = await flatEngine({ binary })(await loadWasmCore());
    const index = engine.create({
      space: 'l2',
      dimensions: 2,
      maxNeighbors: 16,
      efConstruction: 100,
      efSearch: 100,
    });
    index.add(Uint32Array.of(4, 9), matrixOf([1, 0], [0, 3]));
    expect(engine.kind).toBe('flat');
    expect(index.search(Float32Array.of(0, 0), 5)).toMatchObject({
      rows: Uint32Array.of(4, 9),
      distances: Float32Array.of(1, 9),
    });
    index.dispose();
  });
});
