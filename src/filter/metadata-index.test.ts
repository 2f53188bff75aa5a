/** The index is compared with the definition (match.ts) after any history of changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metadata } from '../base/types.js';
import { compileFilter } from './match.js';
import { MetadataIndex } from './metadata-index.js';
import type { MetadataFilter } from './metadata-index.js';
import { RowSet } from './row-set.js';

const field = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
const text = fc.constantFrom('a', 'b', 'ab', '1', '', 'true', '[1]', '__proto__');
const number = fc.constantFrom(-1, -0, 0, 1, 1.5, 2, 1e300, Number.MIN_VALUE);
const scalar = fc.oneof(text, number, fc.boolean());
const list = fc.oneof(
  fc.array(text, { minLength: 1, maxLength: 12 }),
  fc.array(number, { minLength: 1, maxLength: 12 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
);
const metadata = fc
  .array(fc.tuple(field, fc.oneof(scalar, list, fc.constantFrom(null, { indices: [1], values: [1] }))), {
    maxLength: 4,
  })
  .map((entries) => Object.fromEntries(entries) as Metadata);
const negated = fc.boolean();
const filter: fc.Arbitrary<MetadataFilter> = fc.oneof(
  fc.record({
    kind: fc.constant('isOneOf' as const),
    field,
    values: fc.oneof(list, fc.tuple(scalar)),
    negated,
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    field,
    operator: fc.constantFrom('$gt' as const, '$gte' as const, '$lt' as const, '$lte' as const),
    operand: number,
  }),
  fc.record({ kind: fc.constant('listContains' as const), field, value: scalar, negated }),
);

function definition(records: ReadonlyMap<number, Metadata | null>, asked: MetadataFilter): number[] {
  const { matches } = compileFilter(asked);
  return [...records]
    .filter(([row, each]) => matches({ id: `${row}`, metadata: each, document: null }))
    .map(([row]) => row)
    .sort((a, b) => a - b);
}

const ROW_END = 400;
const step = fc.tuple(
  fc.oneof(fc.nat(20), fc.nat(ROW_END - 1)),
  fc.option(metadata, { freq: 4 }),
  fc.boolean(),
);

describe('the metadata index', () => {
  test('selects what the definition passes, after any changes', () => {
    let selected = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200, size: 'max' }),
        fc.array(filter, { minLength: 5, maxLength: 10 }),
        (steps, filters) => {
          const index = new MetadataIndex();
          const records = new Map<number, Metadata | null>();
          for (const [row, given, gone] of steps) {
            index.set(row, gone ? null : given);
            if (gone) records.delete(row);
            else records.set(row, given);
          }
          const universe = RowSet.of(records.keys(), ROW_END);
          for (const asked of filters) {
            const found = [...index.select(asked, universe)];
            expect(found).toEqual(definition(records, asked));
            selected += found.length;
            refused += records.size - found.length;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(Math.min(selected, refused)).toBeGreaterThan(5_000);
  }, 60_000);

  test('values that are different in every record are found one by one', () => {
    const index = new MetadataIndex();
    const records = new Map<number, Metadata>();
    for (let row = 0; row < 2_000; row++) {
      const each: Metadata = { text: `t${row}`, n: row * 1.5, list: [row, row + 1], [`key-${row}`]: true };
      records.set(row, each);
      index.set(row, each);
    }
    const universe = RowSet.of(records.keys(), 2_000);
    const asked: MetadataFilter[] = [
      { kind: 'isOneOf', field: 'text', values: ['t0', 't1999', 't2000'], negated: false },
      { kind: 'isOneOf', field: 'n', values: [3, 4], negated: false },
      { kind: 'compare', field: 'n', operator: '$gte', operand: 2_996.25 },
      { kind: 'listContains', field: 'list', value: 1_000, negated: false },
      { kind: 'isOneOf', field: 'key-77', values: [true], negated: false },
      { kind: 'isOneOf', field: 'key-77', values: [true], negated: true },
    ];
    expect(asked.map((each) => [...index.select(each, universe)])).toEqual(
      asked.map((each) => definition(records, each)),
    );
  });

  test('the set it returns is new: the universe stays as it is', () => {
    const index = new MetadataIndex();
    index.set(0, { a: 1 });
    const universe = RowSet.of([0, 1], 2);
    const rest = index.select({ kind: 'isOneOf', field: 'a', values: [1], negated: true }, universe);
    expect([...rest]).toEqual([1]);
    rest.delete(1);
    expect([...universe]).toEqual([0, 1]);
  });
});
