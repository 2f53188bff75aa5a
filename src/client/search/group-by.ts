/** Groups the ranked records of a search by the values of some metadata fields, and keeps the best of each group. */
import { Aggregate, checkKeys, namesOf, type AggregateInput, type AggregateJSON } from './aggregate.js';
import { isPlainObject, wrongType } from './check-input.js';
import type { Key } from './key.js';

export interface GroupByJSON {
  keys: string[];
  aggregate: AggregateJSON;
}

export type GroupByInput = GroupBy | GroupByJSON;

/** Immutable. A search that groups needs a rank as well; that is checked where it runs. */
export class GroupBy {
  readonly keys: Key[];
  readonly aggregate: Aggregate;

  /** `keys`: metadata fields, at least one. @throws VALUE_SEARCH_TYPE · VALUE_SEARCH */
  constructor(keys: (Key | string)[], aggregate: Aggregate) {
    this.keys = checkKeys('GroupBy', keys);
    this.aggregate = Aggregate.from(aggregate);
  }

  /** Undefined for null and undefined. @throws VALUE_SEARCH_TYPE · VALUE_SEARCH */
  static from(input: GroupByInput | null | undefined): GroupBy | undefined {
    if (input === null || input === undefined) return undefined;
    if (input instanceof GroupBy) return input;
    if (!isPlainObject(input))
      throw wrongType('GroupBy input must be a GroupBy instance or plain object', input);
    const { keys, aggregate } = input as { keys?: string[]; aggregate?: AggregateInput };
    if (!Array.isArray(keys)) throw wrongType("GroupBy requires 'keys' array", keys);
    if (!aggregate) throw wrongType("GroupBy requires 'aggregate'", aggregate);
    return new GroupBy(keys, Aggregate.from(aggregate));
  }

  toJSON(): GroupByJSON {
    return { keys: namesOf(this.keys), aggregate: this.aggregate.toJSON() };
  }
}
