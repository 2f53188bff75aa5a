import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { Space } from '../base/types.js';
import { describeBinary } from './binary.contract.js';
import { describeCodesOnly } from './codes-only.contract.js';
import type { Core, FlatVectors, GraphVectors } from './core.js';
import { describeCore } from './core.contract.js';
import { bitsOf, randomMatrix, rowsUpTo, sumError, vectorOf } from './fixtures/matrices.js';
import { describeGraph } from './graph.contract.js';
import { lendInstances, type LendingCore } from './lend-instances.js';
import { loadWasmCore } from './wasm.js';

const wasm = await loadWasmCore();

/** Has memory for `room` instances at once; counts how often one was asked for and how many are there. */
class Scarce {
  room: number;
  asked = 0;
  now = 0;
  readonly #alive = new Set<FlatVectors>();
  readonly core: LendingCore;

  constructor(room: number) {
    this.room = room;
    const take = <T extends FlatVectors>(make: () => T): T => {
      this.asked++;
      if (this.alive >= this.room) throw kindexError('RUNTIME_OUT_OF_MEMORY', 'There is no memory.');
      const made = make();
      this.#alive.add(made);
      return made;
    };
    this.core = lendInstances(
      {
        kind: wasm.kind,
        crc32c: (bytes, seed) => wasm.crc32c(bytes, seed),
        squaredNorms: (matrix) => wasm.squaredNorms(matrix),
        createFlatVectors: (options) => take(() => wasm.createFlatVectors(options)),
        createGraphVectors: (options) => take(() => wasm.createGraphVectors(options)),
        loadBinary: () => wasm.loadBinary(),
      },
      () => this.now,
    );
  }

  /** A freed one holds no bytes. */
  get alive(): number {
    return [...this.#alive].filter(({ bytes }) => bytes > 0).length;
  }
}

const DIMENSIONS = 512;
/** More than stay in an ordinary buffer. */
const MANY = 400;

const graphOptions = {
  space: 'l2',
  dimensions: DIMENSIONS,
  maxNeighbors: 8,
  efConstruction: 40,
  seed: 1,
  quantized: true,
} as const;

function filled(core: Core, rows: number, seed = 1): GraphVectors {
  const vectors = core.createGraphVectors(graphOptions);
  vectors.set(rowsUpTo(rows), randomMatrix(rows, DIMENSIONS, seed));
  return vectors;
}

const nearestOwn = (vectors: FlatVectors, rows: number, seed: number): number => {
  const matrix = randomMatrix(rows, DIMENSIONS, seed);
  return Array.from(rowsUpTo(rows)).filter((row) => vectors.search(vectorOf(matrix, row), 1).rows[0] === row)
    .length;
};

const load = async (): Promise<Core> => lendInstances(await loadWasmCore());
describeCore('wasm, lent when it pays', load);
describeGraph('on wasm that is lent', { load, rows: 600 });
describeCodesOnly('wasm that is lent', load);
describeBinary('wasm that is lent', load);
describeCore('without a single instance', async () => new Scarce(0).core);

describe('instances that are lent', () => {
  test('S58 small indexes take none, and move once they have grown, with the same rows', () => {
    const scarce = new Scarce(5);
    const vectors = filled(scarce.core, 20);
    expect([scarce.asked, scarce.core.waiting, scarce.core.warning]).toEqual([0, 0, null]);
    expect(nearestOwn(vectors, 20, 1)).toBe(20);
    vectors.set(rowsUpTo(MANY), randomMatrix(MANY, DIMENSIONS, 2));
    expect([scarce.asked, scarce.alive]).toEqual([1, 1]);
    expect([vectors.size, nearestOwn(vectors, MANY, 2)]).toEqual([MANY, MANY]);
    vectors.dispose();
    expect([scarce.asked, scarce.alive]).toEqual([1, 0]);
  });

  test('S58 answers before and after the move are the same within rounding, whatever is stored, removed and allowed', () => {
    const operation = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ set: fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 60 }) }),
      },
      { weight: 1, arbitrary: fc.record({ remove: fc.array(fc.nat(300), { maxLength: 30 }) }) },
    );
    fc.assert(
      fc.property(
        fc.constantFrom<Space>('l2', 'ip', 'cosine'),
        fc.array(operation, { minLength: 1, maxLength: 12 }),
        fc.option(fc.uniqueArray(fc.nat(300), { maxLength: 100 }), { nil: undefined }),
        fc.nat(12),
        (space, operations, allowed, moveAt) => {
          const dimensions = 24;
          const options = { ...graphOptions, space, dimensions };
          const lent = new Scarce(9).core.createGraphVectors(options);
          const plain = wasm.createGraphVectors(options);
          operations.forEach((each, i) => {
            for (const vectors of [lent, plain]) {
              if ('set' in each)
                vectors.set(Uint32Array.from(each.set), randomMatrix(each.set.length, dimensions, i + 1));
              else vectors.remove(Uint32Array.from(each.remove));
            }
            // Linking needs an instance.
            if (i === moveAt) lent.link(1);
            const query = vectorOf(randomMatrix(1, dimensions, 99), 0);
            const allow = allowed === undefined ? undefined : bitsOf(allowed);
            const [a, b] = [lent.search(query, 400, allow), plain.search(query, 400, allow)];
            expect([lent.size, a.visited, a.rows.toSorted()]).toEqual([
              plain.size,
              b.visited,
              b.rows.toSorted(),
            ]);
            expect(lent.read(b.rows)).toEqual(plain.read(b.rows));
            const distance = new Map(Array.from(b.rows, (row, at) => [row, b.distances[at]!]));
            const scale = Math.max(1, ...b.distances.map(Math.abs));
            a.rows.forEach((row, at) => {
              expect(Math.abs(a.distances[at]! - distance.get(row)!)).toBeLessThanOrEqual(
                4 * sumError(dimensions) * dimensions * scale,
              );
              expect(a.distances[at]!).toBeGreaterThanOrEqual(a.distances[at - 1] ?? -Infinity);
            });
          });
          lent.dispose();
          plain.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('S58 where none is to be had an index goes on without, says so, and takes one when another comes back', () => {
    const scarce = new Scarce(1);
    const first = filled(scarce.core, MANY);
    const second = filled(scarce.core, MANY, 3);
    expect([scarce.alive, scarce.core.waiting, scarce.asked]).toEqual([1, 1, 2]);
    expect(scarce.core.warning).toContain('1 of the vector indexes');
    expect([nearestOwn(second, MANY, 3), second.link(1000), second.linked]).toEqual([
      MANY,
      { done: true, distances: 0 },
      0,
    ]);
    // A refusal is dear: nobody asks again before something has come back.
    const third = filled(scarce.core, MANY, 4);
    second.set(Uint32Array.of(MANY), randomMatrix(1, DIMENSIONS, 5));
    expect([scarce.asked, scarce.core.waiting]).toEqual([2, 2]);

    first.dispose();
    expect(nearestOwn(second, MANY, 3)).toBe(MANY);
    expect([scarce.alive, scarce.core.waiting]).toEqual([1, 1]);
    while (!second.link(100_000).done);
    expect(second.linked).toBe(MANY + 1);
    third.dispose();
    expect(scarce.core.waiting).toBe(0);
    second.dispose();
    expect(scarce.alive).toBe(0);
  });

  test('S58 what has grown to twice its size since it was refused asks again', () => {
    const scarce = new Scarce(0);
    const vectors = filled(scarce.core, MANY);
    scarce.room = 1;
    vectors.reserve(MANY - 1);
    expect([scarce.asked, scarce.core.waiting]).toEqual([1, 1]);
    vectors.reserve(MANY);
    expect([scarce.asked, scarce.core.waiting, scarce.alive]).toEqual([2, 0, 1]);
    expect(nearestOwn(vectors, MANY, 1)).toBe(MANY);
    vectors.dispose();
  });

  test('S58 a minute after a refusal it asks again, whoever has given memory back', () => {
    const scarce = new Scarce(0);
    const vectors = filled(scarce.core, MANY);
    scarce.room = 1;
    scarce.now = 60_000;
    expect([nearestOwn(vectors, MANY, 1), scarce.asked, scarce.core.waiting]).toEqual([MANY, 1, 1]);
    scarce.now = 60_001;
    expect([nearestOwn(vectors, MANY, 1), scarce.asked, scarce.core.waiting]).toEqual([MANY, 2, 0]);
    vectors.dispose();
  });

  test('S58 an instance whose memory cannot grow is given back at once, and what was to move stays whole', () => {
    const refusing: Core = {
      ...delegating(wasm),
      createGraphVectors: (options) => {
        const made = wasm.createGraphVectors(options);
        made.reserve = () => {
          throw kindexError('RUNTIME_OUT_OF_MEMORY', 'The memory cannot grow.');
        };
        return made;
      },
    };
    const core = lendInstances(refusing);
    const vectors = filled(core, MANY);
    expect([core.waiting, vectors.size, nearestOwn(vectors, MANY, 1)]).toEqual([1, MANY, MANY]);
    expect(vectors.read(rowsUpTo(MANY))).toEqual(randomMatrix(MANY, DIMENSIONS, 1));
    vectors.dispose();
    expect(core.waiting).toBe(0);
  });

  test('S58 the last instances are kept for graphs and large indexes', () => {
    const scarce = new Scarce(100);
    const all = Array.from({ length: 70 }, () => filled(scarce.core, 257));
    expect([scarce.alive, scarce.core.waiting]).toEqual([64, 6]);
    while (!all[69]!.link(100_000).done);
    expect([all[69]!.linked, scarce.core.waiting]).toEqual([257, 5]);
    const large = filled(scarce.core, 2049);
    expect([scarce.alive, scarce.core.waiting]).toEqual([66, 5]);
    for (const vectors of [...all, large]) vectors.dispose();
    expect([scarce.alive, scarce.core.waiting]).toEqual([0, 0]);
  });

  test('S58 what cannot do without an instance says that there is no memory', () => {
    const { core } = new Scarce(0);
    const outOfMemory = expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' });
    const vectors = filled(core, 20);
    const linked = filled(wasm, MANY);
    linked.link(1e6);
    expect(() => vectors.serialize()).toThrow(outOfMemory);
    expect(() => vectors.restore(new Uint8Array(8))).toThrow(outOfMemory);
    expect(() => core.createGraphVectors(graphOptions).useTables(linked.codeTables!)).toThrow(outOfMemory);
    expect(() =>
      core.createGraphVectors({ ...graphOptions, codesFrom: randomMatrix(1, DIMENSIONS, 1) }),
    ).toThrow(outOfMemory);
    expect(() => vectors.readCodes(rowsUpTo(1))).toThrow(expect.objectContaining({ code: 'VALUE_ARGUMENT' }));
    expect(nearestOwn(vectors, 20, 1)).toBe(20);
  });

  test('limits that change before there is an instance count for the graph that it gets', () => {
    const vectors = filled(new Scarce(1).core, 300);
    const plain = filled(wasm, 300);
    for (const each of [vectors, plain]) {
      each.tune({ maxNeighbors: 12, efConstruction: 30 });
      each.tune({ maxNeighbors: 4, efConstruction: 20 });
    }
    expect(vectors.room).toBe(12);
    vectors.link(1);
    expect([vectors.room, plain.room]).toEqual([12, 12]);
    expect(() => vectors.tune({ maxNeighbors: 1, efConstruction: 20 })).toThrow(
      expect.objectContaining({ code: 'VALUE_ARGUMENT' }),
    );
  });
});

function delegating(core: Core): Core {
  return {
    kind: core.kind,
    crc32c: (bytes, seed) => core.crc32c(bytes, seed),
    squaredNorms: (matrix) => core.squaredNorms(matrix),
    createFlatVectors: (options) => core.createFlatVectors(options),
    createGraphVectors: (options) => core.createGraphVectors(options),
    loadBinary: () => core.loadBinary(),
  };
}
