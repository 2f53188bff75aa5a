/** The Search builders give chromadb's JSON and errors for the same input: a table of inputs, run through both packages. */
import { describe, expect, test } from 'vitest';
import { ChromaError } from '../../base/errors.js';
import { bad, ours, outcomeOf, theirs, thrownByOurs, type Case } from './fixtures/chromadb.js';
import { CASES } from './fixtures/search-cases.js';

describe.each(CASES)('C26 %s has the outcome of chromadb', (_, cases) => {
  test.each(cases)('%s', (_name, build) => {
    const expected = outcomeOf(build, theirs);
    expect(outcomeOf(build, ours)).toStrictEqual(expected);
    if ('error' in expected)
      expect(thrownByOurs(build)).toMatchObject({
        code: expect.stringMatching(/^VALUE_SEARCH/),
        fix: expect.stringMatching(/\.$/),
      });
  });
});

describe('where chromadb fails somewhere inside, ours says what is wrong', () => {
  test.each<Case>([
    ['Knn without query', (c) => c.Knn(bad({}))],
    ['Knn of null', (c) => c.Knn(bad(null))],
    ['Rrf of nothing', (c) => c.Rrf(bad(undefined))],
    ['isIn of null', (c) => c.K('a').isIn(bad(null))],
    ['Search of null', (c) => new c.Search(bad(null))],
    ['toSearch of nothing', (c) => c.toSearch(bad(null))],
    ['Limit of null', (c) => new c.Limit(bad(null))],
    ['Select of a number', (c) => new c.Select(bad(5))],
    ['Select of keys that are no list', (c) => c.Select.from(bad({ keys: 5 }))],
    ['MinK of no list', (c) => new c.MinK(bad(undefined), 1)],
    ['an aggregate without data', (c) => c.Aggregate.from(bad({ $min_k: null }))],
    ['an aggregate without keys', (c) => c.Aggregate.from(bad({ $max_k: { k: 1 } }))],
    ['a group that is no aggregate', (c) => new c.GroupBy([c.K('a')], bad(undefined))],
    [
      'JSON that goes in circles',
      (c) => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return c.RankExpression.from(circle)?.toJSON();
      },
    ],
  ])('%s', (_name, build) => {
    expect(outcomeOf(build, theirs)).toMatchObject({ error: 'TypeError' });
    const error = thrownByOurs(build);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toBeInstanceOf(ChromaError);
    expect(error.code).toBe('VALUE_SEARCH_TYPE');
    expect(error.message).not.toMatch(/undefined|is not|cannot read/i);
  });
});

describe('what chromadb builds although nothing could run it is refused', () => {
  test.each<Case>([
    ['a key that is no string', (c) => c.K(bad(5)).eq(1)],
    ['a query that is no vector', (c) => c.Knn({ query: bad(5) })],
    ['a query that is an object', (c) => c.Knn({ query: bad({ indices: 1 }) })],
    ['a search that is a string', (c) => c.toSearch(bad('x'))],
    ['a search that is a list', (c) => c.toSearch(bad([{ limit: 1 }]))],
    ['limit options that are a number', (c) => new c.Limit(bad(5))],
    ['limit options that are a list', (c) => c.Limit.from(bad([5]))],
    ['a fraction of a record', (c) => new c.MinK([c.K('a')], 1.5)],
    ['NaN records', (c) => new c.MaxK([c.K('a')], NaN)],
  ])('%s', (_name, build) => {
    expect(outcomeOf(build, theirs)).toHaveProperty('json');
    expect(thrownByOurs(build)).toMatchObject({
      code: 'VALUE_SEARCH_TYPE',
      details: { got: expect.any(String) },
    });
  });

  test('dictionaries nested beyond reason', () => {
    let where: Record<string, unknown> = { a: 1 };
    for (let depth = 0; depth < 5_000; depth += 1) where = { $and: [where] };
    expect(thrownByOurs((c) => c.WhereExpression.from(where)).code).toBe('VALUE_SEARCH');
  });
});

describe('what the types of chromadb allow and its code refuses works', () => {
  test('select() takes any iterable', () => {
    const keys = new Map([
      ['a', 1],
      ['b', 2],
    ]).keys();
    expect(new ours.Search().select(keys).toPayload().select).toEqual({ keys: ['a', 'b'] });
  });

  test('MinK, MaxK and GroupBy take names beside keys', () => {
    const group = new ours.GroupBy(['year'], new ours.MaxK(['#score'], 2));
    expect(group.toJSON()).toEqual({ keys: ['year'], aggregate: { $max_k: { keys: ['#score'], k: 2 } } });
  });
});

describe('builders do not change', () => {
  const { K, Knn, RankExpression, Search, Select, WhereExpression } = ours;

  test('a chain leaves every step as it was', () => {
    const first = new Search({ where: { a: 1 }, rank: 1, limit: 5, select: ['a'] });
    const before = JSON.stringify(first);
    first
      .where({ b: 2 })
      .rank(2)
      .limit(1)
      .selectAll()
      .groupBy({ keys: ['a'], aggregate: { $min_k: { keys: ['b'], k: 1 } } });
    expect(JSON.stringify(first)).toBe(before);
  });

  test('the input may change afterwards, and so may the JSON', () => {
    const query = [1, 2];
    const list = ['x'];
    const literal = { $sum: [{ $val: 1 }] };
    const keys = ['a'];
    const built = [
      Knn({ query }),
      K('a').isIn(list),
      WhereExpression.from({ b: { $in: list } }),
      RankExpression.from(literal),
      new Select(keys),
    ];
    const before = JSON.stringify(built);
    query.push(3);
    list.push('y');
    keys.push('b');
    literal.$sum.push({ $val: 2 });
    for (const one of built) scramble(one?.toJSON());
    expect(JSON.stringify(built)).toBe(before);
  });

  test('JSON.stringify of a search is its payload', () => {
    const search = new Search({ limit: 1, select: ['a'] });
    expect(JSON.parse(JSON.stringify(search))).toEqual(search.toPayload());
  });
});

/** Empties every list of a JSON value in place. */
function scramble(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  for (const part of Object.values(json)) scramble(part);
  if (Array.isArray(json)) json.length = 0;
}
