import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeCodesOnly } from './codes-only.contract.js';
import { graphBytes } from './fixtures/graph-bytes.js';
import {
  bitsOf,
  clusteredMatrix,
  firstDifference,
  randomMatrix,
  rowsUpTo,
  vectorOf,
} from './fixtures/matrices.js';
import { describeGraph } from './graph.contract.js';
import { joined } from '../base/joined.js';
import type { Matrix } from '../base/types.js';
import type { Core, GraphVectors } from './core.js';
import { encodeGraph } from './graph-format.js';
import { createScalarCore } from './scalar.js';
import { instantiateWasm, type WasmExports } from './wasm-exports.js';
import { WasmGraphVectors } from './wasm-graph.js';
import { loadWasmCore } from './wasm.js';

const load = (): Promise<Core> => loadWasmCore({ relaxed: false });

describeGraph('on wasm over int8', { load, rows: 2000 });
describeGraph('on wasm over f32', { load, rows: 2000, options: { quantized: false } });
describeGraph('on the scalar core', {
  load: async () => createScalarCore(),
  rows: 400,
  options: { maxNeighbors: 8, efConstruction: 40 },
});

describeCodesOnly('wasm', load);
describeCodesOnly('the scalar core', async () => createScalarCore());

test('codes alone of 384 dimensions take 640 bytes a row at most, links and tables included', async () => {
  const vectors = (await load()).createGraphVectors({
    space: 'cosine',
    dimensions: 384,
    maxNeighbors: 16,
    efConstruction: 100,
    seed: 7,
    quantized: true,
    codesFrom: randomMatrix(50, 384, 1),
  });
  vectors.reserve(20_000);
  vectors.set(rowsUpTo(20_000), randomMatrix(20_000, 384, 2));
  expect(vectors.bytes / 20_000).toBeLessThan(640);
  expect(vectors.bytes / 20_000).toBeGreaterThan(384);
});

/** A graph over a real instance, of which `override` replaces some exports. */
async function create(override: (real: WasmExports) => Partial<WasmExports>): Promise<WasmGraphVectors> {
  const bytes = await readFile(new URL('../../wasm/build/core.wasm', import.meta.url));
  const real = instantiateWasm(await WebAssembly.compile(new Uint8Array(bytes)));
  const scalar = createScalarCore();
  return new WasmGraphVectors({
    space: 'l2',
    dimensions: 64,
    maxNeighbors: 8,
    efConstruction: 40,
    seed: 1,
    quantized: true,
    exports: { ...real, ...override(real) },
    squaredNorms: (matrix) => scalar.squaredNorms(matrix),
  });
}

/** `memory`, which does not grow while `refuse` says so. */
function refusable(memory: WebAssembly.Memory, refuse: () => boolean): WebAssembly.Memory {
  return {
    get buffer() {
      return memory.buffer;
    },
    grow(pages: number) {
      if (refuse()) throw new RangeError('Maximum memory size exceeded');
      return memory.grow(pages);
    },
  } as WebAssembly.Memory;
}

describe('a graph in a wasm instance', () => {
  test('changes nothing when the memory refuses to grow, and goes on when it gives way', async () => {
    let refuse = false;
    const vectors = await create(({ memory }) => ({ memory: refusable(memory, () => refuse) }));
    const matrix = randomMatrix(300, 64, 1);
    vectors.set(rowsUpTo(300), matrix);
    while (!vectors.link(10_000).done);
    const links = graphBytes(vectors);
    const held = vectors.bytes;

    refuse = true;
    const outOfMemory = expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' });
    expect(() => vectors.set(rowsUpTo(5000), randomMatrix(5000, 64, 2))).toThrow(outOfMemory);
    expect(() => vectors.reserve(5000)).toThrow(outOfMemory);
    expect([vectors.size, vectors.linked, vectors.bytes]).toEqual([300, 300, held]);
    expect(firstDifference(vectors.read(rowsUpTo(300)).data, matrix.data)).toBe(-1);
    expect(graphBytes(vectors)).toEqual(links);

    refuse = false;
    vectors.set(rowsUpTo(5000), randomMatrix(5000, 64, 2));
    expect([vectors.size, vectors.linked]).toEqual([5000, 0]);
  });

  test.each([
    ['search', false, (vectors: GraphVectors, query: Float32Array) => vectors.search(query, 20_000)],
    ['link', false, (vectors: GraphVectors) => vectors.link(1)],
    ['renumber', true, (vectors: GraphVectors) => vectors.renumber()],
    ['tune', true, (vectors: GraphVectors) => vectors.tune({ maxNeighbors: 256, efConstruction: 50 })],
    [
      'searchGraph',
      true,
      (vectors: GraphVectors, query: Float32Array) =>
        vectors.searchGraph(query, 10, { ef: 20_000, allow: bitsOf(rowsUpTo(20_000)) }),
    ],
  ] as const)('reports want of memory from %s, and is as it was before', async (_name, linkFirst, call) => {
    let refuse = false;
    const vectors = await create(({ memory }) => ({ memory: refusable(memory, () => refuse) }));
    vectors.set(rowsUpTo(20_000), randomMatrix(20_000, 64, 7));
    if (linkFirst) vectors.link(1_000_000);
    const { linked } = vectors;
    const query = vectorOf(randomMatrix(1, 64, 8), 0);
    const before = vectors.search(query, 10);
    refuse = true;
    expect(() => call(vectors, query)).toThrow(expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' }));
    expect([vectors.size, vectors.linked]).toEqual([20_000, linked]);
    expect(vectors.search(query, 10)).toEqual(before);
    refuse = false;
    expect(() => call(vectors, query)).not.toThrow();
  });

  test('stores what was reserved for without growing', async () => {
    let refuse = false;
    const vectors = await create(({ memory }) => ({ memory: refusable(memory, () => refuse) }));
    vectors.reserve(1000);
    refuse = true;
    vectors.set(rowsUpTo(1000), randomMatrix(1000, 64, 3));
    expect(vectors.size).toBe(1000);
  });

  test('gives up its instance after a trap and says so from then on', async () => {
    const trap = new WebAssembly.RuntimeError('memory access out of bounds');
    const vectors = await create(() => ({
      graphSearch() {
        throw trap;
      },
    }));
    vectors.set(rowsUpTo(30), randomMatrix(30, 64, 4));
    vectors.link(1);
    expect(() => vectors.searchGraph(new Float32Array(64), 2, { ef: 5 })).toThrow(
      expect.objectContaining({ code: 'RUNTIME_INTERNAL', cause: trap }),
    );
    expect([vectors.size, vectors.linked, vectors.bytes]).toEqual([0, 0, 0]);
    expect(() => vectors.link(1)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('lost by an earlier failure') }),
    );
    vectors.dispose();
  });

  test('keeps freed slots for new rows: memory stays while rows come and go', async () => {
    const vectors = await create(() => ({}));
    vectors.set(rowsUpTo(1000), randomMatrix(1000, 64, 5));
    while (!vectors.link(100_000).done);
    let held = 0;
    for (let round = 0; round < 12; round++) {
      const rows = rowsUpTo(500).map((i) => i * 2 + (round % 2));
      vectors.set(rows, randomMatrix(500, 64, round + 6));
      while (!vectors.link(100_000).done);
      if (round === 3) held = vectors.bytes;
    }
    expect([vectors.size, vectors.linked]).toEqual([1000, 1000]);
    expect(vectors.bytes).toBe(held);
  });
});

describe('levels of a restored graph', () => {
  const common = { space: 'l2', dimensions: 12, efConstruction: 40, quantized: true } as const;
  const matrix = randomMatrix(1500, 12, 8);
  const part = (from: number, to: number): Matrix => ({
    data: matrix.data.slice(from * 12, to * 12),
    rows: to - from,
    dimensions: 12,
  });
  const linkAll = (vectors: GraphVectors): void => {
    while (!vectors.link(1_000_000).done);
  };

  /** The fewer neighbors, the more levels. */
  const storedWith = async (maxNeighbors: number): Promise<Uint8Array<ArrayBuffer>> => {
    const vectors = (await load()).createGraphVectors({ ...common, maxNeighbors, seed: 1 });
    vectors.set(rowsUpTo(1000), part(0, 1000));
    linkAll(vectors);
    const bytes = graphBytes(vectors);
    vectors.dispose();
    return bytes;
  };

  const missed = (vectors: GraphVectors, count: number): number[] =>
    [...rowsUpTo(count)].filter(
      (row) => vectors.searchGraph(vectorOf(matrix, row), 1, { ef: 50 }).rows[0] !== row,
    );

  test('that are more than were drawn leave room for those of rows to come', async () => {
    const vectors = (await load()).createGraphVectors({ ...common, maxNeighbors: 4, seed: 2 });
    vectors.set(rowsUpTo(1000), part(0, 1000));
    vectors.restore(await storedWith(2));
    const before = missed(vectors, 1000).length;
    // As many as there was room for before.
    for (let row = 1000; row < 1024; row++) vectors.set(Uint32Array.of(row), part(row, row + 1));
    expect(missed(vectors, 1000).length).toBe(before);
    linkAll(vectors);
    vectors.set(rowsUpTo(1200).slice(1024), part(1024, 1200));
    linkAll(vectors);
    expect(missed(vectors, 1200).length).toBeLessThan(120);
    vectors.dispose();
  });

  test('that are fewer than were drawn leave room for those of rows that come once all are gone', async () => {
    const vectors = (await load()).createGraphVectors({ ...common, maxNeighbors: 4, seed: 2 });
    vectors.set(rowsUpTo(1000), part(0, 1000));
    vectors.restore(ring(1000));
    vectors.set(rowsUpTo(1500).slice(1000), part(1000, 1500));
    vectors.remove(rowsUpTo(1500));
    vectors.set(rowsUpTo(1500), matrix);
    linkAll(vectors);
    expect(missed(vectors, 1500).length).toBeLessThan(150);
    vectors.dispose();
  });

  /** Everything on level 0, each row beside the next. */
  function ring(count: number): Uint8Array<ArrayBuffer> {
    return encodeGraph({
      rows: rowsUpTo(count),
      levels: new Uint8Array(count),
      counts: new Uint16Array(count).fill(2),
      links: Uint32Array.from({ length: 2 * count }, (_, i) => ((i >> 1) + (i % 2 ? 1 : count - 1)) % count),
    });
  }
});

describe('serializing in steps', () => {
  const create = async (): Promise<GraphVectors> =>
    (await loadWasmCore()).createGraphVectors({
      space: 'l2',
      dimensions: 6,
      maxNeighbors: 8,
      efConstruction: 40,
      seed: 1,
      quantized: true,
    });
  const linkAll = (vectors: GraphVectors): void => {
    while (!vectors.link(1_000_000).done);
  };

  test('rows may go, change and come between the steps; what is left is a graph over the rows of the beginning', async () => {
    const rows = 10_000;
    const matrix = clusteredMatrix(rows, 6, 18);
    const vectors = await create();
    vectors.set(rowsUpTo(rows), matrix);
    linkAll(vectors);
    const steps = vectors.serialize();
    const pieces: Uint8Array[] = [];
    let pauses = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        pieces.push(...(step.value ?? []));
        break;
      }
      pauses += 1;
      vectors.remove(Uint32Array.from({ length: 500 }, (_, i) => i * 20 + pauses));
      // Memory grows, and moves what is being read.
      vectors.set(
        Uint32Array.from({ length: 9000 }, (_, i) => rows * pauses + i),
        clusteredMatrix(9000, 6, pauses),
      );
    }
    expect(pauses).toBe(2);
    const restored = await create();
    restored.set(rowsUpTo(rows), matrix);
    restored.restore(joined(pieces));
    expect(restored.linked).toBe(rows);
    for (let i = 0; i < 50; i++) {
      const query = vectorOf(matrix, i * 199);
      const exact = restored.search(query, 10);
      const near = restored.searchGraph(query, 10, { ef: 60 });
      expect(near.rows[0], `query ${i}`).toBe(exact.rows[0]);
    }
  });

  test('links made meanwhile end it with nothing, and so does the loss of the last row', async () => {
    const rows = 5000;
    const vectors = await create();
    vectors.set(rowsUpTo(rows), clusteredMatrix(rows, 6, 18));
    linkAll(vectors);
    const interrupted = vectors.serialize();
    expect(interrupted.next().done).toBe(false);
    vectors.set(Uint32Array.of(rows), clusteredMatrix(1, 6, 20));
    linkAll(vectors);
    expect(interrupted.next()).toEqual({ done: true, value: null });

    const bereft = vectors.serialize();
    expect(bereft.next().done).toBe(false);
    vectors.remove(rowsUpTo(rows + 1));
    expect(bereft.next()).toEqual({ done: true, value: null });
  });
});
