/** What compiles with the Search builders and what does not; code typed with chromadb's names compiles unchanged. */
import type * as chromadb from 'chromadb';
import { expectTypeOf, test } from 'vitest';
import type { AggregateInput, AggregateJSON, MaxKJSON } from './aggregate.js';
import { Aggregate, MaxK, MinK } from './aggregate.js';
import { GroupBy, type GroupByInput, type GroupByJSON } from './group-by.js';
import { K, type Key, type KeyFactory } from './key.js';
import { Knn, type KnnOptions } from './knn.js';
import { Limit, type LimitInput, type LimitOptions } from './limit.js';
import { RankExpression, type RankInput, type RankLiteral } from './rank-expression.js';
import { Abs, Div, Max, Sub, Sum, Val } from './rank-operators.js';
import type { DOCUMENT_KEY, EMBEDDING_KEY } from './reserved-keys.js';
import { Rrf, type RrfOptions } from './rrf.js';
import { Search, toSearch, type SearchInit, type SearchLike } from './search.js';
import { Select, type SelectInput, type SelectKeyInput } from './select.js';
import { WhereExpression, type WhereInput, type WhereJSON } from './where.js';

test('a whole search is typed from end to end', () => {
  const rank = Rrf({
    ranks: [Knn({ query: 'x', returnRank: true }), Knn({ query: new Float32Array(3) })],
    weights: [1, 2],
  });
  const search = new Search()
    .where(
      K('year')
        .gte(2020)
        .and({ city: { $in: ['Oslo'] } }),
    )
    .rank(rank.multiply(2).add({ $val: 1 }, 3))
    .groupBy(new GroupBy([K('author')], new MinK([K.SCORE], 2)))
    .limit(10, 5)
    .select(K.DOCUMENT, 'title');
  expectTypeOf(search).toEqualTypeOf<Search>();
  expectTypeOf(rank).toEqualTypeOf<RankExpression>();
  expectTypeOf(search.whereClause).toEqualTypeOf<WhereExpression | undefined>();
  expectTypeOf(search.toPayload().limit).toEqualTypeOf<{ offset: number; limit?: number }>();
  expectTypeOf(toSearch({ limit: 3 })).toEqualTypeOf<Search>();
  expectTypeOf<typeof DOCUMENT_KEY>().toEqualTypeOf<'#document'>();
  expectTypeOf<typeof EMBEDDING_KEY>().toEqualTypeOf<'#embedding'>();
});

test('every form of every part compiles', () => {
  new Search({
    where: { a: 1 },
    rank: 0.5,
    groupBy: null,
    limit: { offset: 3, limit: null },
    select: new Set(['a', K.SCORE]),
  });
  new Search({ where: null, rank: { $val: 1 }, limit: 4, select: { keys: ['a'] } })
    .where()
    .rank()
    .groupBy()
    .limit()
    .select();
  new Search()
    .groupBy({ keys: ['a'], aggregate: { $max_k: { keys: ['b'], k: 1 } } })
    .select(['a'])
    .select(Select.all());
  Knn({ query: [1, 2] });
  Knn({ query: { indices: [1], values: [0.5] }, key: K('sparse'), limit: 10, default: null });
  K('tags')
    .isIn(new Set([1]))
    .or(K('n').notIn(new Float32Array(2)));
  Aggregate.minK(['a', K.SCORE], 1).toJSON();
  Val(1).max(2, Val(3)).subtract(1).divide(Val(2)).negate().abs().exp().log().min();
  expectTypeOf(Limit.from(3)).toEqualTypeOf<Limit>();
  expectTypeOf(WhereExpression.from({ a: 1 })).toEqualTypeOf<WhereExpression | undefined>();
  expectTypeOf(RankExpression.from(1)).toEqualTypeOf<RankExpression | undefined>();
});

test("a class of one's own can be a condition or a rank", () => {
  class Always extends WhereExpression {
    override toJSON(): WhereJSON {
      return {};
    }
  }
  class Constant extends RankExpression {
    override toJSON(): RankLiteral {
      return { $val: 1 };
    }
  }
  new Search({ where: new Always(), rank: Sum(new Constant(), 1) });
});

test('inputs typed with chromadb are inputs here', () => {
  expectTypeOf<chromadb.WhereJSON>().toExtend<WhereInput>();
  expectTypeOf<chromadb.LimitOptions>().toExtend<LimitInput>();
  expectTypeOf<chromadb.RankLiteral>().toExtend<RankInput>();
  expectTypeOf<chromadb.GroupByJSON>().toExtend<GroupByInput>();
  expectTypeOf<chromadb.AggregateJSON>().toExtend<AggregateInput>();
  expectTypeOf<Omit<chromadb.KnnOptions, 'key'>>().toExtend<Omit<KnnOptions, 'key'>>();
  expectTypeOf<Omit<chromadb.RrfOptions, 'ranks'>>().toExtend<Omit<RrfOptions, 'ranks'>>();
});

test("what comes out can go where chromadb's goes", () => {
  expectTypeOf<WhereJSON>().toEqualTypeOf<chromadb.WhereJSON>();
  expectTypeOf<RankLiteral>().toEqualTypeOf<chromadb.RankLiteral>();
  expectTypeOf<AggregateJSON>().toEqualTypeOf<chromadb.AggregateJSON>();
  expectTypeOf<GroupByJSON>().toEqualTypeOf<chromadb.GroupByJSON>();
  expectTypeOf<LimitOptions>().toEqualTypeOf<chromadb.LimitOptions>();
  expectTypeOf<MaxKJSON>().toEqualTypeOf<{ keys: string[]; k: number }>();
  expectTypeOf<Search>().toExtend<SearchLike>();
  expectTypeOf<SearchInit>().toExtend<SearchLike>();
  expectTypeOf<Key>().toExtend<SelectKeyInput>();
  expectTypeOf<Select>().toExtend<SelectInput>();
  expectTypeOf<typeof K>().toEqualTypeOf<KeyFactory>();
});

test('mistakes do not compile', () => {
  // @ts-expect-error a field is named by a string
  K(5);
  // @ts-expect-error keys do not change
  K.DOCUMENT.name = 'x';
  // @ts-expect-error the factory's keys do not change
  K.ID = K('x');
  // @ts-expect-error a list of values, not one number
  K('a').isIn(5);
  // @ts-expect-error scalars only
  K('a').contains({});
  // @ts-expect-error a pattern is a string
  K('a').regex(/x/);
  // @ts-expect-error a condition is no string
  K('a').eq(1).and('b');
  // @ts-expect-error conditions have no negation
  K('a').eq(1).not();
  // @ts-expect-error abstract: made by K and by WhereExpression.from
  new WhereExpression();
  // @ts-expect-error abstract: made by Val, Knn and their like
  new RankExpression();
  // @ts-expect-error abstract: made by MinK and MaxK
  new Aggregate();
  // @ts-expect-error a page is no string
  new Limit({ limit: '5' });
  // @ts-expect-error an offset is a number
  Limit.from(5, '3');
  // @ts-expect-error pages do not change
  new Limit({ limit: 5 }).offset = 3;
  // @ts-expect-error keys are strings or keys
  new Select([1]);
  // @ts-expect-error the query is missing
  Knn({});
  // @ts-expect-error a query is text or a vector
  Knn({ query: true });
  // @ts-expect-error a list of texts is no query
  Knn({ query: ['a', 'b'] });
  // @ts-expect-error snake case is for the wire
  Knn({ query: 'x', return_rank: true });
  // @ts-expect-error ranks are missing
  Rrf({ k: 60 });
  // @ts-expect-error weights are numbers
  Rrf({ ranks: [1], weights: ['1'] });
  // @ts-expect-error a constant is a number
  Val('1');
  // @ts-expect-error a rank is no string
  Sum('a');
  // @ts-expect-error both operands
  Sub(1);
  // @ts-expect-error two operands
  Div(1, 2, 3);
  // @ts-expect-error one operand
  Abs(1, 2);
  // @ts-expect-error operands one by one
  Max([1, 2]);
  // @ts-expect-error keys are a list
  new MinK('a', 1);
  // @ts-expect-error how many is missing
  new MaxK([K('a')]);
  // @ts-expect-error what is kept of a group is missing
  new GroupBy([K('a')]);
  // @ts-expect-error keys of a group are a list
  new Search().groupBy({ keys: 'a', aggregate: { $min_k: { keys: ['a'], k: 1 } } });
  // @ts-expect-error an aggregate is MinK or MaxK
  new Search().groupBy({ keys: ['a'], aggregate: { $avg: { keys: ['a'], k: 1 } } });
  // @ts-expect-error an unknown part
  new Search({ filter: { a: 1 } });
  // @ts-expect-error a rank is no string
  new Search({ rank: 'x' });
  // @ts-expect-error a search does not change
  new Search().limitConfig = new Limit();
  // @ts-expect-error one selection or keys, not numbers
  new Search().select('a', 5);
  // @ts-expect-error a search is no string
  toSearch('x');
});
