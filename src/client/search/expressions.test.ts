/** Random expression trees and searches, valid and not, built by chromadb and by us: one JSON, or one error. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AggregateInput } from './aggregate.js';
import { ours, outcomeOf, theirs, type Builders } from './fixtures/chromadb.js';
import type { GroupByInput } from './group-by.js';
import type { Key } from './key.js';
import type { RankExpression, RankInput } from './rank-expression.js';
import type { Search } from './search.js';
import type { WhereExpression, WhereInput } from './where.js';

/** A recipe builds the same thing with whichever package it is given. */
type Recipe<T> = (c: Builders) => T;

const RUNS = { numRuns: 2_000 };

const name = fc.oneof(
  fc.constantFrom('a', 'b', '#document', '#score', 'valueOf'),
  fc.string({ maxLength: 4 }),
);
const scalar = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const keyRecipe: fc.Arbitrary<Recipe<Key>> = name.map((text) => (c) => c.K(text));
const keyOrName: fc.Arbitrary<Recipe<Key | string>> = fc.oneof(
  keyRecipe,
  name.map(
    (text): Recipe<string> =>
      () =>
        text,
  ),
);

const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const;
const OPERATORS = ['$eq', '$ne', '$gt', '$in', '$nin', '$contains', '$not_contains', '$regex', '$unknown'];

/** An arbitrary recipe from an arbitrary input. */
function cook<Input, T>(
  input: fc.Arbitrary<Input>,
  make: (input: Input, c: Builders) => T,
): fc.Arbitrary<Recipe<T>> {
  return input.map((value) => (c) => make(value, c));
}

const nothing: fc.Arbitrary<Recipe<null | undefined>> = cook(
  fc.constantFrom(null, undefined),
  (value) => value,
);

const TREE = { maxDepth: 4, withCrossShrink: true };

const { where } = fc.letrec<{ where: Recipe<WhereInput>; expression: Recipe<WhereExpression> }>((tie) => ({
  expression: fc.oneof(
    TREE,
    cook(fc.tuple(keyRecipe, fc.constantFrom(...COMPARISONS), scalar), ([key, method, value], c) =>
      key(c)[method](value),
    ),
    cook(fc.tuple(keyRecipe, fc.array(scalar, { maxLength: 3 })), ([key, values], c) => key(c).isIn(values)),
    cook(fc.tuple(keyRecipe, fc.array(scalar, { maxLength: 3 })), ([key, values], c) =>
      key(c).notIn(new Set(values)),
    ),
    cook(fc.tuple(keyRecipe, scalar), ([key, value], c) => key(c).contains(value as string)),
    cook(fc.tuple(keyRecipe, scalar), ([key, value], c) => key(c).notRegex(value as string)),
    cook(fc.tuple(tie('expression'), tie('where')), ([left, right], c) => left(c).and(right(c))),
    cook(fc.tuple(tie('expression'), tie('where')), ([left, right], c) => left(c).or(right(c))),
  ),
  where: fc.oneof(
    TREE,
    tie('expression'),
    cook(fc.dictionary(name, scalar, { maxKeys: 2 }), (dictionary) => dictionary),
    cook(
      fc.tuple(name, fc.dictionary(fc.constantFrom(...OPERATORS), scalar, { maxKeys: 2 })),
      ([key, operators]) => ({
        [key]: operators,
      }),
    ),
    cook(
      fc.tuple(fc.constantFrom('$and', '$or'), fc.array(tie('where'), { maxLength: 3 })),
      ([operator, parts], c) => ({
        [operator]: parts.map((part) => part(c)),
      }),
    ),
    nothing,
  ),
}));

const knnOptions = fc.record(
  {
    query: fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.array(fc.double(), { maxLength: 3 }),
      fc.float32Array({ maxLength: 3 }),
      fc.record({
        indices: fc.array(fc.nat(), { maxLength: 3 }),
        values: fc.array(fc.double(), { maxLength: 3 }),
      }),
    ),
    key: name,
    limit: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.double()),
    default: fc.oneof(fc.double(), fc.constant(null)),
    returnRank: fc.boolean(),
  },
  { requiredKeys: ['query'] },
);
const knn = cook(knnOptions, (options, c) => c.Knn(options));

const LISTS = ['Sum', 'Mul', 'Max', 'Min'] as const;
const PAIRS = ['Sub', 'Div'] as const;
const SINGLES = ['Abs', 'Exp', 'Log'] as const;
const LIST_METHODS = ['add', 'multiply', 'max', 'min'] as const;
const PAIR_METHODS = ['subtract', 'divide'] as const;
const SINGLE_METHODS = ['negate', 'abs', 'exp', 'log'] as const;

const rrfSettings = fc.record(
  {
    k: fc.integer({ min: -1, max: 100 }),
    weights: fc.array(fc.double({ min: -1, max: 5 }), { maxLength: 3 }),
    normalize: fc.boolean(),
  },
  { requiredKeys: [] },
);

const { rank } = fc.letrec<{ rank: Recipe<RankInput>; expression: Recipe<RankExpression> }>((tie) => {
  const several = fc.array(tie('rank'), { maxLength: 3 });
  return {
    expression: fc.oneof(
      TREE,
      cook(fc.double(), (value, c) => c.Val(value)),
      knn,
      cook(fc.tuple(fc.constantFrom(...LISTS), several), ([make, parts], c) =>
        c[make](...parts.map((part) => part(c))),
      ),
      cook(fc.tuple(fc.constantFrom(...PAIRS), tie('rank'), tie('rank')), ([make, left, right], c) =>
        c[make](left(c), right(c)),
      ),
      cook(fc.tuple(fc.constantFrom(...SINGLES), tie('rank')), ([make, part], c) => c[make](part(c))),
      cook(
        fc.tuple(tie('expression'), fc.constantFrom(...LIST_METHODS), several),
        ([first, method, rest], c) => first(c)[method](...rest.map((part) => part(c))),
      ),
      cook(
        fc.tuple(tie('expression'), fc.constantFrom(...PAIR_METHODS), tie('rank')),
        ([left, method, right], c) => left(c)[method](right(c)),
      ),
      cook(fc.tuple(tie('expression'), fc.constantFrom(...SINGLE_METHODS)), ([part, method], c) =>
        part(c)[method](),
      ),
      cook(fc.tuple(several, rrfSettings), ([ranks, settings], c) =>
        c.Rrf({ ranks: ranks.map((part) => part(c)), ...settings }),
      ),
    ),
    rank: fc.oneof(
      TREE,
      tie('expression'),
      cook(fc.double(), (value) => value),
      cook(
        fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
        (json) => json as Record<string, unknown>,
      ),
      nothing,
    ),
  };
});

const count = fc.integer({ min: -1, max: 5 });
const keys = fc.array(keyOrName, { maxLength: 3 });

const aggregate: fc.Arbitrary<Recipe<AggregateInput>> = fc.oneof(
  cook(fc.tuple(keys, count), ([list, k], c): AggregateInput =>
    c.Aggregate.minK(
      list.map((key) => key(c)),
      k,
    ),
  ),
  cook(fc.tuple(keys, count), ([list, k], c): AggregateInput =>
    c.Aggregate.maxK(
      list.map((key) => key(c)),
      k,
    ),
  ),
  cook(fc.tuple(fc.array(name, { maxLength: 2 }), count), ([list, k]): AggregateInput => ({
    $max_k: { keys: list, k },
  })),
);

const groupBy: fc.Arbitrary<Recipe<GroupByInput>> = fc.oneof(
  cook(
    fc.tuple(fc.array(keyRecipe, { maxLength: 3 }), aggregate),
    ([list, kept], c): GroupByInput =>
      new c.GroupBy(
        list.map((key) => key(c)),
        c.Aggregate.from(kept(c)),
      ),
  ),
  cook(fc.tuple(fc.array(name, { maxLength: 2 }), aggregate), ([list, kept], c): GroupByInput => ({
    keys: list,
    aggregate: c.Aggregate.from(kept(c)).toJSON(),
  })),
);

const page = fc.integer({ min: -1, max: 20 });
const limitOptions = fc.record(
  { limit: fc.oneof(page, fc.constant(null)), offset: page },
  { requiredKeys: [] },
);

/** One link of a chain: applied to the search so far. */
type Step = (search: Search, c: Builders) => Search;

const step: fc.Arbitrary<Step> = fc.oneof(
  where.map(
    (part): Step =>
      (search, c) =>
        search.where(part(c)),
  ),
  rank.map(
    (part): Step =>
      (search, c) =>
        search.rank(part(c)),
  ),
  groupBy.map(
    (part): Step =>
      (search, c) =>
        search.groupBy(part(c)),
  ),
  fc.tuple(page, fc.option(page, { nil: undefined })).map(
    ([limit, offset]): Step =>
      (search) =>
        search.limit(limit, offset),
  ),
  limitOptions.map(
    (options): Step =>
      (search) =>
        search.limit(options),
  ),
  keys.map(
    (list): Step =>
      (search, c) =>
        search.select(...list.map((key) => key(c))),
  ),
  keys.map(
    (list): Step =>
      (search, c) =>
        search.select(list.map((key) => key(c))),
  ),
  fc.constant<Step>((search) => search.selectAll()),
);

const parts = fc.record(
  { where, rank, groupBy, limit: fc.oneof(page, limitOptions), select: fc.array(name, { maxLength: 3 }) },
  { requiredKeys: [] },
);

const search = cook(fc.tuple(parts, fc.array(step, { maxLength: 4 })), ([init, steps], c) => {
  const { limit, select } = init;
  const [where, rank, groupBy] = [init.where?.(c), init.rank?.(c), init.groupBy?.(c)];
  return steps.reduce((built, next) => next(built, c), new c.Search({ where, rank, groupBy, limit, select }));
});

/** Both outcomes of a recipe, and whether there is a JSON: a test that only ever sees errors would prove nothing. */
function compare(recipe: Recipe<unknown>): boolean {
  const expected = outcomeOf(recipe, theirs);
  expect(outcomeOf(recipe, ours)).toStrictEqual(expected);
  return 'json' in expected;
}

describe('random inputs have the outcome of chromadb', () => {
  test.each<[string, fc.Arbitrary<Recipe<unknown>>]>([
    ['conditions', cook(where, (recipe, c) => c.WhereExpression.from(recipe(c)))],
    ['rank expressions', cook(rank, (recipe, c) => c.RankExpression.from(recipe(c)))],
    ['nearest neighbours', knn],
    ['aggregates', cook(aggregate, (recipe, c) => c.Aggregate.from(recipe(c)))],
    ['groups', cook(groupBy, (recipe, c) => c.GroupBy.from(recipe(c)))],
    ['searches', search],
  ])('%s', (_name, recipes) => {
    let built = 0;
    let refused = 0;
    fc.assert(
      fc.property(recipes, (recipe) => {
        if (compare(recipe)) built += 1;
        else refused += 1;
      }),
      RUNS,
    );
    expect(built).toBeGreaterThan(40);
    expect(refused).toBeGreaterThan(40);
  });
});

test.each<[string, fc.Arbitrary<Recipe<unknown>>, (json: Record<string, unknown>) => unknown]>([
  [
    'condition',
    cook(where, (recipe, c) => c.WhereExpression.from(recipe(c))),
    (json) => ours.WhereExpression.from(json),
  ],
  [
    'rank expression',
    cook(rank, (recipe, c) => c.RankExpression.from(recipe(c))),
    (json) => ours.RankExpression.from(json),
  ],
  [
    'group',
    cook(groupBy, (recipe, c) => c.GroupBy.from(recipe(c))),
    (json) => ours.GroupBy.from(json as never),
  ],
])('a %s reads back from its own JSON', (_name, recipes, read) => {
  let seen = 0;
  fc.assert(
    fc.property(recipes, (recipe) => {
      const outcome = outcomeOf(recipe, ours);
      if (!('json' in outcome) || outcome.json === undefined) return;
      const wire = JSON.parse(JSON.stringify(outcome.json)) as Record<string, unknown>;
      expect(outcomeOf(() => read(wire), ours)).toEqual({ json: wire });
      seen += 1;
    }),
    RUNS,
  );
  expect(seen).toBeGreaterThan(100);
});
