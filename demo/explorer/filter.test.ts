import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canNegate,
  formatKeys,
  isChosen,
  negate,
  NO_FILTER,
  parseKeys,
  toggle,
  toWhere,
  toWhereDocument,
  type Alternative,
  type Filter,
} from './filter.js';

const choose = (...steps: [string, Alternative][]): Filter =>
  steps.reduce((filter, [key, alternative]) => toggle(filter, key, alternative), NO_FILTER);

describe('clicked conditions become a where clause', () => {
  test.each<[string, Filter, unknown]>([
    ['nothing', NO_FILTER, undefined],
    ['one value', choose(['kind', { is: 'note' }]), { kind: 'note' }],
    [
      'two values of a key',
      choose(['kind', { is: 'a' }], ['kind', { is: 'b' }]),
      { kind: { $in: ['a', 'b'] } },
    ],
    [
      'values of two types under one key',
      choose(['k', { is: '1' }], ['k', { is: 1 }]),
      { $or: [{ k: '1' }, { k: 1 }] },
    ],
    ['an element of a list', choose(['tags', { has: 'x' }]), { tags: { $contains: 'x' } }],
    [
      'elements of a list add up',
      choose(['tags', { has: 'x' }], ['tags', { has: 'y' }]),
      { $or: [{ tags: { $contains: 'x' } }, { tags: { $contains: 'y' } }] },
    ],
    ['a range', choose(['n', { in: { from: 1, to: 5 } }]), { $and: [{ n: { $gte: 1 } }, { n: { $lt: 5 } }] }],
    ['a closed range', choose(['n', { in: { to: 5, closed: true } }]), { n: { $lte: 5 } }],
    [
      'two keys',
      choose(['kind', { is: 'note' }], ['draft', { is: false }]),
      { $and: [{ kind: 'note' }, { draft: false }] },
    ],
    [
      'a range beside another key lies flat',
      choose(['n', { in: { from: 1, to: 5 } }], ['kind', { is: 'note' }]),
      { $and: [{ n: { $gte: 1 } }, { n: { $lt: 5 } }, { kind: 'note' }] },
    ],
    [
      'two ranges add up',
      choose(['n', { in: { from: 0, to: 1 } }], ['n', { in: { from: 5 } }]),
      { $or: [{ $and: [{ n: { $gte: 0 } }, { n: { $lt: 1 } }] }, { n: { $gte: 5 } }] },
    ],
    ['not one value', negate(choose(['kind', { is: 'note' }]), 'kind'), { kind: { $ne: 'note' } }],
    [
      'none of several values and elements',
      negate(choose(['k', { is: 'a' }], ['k', { is: 'b' }], ['k', { has: 1 }]), 'k'),
      { $and: [{ k: { $nin: ['a', 'b'] } }, { k: { $not_contains: 1 } }] },
    ],
  ])('%s', (_, filter, where) => {
    expect(toWhere(filter)).toEqual(where);
  });

  test.each([
    ['contains', { $contains: 'a' }],
    ['regex', { $regex: 'a' }],
    ['not_contains', { $not_contains: 'a' }],
    ['not_regex', { $not_regex: 'a' }],
  ] as const)('the document %s', (mode, expected) => {
    expect(toWhereDocument({ keys: [], document: { mode, text: 'a' } })).toEqual(expected);
    expect(toWhereDocument({ keys: [], document: { mode, text: '' } })).toBeUndefined();
  });
});

const scalar = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0 || 0),
);
const alternative: fc.Arbitrary<Alternative> = fc.oneof(
  scalar.map((is) => ({ is })),
  scalar.map((has) => ({ has })),
  fc.record({ from: fc.integer(), to: fc.integer() }).map((range) => ({ in: range })),
);
const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', '__proto__'), alternative), { maxLength: 12 });

test('toggling twice leaves nothing chosen, whatever else is', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom('a', 'b'), alternative, (before, key, one) => {
      const filter = choose(...before);
      const once = toggle(filter, key, one);
      expect(isChosen(once, key, one)).toBe(!isChosen(filter, key, one));
      expect(isChosen(toggle(once, key, one), key, one)).toBe(isChosen(filter, key, one));
    }),
  );
});

test('a filter with a range is never turned round, and one turned round takes no range silently', () => {
  const ranged = choose(['n', { in: { from: 1 } }]);
  expect(negate(ranged, 'n')).toEqual(ranged);
  const turned = negate(choose(['n', { is: 1 }]), 'n');
  expect(toggle(turned, 'n', { in: { from: 5 } }).keys).toEqual([
    { key: 'n', any: [{ is: 1 }, { in: { from: 5 } }] },
  ]);
});

test('conditions survive the way through the address', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (made, turn) => {
      const filter = turn ? negate(choose(...made), 'a') : choose(...made);
      for (const condition of filter.keys) if (condition.not) expect(canNegate(condition)).toBe(true);
      expect(parseKeys(formatKeys(filter.keys))).toEqual(filter.keys);
    }),
  );
});

test.each([
  '{',
  '{}',
  '[1]',
  '[{"key":"a","any":[]}]',
  '[{"key":"a","any":[{"is":null}]}]',
  '[{"key":"a","not":true,"any":[{"in":{"from":1}}]}]',
  '[{"key":"a","any":[{"in":{}}]}]',
])('an address with %s in it is not read', (text) => {
  expect(parseKeys(text)).toBeNull();
});
