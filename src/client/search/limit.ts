/** Which page of the ranked list a search returns. */
import { wrongType } from './check-input.js';

export interface LimitOptions {
  /** Records to skip; 0 or more, default 0. */
  offset?: number;
  /** Records to return; 1 or more. Not given: all. */
  limit?: number | null | undefined;
}

export type LimitInput = Limit | number | LimitOptions | null | undefined;

/** A page; immutable. */
export class Limit {
  readonly offset: number;
  declare readonly limit?: number;

  /** @throws VALUE_SEARCH_TYPE when one of the two is not an integer in its range */
  constructor(options: LimitOptions = {}) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw wrongType('Invalid limit input', options);
    }
    const { offset = 0, limit } = options;
    if (!Number.isInteger(offset) || offset < 0) {
      throw wrongType('Limit offset must be a non-negative integer', offset);
    }
    if (limit !== null && limit !== undefined) {
      if (!Number.isInteger(limit) || limit <= 0) {
        throw wrongType('Limit must be a positive integer when provided', limit);
      }
      this.limit = limit;
    }
    this.offset = offset;
  }

  /** `offset` counts only beside a number: an object brings its own, as in chromadb. @throws as the constructor */
  static from(input: LimitInput, offset?: number): Limit {
    if (typeof input === 'number') return new Limit({ limit: input, offset: offset ?? 0 });
    if (input === null || input === undefined) return new Limit();
    return new Limit(input);
  }

  toJSON(): { offset: number; limit?: number } {
    return this.limit === undefined ? { offset: this.offset } : { offset: this.offset, limit: this.limit };
  }
}
