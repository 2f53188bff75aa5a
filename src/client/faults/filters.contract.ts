/** F45: filters that are nonsense, hostile or made to be slow. Each is answered or refused, and other calls go on. */
import { describe, expect, test } from 'vitest';
import { ChromaError } from '../../base/errors.js';
import { expectRefused, refusalOf, useStore, type FaultTarget } from './harness.contract.js';

/** Patterns that take a backtracking engine exponential or cubic time on the texts below, and whether they match there. */
const SLOW: readonly (readonly [pattern: string, matches: boolean])[] = [
  ['^(a+)+$', false],
  ['^(a*)*b$', false],
  ['^(a|a)*$', false],
  ['^(a|aa)+$', false],
  ['(a+)+b', false],
  ['(.*)*c', false],
  ['(.*a){20}$', false],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', false],
  ['a*a*a*a*a*a*a*a*b', false],
  ['(x+x+)+y', false],
  ['([a-zA-Z]+)*$', true],
  ['(?:a?){200}a{200}', true],
  ['(a{1,30}){1,30}!', true],
  ['\\s+$', false],
  ['^(\\d+)*$', false],
  ['(?i)(A|a|[aA])*!$', true],
];

const TEXTS = ['a'.repeat(50_000) + '!', `${' '.repeat(50_000)}x!`];

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$lte',
  '$in',
  '$nin',
  '$and',
  '$or',
  '$contains',
  '$not_contains',
  '$regex',
  '$not_regex',
  '$where',
  '$expr',
  '#id',
  '#document',
  'n',
  '__proto__',
  'constructor',
  '',
];

function arbitraryFilter(random: () => number, depth = 0): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const leaf = [
    1,
    -1.5,
    'text',
    'first',
    true,
    null,
    undefined,
    Number.NaN,
    10n,
    '',
    '(',
    '\ud800',
    [],
    {},
    [1, 'a'],
    [1, 2],
  ];
  if (depth > 5 || random() < 0.3) return pick(leaf);
  if (random() < 0.35) {
    return Array.from({ length: Math.floor(random() * 4) }, () => arbitraryFilter(random, depth + 1));
  }
  const filter = {};
  for (let left = random() < 0.85 ? 1 : Math.floor(random() * 3); left > 0; left--) {
    const value = arbitraryFilter(random, depth + 1);
    Object.defineProperty(filter, pick(OPERATORS), { value, enumerable: true, configurable: true });
  }
  return filter;
}

export function describeFilterFaults(target: FaultTarget): void {
  describe(`F45 filters over ${target.name}`, () => {
    const store = useStore(target);

    test('F45 C8 3,000 random filters are answered or refused by one of our errors, and change nothing', async () => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const random = randomFrom(seed);
      const collection = await store.filled();
      let answered = 0;
      for (let i = 0; i < 3_000; i++) {
        const filter = arbitraryFilter(random) as never;
        const args = i % 2 === 0 ? { where: filter } : { whereDocument: filter };
        await collection.get(args).then(
          (result) => {
            answered++;
            expect(result.ids.length).toBeLessThanOrEqual(3);
          },
          (error: unknown) => {
            expect(error, `seed ${seed}, filter ${i}`).toBeInstanceOf(ChromaError);
          },
        );
      }
      expect(answered).toBeGreaterThan(30);
      expect(await collection.count()).toBe(3);
    });

    test.each<[string, () => unknown, string]>([
      ['a function', () => ({ n: () => 1 }), 'VALUE_ARGUMENT'],
      ['a symbol', () => ({ n: Symbol('n') }), 'VALUE_ARGUMENT'],
      ['a proxy', () => new Proxy({ n: 1 }, {}), 'VALUE_ARGUMENT'],
      [
        'a getter that throws',
        () => ({
          get n(): number {
            throw new Error('not now');
          },
        }),
        'VALUE_ARGUMENT',
      ],
      [
        '500 levels',
        () => {
          let where: object = { n: 1 };
          for (let i = 0; i < 500; i++) where = { $or: [where, { n: 2 }] };
          return where;
        },
        'VALUE_WHERE',
      ],
      [
        'too many conditions',
        () => ({ $or: Array.from({ length: 20_000 }, (_, n) => ({ n })) }),
        'VALUE_WHERE',
      ],
      [
        'too many values',
        () => ({ n: { $in: Array.from({ length: 200_000 }, (_, n) => n) } }),
        'VALUE_WHERE',
      ],
      [
        'a list that claims a billion entries',
        () => ({ n: { $in: new Array(1_000_000_000) } }),
        'VALUE_WHERE',
      ],
      [
        'too many patterns',
        () => ({ $or: Array.from({ length: 200 }, () => ({ '#document': { $regex: 'a' } })) }),
        'VALUE_WHERE',
      ],
      ['a key of 1 MB', () => ({ ['$'.repeat(2 ** 20)]: 1 }), 'VALUE_WHERE'],
      ['two keys', () => ({ n: 1, m: 2 }), 'VALUE_WHERE'],
    ])('F45 C4 a filter with %s is refused by get, query and delete', async (_, make, code) => {
      const collection = await store.filled();
      const where = make() as never;
      const acts = [
        () => collection.get({ where }),
        () => collection.query({ queryEmbeddings: [[1, 1, 1]], where }),
        () => collection.delete({ where }),
      ];
      for (const act of acts) await expectRefused(collection, act, { code: code as never });
    });

    test('F45 C4 a filter that holds itself is refused, here or where it is sent', async () => {
      const collection = await store.filled();
      const members: unknown[] = [{ n: 1 }];
      const where = { $and: members } as never;
      members.push(where);
      for (const act of [() => collection.get({ where }), () => collection.delete({ where })]) {
        expect((await refusalOf(act())).code).toMatch(/^VALUE_(?:WHERE|ARGUMENT)$/);
      }
      expect(await collection.count()).toBe(3);
    });

    test.each([
      ['of more than 1,000 characters', 'a'.repeat(1_001)],
      ['that needs too many states', '(a{100}){100}'],
      ['with counts in counts', '((a{50}){50}){50}'],
      ['with look-ahead', '^(?=(a+))\\1b'],
      ['with a back-reference', '(a+)\\1'],
      ['without its end', '(((((((((('],
      ['nested 10,000 deep', '('.repeat(400) + ')'.repeat(400)],
    ])('F45 C8 a pattern %s is refused, and the collection answers on', async (_, $regex) => {
      const collection = await store.filled();
      await expectRefused(collection, () => collection.get({ whereDocument: { $regex } }), {
        code: 'VALUE_REGEX',
        name: 'ChromaClientError',
      });
    });

    test.each(SLOW)(
      'F45 C8 %s ends on texts of 50,000 characters while other calls are answered',
      { timeout: 60_000 },
      async ($regex, matches) => {
        const collection = await store.filled();
        await collection.upsert({
          ids: ['a', 'b'],
          embeddings: [
            [1, 1, 1],
            [2, 2, 2],
          ],
          documents: TEXTS,
        });
        const slow = collection.get({ whereDocument: { $regex }, ids: ['a'], include: [] });
        const other = collection.get({ ids: ['c'] });
        expect((await other).documents).toEqual(['third']);
        expect((await slow).ids).toEqual(matches ? ['a'] : []);
        const rest = await collection.get({ whereDocument: { $not_regex: $regex }, ids: ['a'], include: [] });
        expect(rest.ids).toEqual(matches ? [] : ['a']);
        expect(
          (await collection.get({ whereDocument: { $regex }, ids: ['b'] })).ids.length,
        ).toBeLessThanOrEqual(1);
      },
    );

    test('F45 C5 a filter changed after the call is the filter of the call', async () => {
      const collection = await store.filled();
      const where = { n: { $in: [1] } };
      const whereDocument = { $contains: 'first' };
      const got = collection.get({ where, whereDocument });
      const deleted = collection.delete({ where });
      where.n.$in.push(2, 3);
      whereDocument.$contains = 'second';
      expect((await got).ids).toEqual(['a']);
      expect(await deleted).toEqual({ deleted: 1 });
      expect((await collection.get()).ids).toEqual(['b', 'c']);
    });

    test('F45 C28 a refused filter names the path, in the store as here', async () => {
      const collection = await store.filled();
      const error = await refusalOf(
        collection.get({
          where: { $and: [{ n: 1 }, { $or: [{ n: 2 }, { price: { $gt: 'x' } }] }] } as never,
        }),
      );
      expect(error.details['path']).toBe('where.$and[1].$or[1].price.$gt');
      expect(error.message).toContain('where.$and[1].$or[1].price.$gt');
    });
  });
}
