/** Codes and row lists come back as they were stored, and no bytes at all lead to anything but an error that says so. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChromaError } from '../base/errors.js';
import { wholeOf } from './fixtures/pieces.js';
import { decodeCodes, decodeRowLists, encodeCodes, encodeRowLists } from './codes.js';

const ID = '00000000-0000-4000-8000-000000000007';

const ascending = fc
  .uniqueArray(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 30 })
  .map((rows) => Uint32Array.from(rows).sort());

const codes = fc
  .tuple(ascending, fc.integer({ min: 1, max: 40 }), fc.integer())
  .map(([rows, dimensions, seed]) => {
    const value = (i: number): number => Math.abs(Math.sin(seed + i * 12.9898)) + 0.001;
    return {
      rows,
      stored: {
        dimensions,
        fittedTo: 5_000,
        weights: Int16Array.from({ length: dimensions }, (_, i) => 1 + (i % 7) ** 2),
        codeFactors: Float32Array.from({ length: dimensions }, (_, i) => value(i)),
        queryFactors: Float32Array.from({ length: dimensions }, (_, i) => value(i + 1)),
        inverseLengths: Float32Array.from(rows, (_, i) => value(i + 2)),
        codes: Uint8Array.from({ length: rows.length * dimensions }, (_, i) => 1 + (i % 127)),
      },
    };
  });

test('S56 codes of any rows and dimensions come back with their tables', () => {
  fc.assert(
    fc.property(codes, ({ rows, stored }) => {
      const bytes = wholeOf(encodeCodes({ collectionId: ID, rows }, stored));
      expect(decodeCodes(bytes, rows.length)).toEqual({ collectionId: ID, rows, ...stored });
    }),
  );
});

test('S56 row lists come back for each segment', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gen: fc.maxSafeNat(), n: fc.nat(), rows: ascending }), { maxLength: 5 }),
      (lists) => {
        const count = lists.reduce((sum, { rows }) => sum + rows.length, 0);
        const bytes = wholeOf(encodeRowLists(ID, lists));
        expect(decodeRowLists(bytes, count)).toEqual({ collectionId: ID, lists });
      },
    ),
  );
});

test('S56 bytes that were changed or cut off give other values or FORMAT_CORRUPT, and allocate no more than there is', () => {
  let refused = 0;
  fc.assert(
    fc.property(
      codes,
      ascending,
      fc.nat(),
      fc.nat(255),
      fc.boolean(),
      ({ rows, stored }, list, at, to, cut) => {
        const damaged = (whole: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
          cut ? whole.slice(0, at % whole.length) : whole.with(at % whole.length, to);
        const decoders = [
          () => decodeCodes(damaged(wholeOf(encodeCodes({ collectionId: ID, rows }, stored))), rows.length),
          () =>
            decodeRowLists(damaged(wholeOf(encodeRowLists(ID, [{ gen: 1, n: 2, rows: list }]))), list.length),
        ];
        for (const decode of decoders) {
          try {
            decode();
          } catch (error) {
            expect(error).toBeInstanceOf(ChromaError);
            expect((error as ChromaError).code).toBe('FORMAT_CORRUPT');
            refused += 1;
          }
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(60);
});
