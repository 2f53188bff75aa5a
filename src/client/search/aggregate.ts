/** What is kept of each group of a search: the k records that are smallest or largest by some keys. */
import { isPlainObject, wrongType, wrongValue } from './check-input.js';
import { toKey, type Key } from './key.js';

export interface MinKJSON {
  keys: string[];
  k: number;
}

export interface MaxKJSON {
  keys: string[];
  k: number;
}

export type AggregateJSON = { $min_k: MinKJSON } | { $max_k: MaxKJSON };
export type AggregateInput = Aggregate | AggregateJSON;

/** Immutable. */
export abstract class Aggregate {
  abstract toJSON(): AggregateJSON;

  /** @throws VALUE_SEARCH_TYPE · VALUE_SEARCH */
  static from(input: AggregateInput): Aggregate {
    if (input instanceof Aggregate) return input;
    if (isPlainObject(input)) {
      if ('$min_k' in input) return new MinK(...partsOf(input['$min_k']));
      if ('$max_k' in input) return new MaxK(...partsOf(input['$max_k']));
    }
    throw wrongType('Aggregate input must be an Aggregate instance or object with $min_k or $max_k', input);
  }

  /** @throws as `new MinK` */
  static minK(keys: (Key | string)[], k: number): MinK {
    return new MinK(keys, k);
  }

  /** @throws as `new MaxK` */
  static maxK(keys: (Key | string)[], k: number): MaxK {
    return new MaxK(keys, k);
  }
}

/** The `k` records whose values under `keys` come first in ascending order; later keys decide where earlier ones are equal. */
export class MinK extends Aggregate {
  readonly keys: Key[];
  readonly k: number;

  /** `keys`: metadata fields or `K.SCORE`. `k`: 1 or more. @throws VALUE_SEARCH_TYPE · VALUE_SEARCH */
  constructor(keys: (Key | string)[], k: number) {
    super();
    this.keys = checkKeys('MinK', keys);
    this.k = checkCount('MinK', k);
  }

  override toJSON(): AggregateJSON {
    return { $min_k: { keys: namesOf(this.keys), k: this.k } };
  }
}

/** The `k` records whose values under `keys` come last in ascending order. */
export class MaxK extends Aggregate {
  readonly keys: Key[];
  readonly k: number;

  /** As `MinK`. @throws VALUE_SEARCH_TYPE · VALUE_SEARCH */
  constructor(keys: (Key | string)[], k: number) {
    super();
    this.keys = checkKeys('MaxK', keys);
    this.k = checkCount('MaxK', k);
  }

  override toJSON(): AggregateJSON {
    return { $max_k: { keys: namesOf(this.keys), k: this.k } };
  }
}

/** `owner` names the class in the message. @throws VALUE_SEARCH_TYPE · VALUE_SEARCH when empty */
export function checkKeys(owner: string, keys: readonly (Key | string)[]): Key[] {
  if (!Array.isArray(keys)) throw wrongType(`${owner} keys must be an array`, keys);
  if (keys.length === 0) throw wrongValue(`${owner} keys cannot be empty`);
  return keys.map(toKey);
}

export function namesOf(keys: readonly Key[]): string[] {
  return keys.map((key) => key.name);
}

function checkCount(owner: string, k: number): number {
  if (k <= 0) throw wrongValue(`${owner} k must be positive`);
  if (!Number.isInteger(k)) throw wrongType(`${owner} k must be a positive integer`, k);
  return k;
}

function partsOf(data: unknown): [keys: (Key | string)[], k: number] {
  if (!isPlainObject(data)) throw wrongType('Aggregate data must be an object with keys and k', data);
  return [data['keys'] as string[], data['k'] as number];
}
