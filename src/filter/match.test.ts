import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metadata } from '../base/types.js';
import type { Filter } from './filter.js';
import { compileFilter, type FilterRecord } from './match.js';
import { parseFilter } from './parse.js';

function parsed(where: unknown, whereDocument?: unknown): Filter {
  const filter = parseFilter(where, whereDocument);
  if (filter === null) throw new Error('no filter given');
  return filter;
}

const RECORDS: FilterRecord[] = [
  { id: 'int', metadata: { x: 1 }, document: 'alpha' },
  { id: 'two', metadata: { x: 2 }, document: 'Alpha 50%_' },
  { id: 'frac', metadata: { x: 1.2 }, document: '' },
  { id: 'str', metadata: { x: '1' }, document: null },
  { id: 'bool', metadata: { x: true }, document: '日本語 😀' },
  { id: 'ints', metadata: { x: [1, 2] }, document: null },
  { id: 'fracs', metadata: { x: [1, 2.5] }, document: null },
  { id: 'strs', metadata: { x: ['1', 'a'] }, document: null },
  { id: 'sparse', metadata: { x: { indices: [1], values: [1] } }, document: null },
  { id: 'null', metadata: { x: null }, document: null },
  { id: 'other', metadata: { y: 1 }, document: null },
  { id: 'bare', metadata: null, document: 'line\nbreak' },
];

const ALL = RECORDS.map((record) => record.id);
const except = (...ids: string[]): string[] => ALL.filter((id) => !ids.includes(id));

function matching(where: unknown, whereDocument?: unknown): string[] {
  const { matches } = compileFilter(parsed(where, whereDocument));
  return RECORDS.filter((record) => matches(record)).map((record) => record.id);
}

describe('where', () => {
  test.each<[unknown, string[]]>([
    [{ x: 1 }, ['int']],
    [{ x: '1' }, ['str']],
    [{ x: true }, ['bool']],
    [{ x: { $eq: 1.2 } }, ['frac']],
    [{ x: { $ne: 1 } }, except('int')],
    [{ x: { $ne: 'nowhere' } }, ALL],
    [{ x: 1.5 }, []],
    [{ x: { $ne: 1.5 } }, ALL],
    [{ x: { $lt: 1.5 } }, ['int', 'frac']],
    [{ x: { $lte: 1.2 } }, ['int', 'frac']],
    [{ x: { $gt: 1 } }, ['two', 'frac']],
    [{ x: { $gte: 1.5 } }, ['two']],
    [{ x: { $gt: -5 } }, ['int', 'two', 'frac']],
    [{ x: { $in: [1, 1.2] } }, ['int', 'frac']],
    [{ x: { $in: ['1', 'a'] } }, ['str']],
    [{ x: { $in: [false, true] } }, ['bool']],
    [{ x: { $nin: [1, 2] } }, except('int', 'two')],
    [{ x: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } }, ['int', 'two']],
    [{ x: { $nin: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } }, except('int', 'two')],
    [{ x: { $contains: 1 } }, ['ints', 'fracs']],
    [{ x: { $contains: 2.5 } }, ['fracs']],
    [{ x: { $contains: '1' } }, ['strs']],
    [{ x: { $contains: true } }, []],
    [{ x: { $not_contains: 1 } }, except('ints', 'fracs')],
    [{ absent: 1 }, []],
    [{ absent: { $ne: 1 } }, ALL],
    [{ absent: { $nin: ['a'] } }, ALL],
    [{ absent: { $not_contains: 'a' } }, ALL],
    [{ absent: { $gt: 0 } }, []],
    [{ $and: [{ x: { $gte: 1 } }, { x: { $lt: 2 } }] }, ['int', 'frac']],
    [{ $or: [{ x: 1 }, { y: 1 }] }, ['int', 'other']],
    [{ $and: [{ $or: [{ x: 1 }, { x: 2 }] }, { x: { $ne: 2 } }, { '#id': 'int' }] }, ['int']],
    [{ '#id': 'bare' }, ['bare']],
    [{ '#id': { $ne: 'bare' } }, except('bare')],
    [{ '#id': { $in: ['int', 'two', 'nobody'] } }, ['int', 'two']],
    [{ '#id': { $nin: ['int', 'two'] } }, except('int', 'two')],
    [{ '#document': { $contains: 'lpha' } }, ['int', 'two']],
    [{ '#document': { $not_contains: 'lpha' } }, except('int', 'two')],
    [{ '#document': { $regex: '^a' } }, ['int']],
    [{ '#document': { $not_regex: '^a' } }, except('int')],
    [{ constructor: { $ne: 1 } }, ALL],
    [{ toString: 'x' }, []],
    [{ length: 0 }, []],
  ])('%j', (where, ids) => {
    expect(matching(where)).toEqual(ids);
  });

  test('0 and −0 are one number', () => {
    const zero: FilterRecord = { id: 'z', metadata: { x: -0, l: [-0] }, document: null };
    for (const where of [
      { x: 0 },
      { x: { $in: [0, 1, 2, 3, 4, 5, 6, 7, 8] } },
      { l: { $contains: 0 } },
      { x: { $gte: 0 } },
    ]) {
      expect(compileFilter(parsed(where)).matches(zero)).toBe(true);
    }
  });
});

describe('whereDocument', () => {
  const WITHOUT = RECORDS.filter((record) => record.document === null).map((record) => record.id);
  const WITH = except(...WITHOUT);

  test.each<[unknown, string[]]>([
    [{ $contains: '' }, WITH],
    [{ $not_contains: '' }, WITHOUT],
    [{ $regex: '' }, WITH],
    [{ $not_regex: '' }, WITHOUT],
    [{ $contains: 'alpha' }, ['int']],
    [{ $contains: 'Alpha' }, ['two']],
    [{ $not_contains: 'alpha' }, except('int')],
    [{ $contains: '%' }, ['two']],
    [{ $contains: '_' }, ['two']],
    [{ $contains: 'a' }, ['int', 'two', 'bare']],
    [{ $contains: '本' }, ['bool']],
    [{ $contains: '😀' }, ['bool']],
    [{ $regex: '(?i)^ALPHA' }, ['int', 'two']],
    [{ $regex: 'line.break' }, []],
    [{ $regex: '(?s)line.break' }, ['bare']],
    [{ $regex: '\\d{2}' }, ['two']],
    [{ $regex: '^$' }, ['frac']],
    [{ $not_regex: '\\pL' }, except('int', 'two', 'bool', 'bare')],
    [{ $and: [{ $contains: 'pha' }, { $not_contains: '%' }] }, ['int']],
    [{ $or: [{ $contains: '%' }, { $regex: '^$' }] }, ['two', 'frac']],
  ])('%j', (whereDocument, ids) => {
    expect(matching(undefined, whereDocument)).toEqual(ids);
  });

  test('both arguments must hold', () => {
    expect(matching({ x: { $gt: 0 } }, { $regex: '(?i)alpha' })).toEqual(['int', 'two']);
  });
});

describe('needs', () => {
  test.each<[unknown, unknown, { metadata: boolean; document: boolean }]>([
    [{ x: 1 }, undefined, { metadata: true, document: false }],
    [{ x: { $contains: 1 } }, undefined, { metadata: true, document: false }],
    [{ x: { $gt: 1 } }, undefined, { metadata: true, document: false }],
    [{ '#id': 'a' }, undefined, { metadata: false, document: false }],
    [{ '#document': { $contains: 'a' } }, undefined, { metadata: false, document: true }],
    [undefined, { $or: [{ $contains: 'a' }, { $regex: 'b' }] }, { metadata: false, document: true }],
    [{ $or: [{ '#id': 'a' }, { x: 1 }] }, { $regex: 'b' }, { metadata: true, document: true }],
  ])('of %j %j', (where, whereDocument, needs) => {
    expect(compileFilter(parsed(where, whereDocument)).needs).toEqual(needs);
  });
});

/** The meaning once more, straight from the user's JSON, sharing nothing with the code under test. */
type Json = Record<string, unknown>;

function naive(where: Json, record: FilterRecord): boolean {
  const [key, operand] = Object.entries(where)[0] as [string, unknown];
  if (key === '$and') return (operand as Json[]).filter((member) => !naive(member, record)).length === 0;
  if (key === '$or') return (operand as Json[]).filter((member) => naive(member, record)).length > 0;
  if (key === '#document') return naiveDocument(operand as Json, record.document);
  const value: unknown =
    key === '#id' ? record.id : new Map<string, unknown>(Object.entries(record.metadata ?? {})).get(key);
  return naiveOperator(typeof operand === 'object' ? (operand as Json) : { $eq: operand }, value);
}

function naiveOperator(expression: Json, value: unknown): boolean {
  const [operator, operand] = Object.entries(expression)[0] as [string, never];
  const same = (left: unknown, right: unknown): boolean =>
    typeof left === typeof right && String(left) === String(right);
  const scalar = ['string', 'number', 'boolean'].includes(typeof value);
  if (operator === '$eq') return scalar && same(value, operand);
  if (operator === '$ne') return !(scalar && same(value, operand));
  if (operator === '$in') return scalar && (operand as unknown[]).some((one) => same(one, value));
  if (operator === '$nin') return !scalar || (operand as unknown[]).every((one) => !same(one, value));
  if (operator === '$contains') return Array.isArray(value) && value.some((one) => same(one, operand));
  if (operator === '$not_contains') return !Array.isArray(value) || value.every((one) => !same(one, operand));
  if (typeof value !== 'number') return false;
  const difference = value - operand;
  if (operator === '$gt') return difference > 0;
  if (operator === '$gte') return difference >= 0;
  if (operator === '$lt') return difference < 0;
  return difference <= 0;
}

function naiveDocument(clause: Json, document: string | null): boolean {
  const [operator, operand] = Object.entries(clause)[0] as [string, unknown];
  if (operator === '$and') return (operand as Json[]).every((member) => naiveDocument(member, document));
  if (operator === '$or') return (operand as Json[]).some((member) => naiveDocument(member, document));
  const text = operand as string;
  if (operator === '$contains')
    return document !== null && document.split(text).length > (text === '' ? -1 : 1);
  if (operator === '$not_contains') return document === null || (text !== '' && document.indexOf(text) < 0);
  const found = document !== null && new RegExp(text, 'u').exec(document) !== null;
  return operator === '$regex' ? found : !found;
}

const word = fc.constantFrom('a', 'b', 'ab', '1', '', '__proto__');
const number = fc.constantFrom(-1, 0, 1, 1.5, 2, 1e300);
const scalar = fc.oneof(word, number, fc.boolean());
const oneType = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 12 }),
  fc.array(number, { minLength: 1, maxLength: 12 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
);
const field = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
const text = fc
  .array(fc.constantFrom('a', 'b', 'A', ' ', '\n', 'é', '😀'), { maxLength: 4 })
  .map((list) => list.join(''));
const pattern = fc.constantFrom('a', '^a', 'b$', 'a.b', '[^a]b', '(?:a|b)+A', '', '\\s', 'é?a', '😀');
const one = (key: string, value: unknown): Json => Object.fromEntries([[key, value]]);

const expression = fc.oneof(
  fc
    .tuple(fc.constantFrom('$eq', '$ne', '$contains', '$not_contains'), scalar)
    .map(([key, value]) => one(key, value)),
  fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), number).map(([key, value]) => one(key, value)),
  fc.tuple(fc.constantFrom('$in', '$nin'), oneType).map(([key, value]) => one(key, value)),
);
const idExpression = fc.oneof(
  fc.tuple(fc.constantFrom('$eq', '$ne'), word).map(([key, value]) => one(key, value)),
  fc
    .tuple(fc.constantFrom('$in', '$nin'), fc.array(word, { minLength: 1, maxLength: 10 }))
    .map(([key, value]) => one(key, value)),
);
const clause = fc.oneof(
  fc.tuple(fc.constantFrom('$contains', '$not_contains'), text).map(([key, value]) => one(key, value)),
  fc.tuple(fc.constantFrom('$regex', '$not_regex'), pattern).map(([key, value]) => one(key, value)),
);

function grouped(leaf: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc
        .tuple(fc.constantFrom('$and', '$or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
        .map(([key, members]) => one(key, members)),
    ),
  })).node;
}

const where = grouped(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(field, fc.oneof(scalar, expression)).map(([key, value]) => one(key, value)),
    },
    { weight: 1, arbitrary: fc.oneof(word, idExpression).map((value) => one('#id', value)) },
    { weight: 1, arbitrary: clause.map((value) => one('#document', value)) },
  ),
);
const metadata = fc
  .array(fc.tuple(field, fc.oneof(scalar, oneType, fc.constantFrom(null, { indices: [1], values: [1] }))), {
    maxLength: 4,
  })
  .map((entries) => Object.fromEntries(entries) as Metadata);
const record: fc.Arbitrary<FilterRecord> = fc.record({
  id: word,
  metadata: fc.option(metadata),
  document: fc.option(text),
});

describe('against a naive evaluator', () => {
  test('random filters pass exactly the records that their JSON, read literally, passes', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(
        where,
        fc.option(grouped(clause), { nil: undefined }),
        fc.array(record, { maxLength: 8 }),
        (w, wd, records) => {
          const { matches } = compileFilter(parsed(w, wd));
          for (const each of records) {
            const expected = naive(w, each) && (wd === undefined || naiveDocument(wd, each.document));
            expect(matches(each)).toBe(expected);
            answers[`${expected}`]++;
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(500);
  }, 60_000);

  test('parts that a filter does not need may be left out', () => {
    fc.assert(
      fc.property(where, record, (w, each) => {
        const { needs, matches } = compileFilter(parsed(w));
        const partial: FilterRecord = {
          id: each.id,
          metadata: needs.metadata ? each.metadata : null,
          document: needs.document ? each.document : null,
        };
        expect(matches(partial)).toBe(matches(each));
      }),
      { numRuns: 1_000 },
    );
  });
});
