import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowValues } from './row-values.js';

const held = (values: RowValues<Uint32Array<ArrayBuffer>>): Map<number, number> =>
  values.dense === null
    ? new Map(values.entries)
    : new Map([...values.dense.entries()].filter(([, value]) => value !== 0));

test('numbers by row are those of a map, whichever way they are kept', () => {
  const steps = fc
    .constantFrom(300, 3_000, 200_000)
    .chain((rows) => fc.array(fc.tuple(fc.nat(rows), fc.nat(3)), { maxLength: 400, size: 'max' }));
  const seen = { dense: 0, sparse: 0 };
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 2 }), (parts) => {
      const taken = parts.flat();
      const values = new RowValues(0, (length) => new Uint32Array(length));
      const model = new Map<number, number>();
      for (const [at, value] of taken) {
        if (value === 0) {
          values.clear(at);
          model.delete(at);
        } else {
          values.set(at, value);
          model.set(at, value);
        }
        expect(values.get(at)).toBe(value);
      }
      seen[values.dense === null ? 'sparse' : 'dense'] += 1;
      expect(held(values)).toEqual(model);
      expect(values.size).toBe(model.size);
      expect(values.get(999_999)).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.dense, seen.sparse)).toBeGreaterThan(10);
});

test('a few rows far apart are kept in a map, and an array is given up for a row far beyond it', () => {
  const values = new RowValues(NaN, (length) => new Float64Array(length));
  for (let row = 0; row < 200; row++) values.set(row, row / 2);
  expect(values.dense?.length).toBeGreaterThanOrEqual(200);
  values.set(10_000_000, 7);
  expect(values.dense).toBeNull();
  expect(values.entries.size).toBe(201);
  expect([values.get(10_000_000), values.get(3), values.get(201)]).toEqual([7, 1.5, NaN]);
});
