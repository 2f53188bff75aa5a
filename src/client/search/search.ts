/**
 * One search: filter, rank, group, page, selection, as the JSON that runs it. Builders here take what chromadb's take and give
 * the same JSON; they refuse only what has the wrong shape. Values are judged where the search runs.
 */
import { wrongType } from './check-input.js';
import { GroupBy, type GroupByInput, type GroupByJSON } from './group-by.js';
import { Key } from './key.js';
import { Limit, type LimitInput } from './limit.js';
import { RankExpression, type RankInput } from './rank-expression.js';
import { Select, type SelectInput, type SelectKeyInput } from './select.js';
import { WhereExpression, type WhereInput, type WhereJSON } from './where.js';

export interface SearchInit {
  where?: WhereInput;
  rank?: RankInput;
  groupBy?: GroupByInput | null | undefined;
  limit?: LimitInput;
  select?: SelectInput;
}

export type SearchLike = Search | SearchInit;

export interface SearchPayload {
  filter?: WhereJSON;
  rank?: Record<string, unknown>;
  group_by?: GroupByJSON;
  limit: { offset: number; limit?: number };
  select: { keys: string[] };
}

/**
 * Immutable: every method gives a new search. Without anything: all records in order of insertion, ids only.
 *
 * @example
 * ```ts
 * import { K, Knn, Search } from 'kindex';
 *
 * const search = new Search()
 *   .where(K('year').gte(2020).and(K.DOCUMENT.contains('tea')))
 *   .rank(Knn({ query: 'green leaves' }))
 *   .limit(10)
 *   .select(K.DOCUMENT, K.SCORE);
 * ```
 */
export class Search {
  readonly whereClause: WhereExpression | undefined;
  readonly rankExpression: RankExpression | undefined;
  readonly groupByConfig: GroupBy | undefined;
  readonly limitConfig: Limit;
  readonly selectConfig: Select;

  /**
   * Falsy parts count as not given, also `rank: 0`; and a string under `select` is its characters: both as in chromadb.
   * @throws VALUE_SEARCH_TYPE · VALUE_SEARCH naming the part
   */
  constructor(init: SearchInit = {}) {
    if (typeof init !== 'object' || init === null || Array.isArray(init)) {
      throw wrongType('Search input must be a Search or an object', init);
    }
    this.whereClause = init.where ? WhereExpression.from(init.where) : undefined;
    this.rankExpression = init.rank ? RankExpression.from(init.rank) : undefined;
    this.groupByConfig = init.groupBy ? GroupBy.from(init.groupBy) : undefined;
    this.limitConfig = Limit.from(init.limit);
    this.selectConfig = Select.from(init.select);
  }

  /** Nothing given (null, undefined) keeps the condition there is, as in chromadb; so do `rank` and `groupBy`. @throws as the constructor */
  where(where?: WhereInput): Search {
    return this.#with({ where: WhereExpression.from(where) });
  }

  rank(rank?: RankInput): Search {
    return this.#with({ rank: RankExpression.from(rank) });
  }

  groupBy(groupBy?: GroupByInput | null): Search {
    return this.#with({ groupBy: GroupBy.from(groupBy) });
  }

  /** `offset` counts only beside a number. Nothing given takes an earlier limit away. @throws VALUE_SEARCH_TYPE */
  limit(limit?: LimitInput, offset?: number): Search {
    return this.#with({ limit: Limit.from(limit, offset) });
  }

  /** Replaces an earlier selection; nothing given leaves ids only. @throws VALUE_SEARCH_TYPE */
  select(keys?: SelectInput): Search;
  select(...keys: SelectKeyInput[]): Search;
  select(first?: SelectInput | SelectKeyInput, ...rest: SelectKeyInput[]): Search {
    if (first === undefined) return this.#with({ select: Select.from(rest) });
    if (first === null || typeof first === 'string' || first instanceof Key) {
      return this.#with({ select: Select.from([first as SelectKeyInput, ...rest]) });
    }
    return this.#with({ select: Select.from(first) });
  }

  /** Document, embedding, metadata and score. */
  selectAll(): Search {
    return this.#with({ select: Select.all() });
  }

  toPayload(): SearchPayload {
    const { whereClause, rankExpression, groupByConfig } = this;
    return {
      limit: this.limitConfig.toJSON(),
      select: this.selectConfig.toJSON(),
      ...(whereClause && { filter: whereClause.toJSON() }),
      ...(rankExpression && { rank: rankExpression.toJSON() }),
      ...(groupByConfig && { group_by: groupByConfig.toJSON() }),
    };
  }

  toJSON(): SearchPayload {
    return this.toPayload();
  }

  #with(part: SearchInit): Search {
    return new Search({
      where: part.where ?? this.whereClause,
      rank: part.rank ?? this.rankExpression,
      groupBy: part.groupBy ?? this.groupByConfig,
      limit: part.limit ?? this.limitConfig,
      select: part.select ?? this.selectConfig,
    });
  }
}

/** A search given as such or by its parts. @throws as `new Search` */
export function toSearch(input: SearchLike): Search {
  return input instanceof Search ? input : new Search(input);
}
