import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Space } from '../base/types.js';
import { bitsOf, integerMatrix, randomMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';
import { ScalarFlatVectors, squaredNorms } from './scalar-flat.js';
import { SmallVectors } from './small-vectors.js';

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];

function create(space: Space, dimensions: number): SmallVectors {
  return new SmallVectors({ space, dimensions, squaredNorms });
}

describe('vectors in an ordinary buffer', () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: fc.array(fc.nat(120), { minLength: 1, maxLength: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ remove: fc.array(fc.nat(120), { maxLength: 30 }) }) },
  );

  test.each(SPACES)('answer as the definition does after any stores and removals, in %s', (space) => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 11 }),
        fc.nat(130),
        fc.option(fc.array(fc.nat(130), { maxLength: 60 }), { nil: undefined }),
        (operations, dimensions, k, allowed) => {
          const vectors = create(space, dimensions);
          const definition = new ScalarFlatVectors(space, dimensions);
          operations.forEach((each, i) => {
            for (const one of [vectors, definition]) {
              // Whole numbers: sums are exact in any order, and many distances are equal.
              if ('set' in each)
                one.set(Uint32Array.from(each.set), integerMatrix(each.set.length, dimensions, i + 1));
              else one.remove(Uint32Array.from(each.remove));
            }
            const query = vectorOf(integerMatrix(1, dimensions, 77), 0);
            const allow = allowed === undefined ? undefined : bitsOf(allowed);
            expect(vectors.search(query, k, allow)).toEqual(definition.search(query, k, allow));
            const rows = vectors.rows.toSorted();
            expect([vectors.size, rows.length]).toEqual([definition.size, definition.size]);
            expect(vectors.read(rows)).toEqual(definition.read(rows));
          });
        },
      ),
    );
  });

  test.each(SPACES)('of 384 dimensions are as far as the definition says, in %s', (space) => {
    const vectors = create(space, 384);
    const definition = new ScalarFlatVectors(space, 384);
    const matrix = randomMatrix(50, 384, 5);
    for (const one of [vectors, definition]) one.set(rowsUpTo(50), matrix);
    const query = vectorOf(randomMatrix(1, 384, 6), 0);
    const [found, told] = [vectors.search(query, 50), definition.search(query, 50)];
    expect(found.rows).toEqual(told.rows);
    found.distances.forEach((distance, i) => expect(distance).toBeCloseTo(told.distances[i]!, 4));
  });

  test('hold what was reserved for without another buffer, and refuse what no memory is left for', () => {
    const vectors = create('l2', 8);
    vectors.reserve(100);
    const { bytes } = vectors;
    expect(bytes).toBeGreaterThanOrEqual(100 * 8 * 4);
    vectors.set(rowsUpTo(100), randomMatrix(100, 8, 1));
    expect(vectors.bytes).toBe(bytes);
    expect(() => vectors.reserve(2 ** 53 / 8)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' }),
    );
    expect([vectors.size, vectors.bytes]).toEqual([100, bytes]);
    expect(vectors.read(rowsUpTo(100))).toEqual(randomMatrix(100, 8, 1));
  });
});
