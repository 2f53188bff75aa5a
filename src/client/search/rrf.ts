/** Reciprocal rank fusion, written out as ordinary arithmetic: there is no operator for it in the JSON. */
import { wrongType, wrongValue } from './check-input.js';
import { toRank, type RankExpression, type RankInput } from './rank-expression.js';
import { Sum, Val } from './rank-operators.js';

export interface RrfOptions {
  /** At least one; each should be a `Knn` with `returnRank`, with a `default` if records missing from it shall stay. */
  ranks: RankInput[];
  /** Damps the head of each list; integer, 1 or more, default 60. */
  k?: number;
  /** One per rank, 0 or more; default 1 each. */
  weights?: number[];
  /** Divides the weights by their sum; default false. */
  normalize?: boolean;
}

/**
 * −Σ weight / (k + rank): lower is better, as everywhere in a search.
 * Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (2009).
 * @throws VALUE_SEARCH_TYPE · VALUE_SEARCH when the weights do not fit
 */
export function Rrf(options: RrfOptions): RankExpression {
  if (typeof options !== 'object' || options === null)
    throw wrongType('Rrf requires an options object', options);
  const { ranks, k = 60, weights, normalize = false } = options;
  if (!Number.isInteger(k) || k <= 0) throw wrongType('Rrf k must be a positive integer', k);
  if (!Array.isArray(ranks) || ranks.length === 0) {
    throw wrongType('Rrf requires at least one rank expression', ranks);
  }
  const expressions = ranks.map((rank, index) => toRank(rank, `ranks[${index}]`));
  const shares = checkWeights(weights || expressions.map(() => 1), expressions.length, normalize);
  return Sum(...expressions.map((rank, index) => Val(shares[index]!).divide(rank.add(k)))).negate();
}

function checkWeights(weights: readonly number[], count: number, normalize: boolean): readonly number[] {
  if (weights.length !== count) throw wrongValue('Number of weights must match number of ranks');
  if (weights.some((weight) => typeof weight !== 'number' || weight < 0)) {
    throw wrongType('Weights must be non-negative numbers', weights);
  }
  if (!normalize) return weights;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) throw wrongValue('Weights must sum to a positive value when normalize=true');
  return weights.map((weight) => weight / total);
}
