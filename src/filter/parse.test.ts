import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChromaClientError, ChromaError, ChromaValueError } from '../base/errors.js';
import { FILTER_LIMITS, parseFilter } from './parse.js';

const pattern = (source: string): unknown => expect.objectContaining({ source });

function refusal(where: unknown, whereDocument?: unknown): ChromaError {
  try {
    parseFilter(where, whereDocument);
  } catch (error) {
    if (error instanceof ChromaError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('what is accepted', () => {
  test('neither argument is no filter', () => {
    expect(parseFilter(undefined, undefined)).toBeNull();
    expect(parseFilter(null, null)).toBeNull();
  });

  test.each<[unknown, unknown]>([
    [{ k: 'x' }, { kind: 'isOneOf', field: 'k', values: ['x'], negated: false }],
    [{ k: 0 }, { kind: 'isOneOf', field: 'k', values: [0], negated: false }],
    [{ k: false }, { kind: 'isOneOf', field: 'k', values: [false], negated: false }],
    [{ k: '' }, { kind: 'isOneOf', field: 'k', values: [''], negated: false }],
    [{ k: { $eq: 1 } }, { kind: 'isOneOf', field: 'k', values: [1], negated: false }],
    [{ k: { $ne: true } }, { kind: 'isOneOf', field: 'k', values: [true], negated: true }],
    [{ k: { $in: [1, 2.5] } }, { kind: 'isOneOf', field: 'k', values: [1, 2.5], negated: false }],
    [{ k: { $nin: ['a'] } }, { kind: 'isOneOf', field: 'k', values: ['a'], negated: true }],
    [{ k: { $gt: 1 } }, { kind: 'compare', field: 'k', operator: '$gt', operand: 1 }],
    [{ k: { $gte: -1.5 } }, { kind: 'compare', field: 'k', operator: '$gte', operand: -1.5 }],
    [{ k: { $lt: 0 } }, { kind: 'compare', field: 'k', operator: '$lt', operand: 0 }],
    [{ k: { $lte: 9 } }, { kind: 'compare', field: 'k', operator: '$lte', operand: 9 }],
    [{ k: { $contains: 1 } }, { kind: 'listContains', field: 'k', value: 1, negated: false }],
    [{ k: { $not_contains: 'a' } }, { kind: 'listContains', field: 'k', value: 'a', negated: true }],
    [{ '#id': 'a' }, { kind: 'idIsOneOf', ids: ['a'], negated: false }],
    [{ '#id': { $ne: 'a' } }, { kind: 'idIsOneOf', ids: ['a'], negated: true }],
    [{ '#id': { $nin: ['a', 'b'] } }, { kind: 'idIsOneOf', ids: ['a', 'b'], negated: true }],
    [{ '#document': { $contains: 'a' } }, { kind: 'documentContains', text: 'a', negated: false }],
    [
      { '#document': { $not_regex: 'a+' } },
      { kind: 'documentMatches', pattern: pattern('a+'), negated: true },
    ],
    // No record can have these keys; Chroma takes them, so they match like any other absent key.
    [{ '#other': 1 }, { kind: 'isOneOf', field: '#other', values: [1], negated: false }],
    [{ '': 1 }, { kind: 'isOneOf', field: '', values: [1], negated: false }],
  ])('where %j', (where, filter) => {
    expect(parseFilter(where, undefined)).toEqual(filter);
  });

  test.each<[unknown, unknown]>([
    [{ $contains: '' }, { kind: 'documentContains', text: '', negated: false }],
    [{ $not_contains: 'x' }, { kind: 'documentContains', text: 'x', negated: true }],
    [{ $regex: '' }, { kind: 'documentMatches', pattern: pattern(''), negated: false }],
    [{ $not_regex: '(?i)x' }, { kind: 'documentMatches', pattern: pattern('(?i)x'), negated: true }],
    [
      { $or: [{ $contains: 'a' }, { $and: [{ $contains: 'b' }, { $regex: 'c' }] }] },
      {
        kind: 'or',
        members: [
          { kind: 'documentContains', text: 'a', negated: false },
          {
            kind: 'and',
            members: [
              { kind: 'documentContains', text: 'b', negated: false },
              { kind: 'documentMatches', pattern: pattern('c'), negated: false },
            ],
          },
        ],
      },
    ],
  ])('whereDocument %j', (whereDocument, filter) => {
    expect(parseFilter(undefined, whereDocument)).toEqual(filter);
  });

  test('both arguments must hold', () => {
    expect(parseFilter({ k: 1 }, { $contains: 'a' })).toEqual({
      kind: 'and',
      members: [
        { kind: 'isOneOf', field: 'k', values: [1], negated: false },
        { kind: 'documentContains', text: 'a', negated: false },
      ],
    });
  });

  test('a parsed filter is plain data, no longer tied to what it was read from', () => {
    const values = ['a'];
    const filter = parseFilter({ k: { $in: values } }, undefined);
    values.push('b');
    expect(JSON.parse(JSON.stringify(filter))).toEqual({
      kind: 'isOneOf',
      field: 'k',
      values: ['a'],
      negated: false,
    });
  });
});

describe('the path to the fault', () => {
  test.each<[unknown, string, string]>([
    [{}, 'where', 'an object without keys'],
    [[], 'where', 'an empty list'],
    ['x', 'where', 'string "x"'],
    ['', 'where', 'string ""'],
    [0, 'where', 'number 0'],
    [false, 'where', 'boolean false'],
    [() => 1, 'where', 'a function'],
    [{ a: 1, b: 2 }, 'where', 'an object with 2 keys a, b'],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'where', '6 keys a, b, c, d, e, …'],
    [{ $foo: 1 }, 'where.$foo', 'one of $and, $or'],
    [{ $gt: 1 }, 'where.$gt', 'one of $and, $or'],
    [{ $and: [{ a: 1 }] }, 'where.$and', 'at least two'],
    [{ $or: [] }, 'where.$or', 'at least two'],
    [{ $or: { a: 1 } }, 'where.$or', 'at least two'],
    [{ $and: [{ a: 1 }, null] }, 'where.$and[1]', 'null'],
    [{ $and: [{ a: 1 }, {}] }, 'where.$and[1]', 'without keys'],
    [{ $and: [{ a: 1 }, { price: { $gt: '9' } }] }, 'where.$and[1].price.$gt', 'a finite number for $gt'],
    [
      { $or: [{ $and: [{ a: 1 }, { b: { $in: [] } }] }, { c: 1 }] },
      'where.$or[0].$and[1].b.$in',
      'an empty list',
    ],
    [{ a: null }, 'where.a', 'null'],
    [{ a: undefined }, 'where.a', 'undefined'],
    [{ a: Number.NaN }, 'where.a', 'number NaN'],
    [{ a: [1, 2] }, 'where.a', 'a list of 2'],
    [{ a: {} }, 'where.a', 'without keys'],
    [{ a: { $gt: 1, $lt: 5 } }, 'where.a', '2 keys $gt, $lt'],
    [{ a: { $foo: 1 } }, 'where.a.$foo', 'one of $eq, $ne, $gt'],
    [{ a: { b: 1 } }, 'where.a.b', 'one of $eq'],
    [{ 'odd key.x': { $gt: null } }, 'where["odd key.x"].$gt', 'null'],
    [{ a: { $eq: null } }, 'where.a.$eq', 'null'],
    [{ a: { $eq: [1] } }, 'where.a.$eq', 'a list of 1'],
    [{ a: { $ne: { b: 1 } } }, 'where.a.$ne', 'an object with key b'],
    [{ a: { $gte: Infinity } }, 'where.a.$gte', 'number Infinity'],
    [{ a: { $lt: true } }, 'where.a.$lt', 'boolean true'],
    [{ a: { $in: 'abc' } }, 'where.a.$in', 'string "abc"'],
    [{ a: { $nin: [1, '1'] } }, 'where.a.$nin[1]', '$nin[1] is string "1"'],
    [{ a: { $in: [1, null] } }, 'where.a.$in[1]', 'null'],
    [{ a: { $in: [[1]] } }, 'where.a.$in[0]', 'a list of 1'],
    [{ a: { $contains: null } }, 'where.a.$contains', 'null'],
    [{ a: { $not_contains: [1] } }, 'where.a.$not_contains', 'a list of 1'],
    [{ a: { $regex: 'x' } }, 'where.a.$regex', 'the document only'],
    [{ a: { $not_regex: 'x' } }, 'where.a.$not_regex', 'the document only'],
    [{ '#document': 'x' }, 'where.#document', '$contains'],
    [{ '#document': { $eq: 'x' } }, 'where.#document.$eq', 'one of $contains'],
    [{ '#document': { $contains: 5 } }, 'where.#document.$contains', 'number 5'],
    [{ '#id': 5 }, 'where.#id', 'number 5'],
    [{ '#id': { $gt: 5 } }, 'where.#id.$gt', 'one of $eq, $ne, $in, $nin'],
    [{ '#id': { $in: [5] } }, 'where.#id.$in[0]', 'number 5'],
    [{ 'chroma:document': 'x' }, 'where.chroma:document', 'reserved'],
    [{ $and: [{ 'chroma:uri': { $ne: 'x' } }, { a: 1 }] }, 'where.$and[0].chroma:uri', 'reserved'],
    [{ ['k'.repeat(500)]: null }, `where.${'k'.repeat(60)}…`, 'null'],
  ])('where %j is refused at %s: %s', (where, path, says) => {
    const error = refusal(where);
    // chromadb's client lets numbers pass there; its server does not.
    const toServer = path === 'where.#document.$contains' || /number (?:NaN|Infinity)/.test(says);
    expect(error).toBeInstanceOf(toServer ? ChromaClientError : ChromaValueError);
    expect(error.code).toBe('VALUE_WHERE');
    expect(error.details).toEqual({ path });
    expect(error.message).toContain(says);
    expect(error.message).toContain(path);
    expect(error.message.length).toBeLessThan(400);
  });

  test('values that JSON has no word for are shown all the same', () => {
    expect(refusal({ a: 10n }).message).toContain('bigint 10');
    expect(refusal({ a: Symbol('s') }).message).toContain('a symbol');
    expect(refusal({ a: { $gt: 2n ** 300n } }).message).toMatch(
      /bigint 2037035976334486086268445688409378161051…$/,
    );
  });

  test.each<[unknown, string, string]>([
    [{}, 'whereDocument', 'without keys'],
    ['text', 'whereDocument', 'string "text"'],
    [{ $contains: 'a', $regex: 'b' }, 'whereDocument', '2 keys'],
    [
      { $matches: 'x' },
      'whereDocument.$matches',
      'one of $contains, $not_contains, $regex, $not_regex, $and, $or',
    ],
    [{ $eq: 'x' }, 'whereDocument.$eq', 'one of'],
    [{ '#document': { $contains: 'x' } }, 'whereDocument.#document', 'one of'],
    [{ $contains: null }, 'whereDocument.$contains', 'null'],
    [{ $contains: ['x'] }, 'whereDocument.$contains', 'a list of 1'],
    [{ $contains: '\ud83d' }, 'whereDocument.$contains', 'surrogate'],
    [{ $regex: 5 }, 'whereDocument.$regex', 'number 5'],
    [{ $or: [{ $contains: 'a' }] }, 'whereDocument.$or', 'at least two'],
    [
      { $and: [{ $contains: 'a' }, { $or: [{ $regex: 'a' }, { k: 1 }] }] },
      'whereDocument.$and[1].$or[1].k',
      'one of',
    ],
  ])('whereDocument %j is refused at %s: %s', (whereDocument, path, says) => {
    const error = refusal(undefined, whereDocument);
    // chromadb's client looks at operators only and leaves their operands to its server.
    const toServer = /\$(?:contains|regex)$/.test(path) && says !== 'surrogate';
    expect(error).toBeInstanceOf(toServer ? ChromaClientError : ChromaValueError);
    expect(error.code).toBe('VALUE_WHERE_DOCUMENT');
    expect(error.details).toEqual({ path });
    expect(error.message).toContain(says);
    expect(error.message).toContain(path);
  });

  test.each<[unknown, unknown, string]>([
    [undefined, { $regex: 'a(' }, 'whereDocument.$regex'],
    [undefined, { $and: [{ $contains: 'x' }, { $not_regex: 'a(' }] }, 'whereDocument.$and[1].$not_regex'],
    [{ '#document': { $regex: 'a(' } }, undefined, 'where.#document.$regex'],
  ])('a pattern of %j %j names its path %s and its position', (where, whereDocument, path) => {
    const error = refusal(where, whereDocument);
    expect(error.code).toBe('VALUE_REGEX');
    expect(error.details).toMatchObject({ path, position: 1 });
    expect(error.message).toContain(path);
  });

  test.each([
    [{ a: { notContains: 1 } }, 'Did you mean $not_contains?'],
    [{ a: { eq: 1 } }, 'Did you mean $eq?'],
    [{ a: { $NIN: [1] } }, 'Did you mean $nin?'],
    [{ and: [] }, undefined], // the catalogue's own, added where the store answers
    [{ $AND: [] }, 'Did you mean $and?'],
    [{ a: 1, b: 2 }, 'Combine conditions with $and: [{ … }, { … }].'],
    [{ a: { $regex: 'x' } }, "Use whereDocument, or the field '#document'."],
  ])('%j gets the remedy %j', (where, fix) => {
    const error = refusal(where);
    expect(error.fix).toBe(fix ?? '');
  });
});

describe('limits', () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { a: 1 } : { $and: [nested(depth - 1), { a: 1 }] };

  test('conditions nest 64 deep and no deeper', () => {
    expect(parseFilter(nested(FILTER_LIMITS.depth), undefined)).not.toBeNull();
    expect(refusal(nested(FILTER_LIMITS.depth + 1)).message).toContain('more than 64 deep');
  });

  test('a filter holds 10,000 conditions and no more, over both arguments', () => {
    const where = (count: number): unknown => ({ $or: Array.from({ length: count }, (_, i) => ({ a: i })) });
    expect(parseFilter(where(10_000), undefined)).toMatchObject({ kind: 'or' });
    expect(refusal(where(10_001)).message).toContain('at most 10000 conditions');
    expect(refusal(where(9_999), { $or: [{ $contains: 'a' }, { $contains: 'b' }] }).code).toBe(
      'VALUE_WHERE_DOCUMENT',
    );
  });

  test('its lists hold 100,000 values and no more', () => {
    const list = Array.from({ length: 60_000 }, (_, i) => i);
    expect(parseFilter({ a: { $in: list } }, undefined)).not.toBeNull();
    expect(refusal({ $or: [{ a: { $in: list } }, { b: { $nin: list } }] })).toMatchObject({
      details: { path: 'where.$or[1].b.$nin' },
      message: expect.stringContaining('at most 100000 values') as string,
    });
  });

  test('it holds 100 patterns and no more', () => {
    const patterns = (count: number): unknown => ({
      $or: Array.from({ length: count }, () => ({ $regex: 'a' })),
    });
    expect(parseFilter(undefined, patterns(100))).not.toBeNull();
    expect(refusal(undefined, patterns(101)).details).toEqual({ path: 'whereDocument.$or[100].$regex' });
  });
});

describe('hostile input', () => {
  test('keys of Object.prototype are fields like any other, and nothing is polluted', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const where: unknown = JSON.parse(`{"${key}":{"$eq":"x"}}`);
      expect(parseFilter(where, undefined)).toEqual({
        kind: 'isOneOf',
        field: key,
        values: ['x'],
        negated: false,
      });
    }
    const operator: unknown = JSON.parse('{"a":{"__proto__":{"polluted":true}}}');
    expect(refusal(operator).details).toEqual({ path: 'where.a.__proto__' });
    expect(refusal({ a: { constructor: 1 } }).details).toEqual({ path: 'where.a.constructor' });
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('inherited, symbol and hidden keys are not read', () => {
    expect(refusal(Object.create({ a: 1 })).details).toEqual({ path: 'where' });
    const where = Object.defineProperty({ a: 1, [Symbol('b')]: 2 }, 'c', { value: 3, enumerable: false });
    expect(parseFilter(where, undefined)).toMatchObject({ field: 'a' });
    expect(parseFilter(Object.assign(Object.create(null), { a: 1 }), undefined)).toMatchObject({
      field: 'a',
    });
  });

  test('every property is read once', () => {
    let reads = 0;
    const where = {
      get a(): unknown {
        reads++;
        return reads === 1 ? { $gt: 1 } : { $gt: 'changed' };
      },
    };
    expect(parseFilter(where, undefined)).toEqual({
      kind: 'compare',
      field: 'a',
      operator: '$gt',
      operand: 1,
    });
    expect(reads).toBe(1);
  });

  test('a getter or proxy that throws is a typed error with its cause', () => {
    const cause = new Error('no');
    const throwing = {
      get a(): never {
        throw cause;
      },
    };
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw cause;
        },
      },
    );
    expect(refusal(throwing)).toMatchObject({ code: 'VALUE_WHERE', cause });
    expect(refusal(undefined, proxy)).toMatchObject({ code: 'VALUE_WHERE_DOCUMENT', cause });
  });

  test('cyclic and endless input ends at a limit', () => {
    const cyclic: { $and: unknown[] } = { $and: [{ a: 1 }] };
    cyclic.$and.push(cyclic);
    expect(refusal(cyclic).message).toContain('64 deep');
    const endless = Object.assign([1, 2], {
      *[Symbol.iterator]() {
        for (;;) yield 1;
      },
    });
    expect(parseFilter({ a: { $in: endless } }, undefined)).toMatchObject({ values: [1, 2] });
    expect(refusal({ a: { $in: Array(4_000_000_000) } }).message).toContain('at most 100000 values');
    expect(refusal({ $or: Array(4_000_000_000) }).message).toContain('at most 10000 conditions');
    expect(refusal({ a: { $in: Array(3) } }).details).toEqual({ path: 'where.a.$in[0]' });
  });

  test.each([new Date(0), new Map([['a', 1]]), new Set([1]), new Uint8Array(2), /x/, new Error('x')])(
    'an object of another kind is refused: %s',
    (value) => {
      expect(refusal(value).code).toBe('VALUE_WHERE');
      expect(refusal({ a: value }).code).toBe('VALUE_WHERE');
      expect(refusal({ a: { $eq: value } }).details).toEqual({ path: 'where.a.$eq' });
    },
  );

  test('any value is a filter or a typed error with a path', () => {
    const keys = [
      'a',
      '#id',
      '#document',
      '$and',
      '$or',
      '$eq',
      '$in',
      '$gt',
      '$contains',
      '$regex',
      '__proto__',
    ];
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>('x', '', 1, -0, 1.5, true, ['x'], null, undefined, Number.NaN),
        fc.anything(),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
        fc.tuple(fc.constantFrom(...keys), tie('node')).map((entry): unknown => Object.fromEntries([entry])),
        fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 2 }),
      ),
    }));
    const values = fc
      .tuple(fc.constantFrom(...keys), node)
      .map((entry): unknown => Object.fromEntries([entry]));
    let accepted = 0;
    const attempt = (where: unknown, whereDocument: unknown): void => {
      try {
        if (parseFilter(where, whereDocument) !== null) accepted++;
      } catch (error) {
        if (!(error instanceof ChromaError)) throw error;
        expect(['VALUE_WHERE', 'VALUE_WHERE_DOCUMENT', 'VALUE_REGEX']).toContain(error.code);
        expect(error.details['path']).toMatch(/^where(Document)?/);
        expect(error.message.length).toBeLessThan(2_000);
      }
    };
    fc.assert(
      fc.property(fc.oneof(values, node), (value) => {
        attempt(value, undefined);
        attempt(undefined, value);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(40);
  }, 60_000);
});

test('a path shows keys whole up to 60 characters, and the beginning of longer ones', () => {
  const path = (length: number): unknown => refusal({ ['k'.repeat(length)]: [] }).details['path'];
  expect(path(60)).toBe(`where.${'k'.repeat(60)}`);
  expect(path(61)).toBe(`where.${'k'.repeat(60)}…`);
});

test('lists that are too short say what they hold and how many they need', () => {
  expect(refusal({ k: { $in: [] } }).message).toContain('a non-empty list of values');
  expect(refusal({ k: { $nin: 'x' } }).message).toContain('a non-empty list of values');
  expect(refusal({ $or: [] }).message).toContain('a list of at least two conditions');
});
