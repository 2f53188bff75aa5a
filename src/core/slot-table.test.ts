import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitsOf } from './fixtures/matrices.js';
import { countBits, forEachBit } from './row-bits.js';
import { SlotTable } from './slot-table.js';

const row = (): fc.Arbitrary<number> =>
  fc.oneof(fc.nat(40), fc.integer({ min: 1020, max: 1030 }), fc.nat(2 ** 32 - 1));

test('a slot table agrees with a Map over any sequence of calls', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(row(), fc.option(fc.nat(2 ** 27)))), (steps) => {
      const table = new SlotTable();
      const model = new Map<number, number>();
      for (const [at, slot] of steps) {
        if (slot === null) {
          table.delete(at);
          model.delete(at);
        } else {
          table.set(at, slot);
          model.set(at, slot);
        }
        expect(table.size).toBe(model.size);
      }
      for (const [at] of steps) expect(table.slotOf(at)).toBe(model.get(at) ?? -1);
      for (const at of model.keys()) expect(table.rowEnd).toBeGreaterThan(at);
      table.clear();
      expect([table.size, table.slotOf(3)]).toEqual([0, -1]);
    }),
  );
});

test('bits are counted and walked in ascending order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300)), (rows) => {
      const walked: number[] = [];
      forEachBit(bitsOf(rows), (at) => walked.push(at));
      expect(walked).toEqual(rows.toSorted((a, b) => a - b));
      expect(countBits(bitsOf(rows))).toBe(rows.length);
    }),
  );
});
