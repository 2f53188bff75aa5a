/** Which rows a read concerns: candidates, filtered record by record, in insertion order. */
import type { Row } from '../base/types.js';
import type { RowBits } from '../core/core.js';
import type { Filter } from '../filter/filter.js';
import { compileFilter } from '../filter/match.js';
import type { ReadView } from './read-view.js';

export interface SelectOptions {
  /** Live rows, ascending. Default: all live rows. */
  candidates?: Uint32Array;
  filter?: Filter | null;
  /** Matching rows to pass over. Default 0. */
  offset?: number;
  /** Default: all. */
  limit?: number;
}

/** Ascending. Cost: one look at each candidate up to the last one returned; metadata and documents are read only where the filter needs them. */
export function selectRows(view: ReadView, options: SelectOptions = {}): Uint32Array<ArrayBuffer> {
  const { candidates, filter = null, offset = 0, limit = Infinity } = options;
  const matches = filter === null ? null : matcherOf(view, filter);
  const rows: Row[] = [];
  if (limit <= 0) return new Uint32Array(0);
  let skip = offset;
  for (const row of candidates ?? view.liveRows()) {
    if (matches !== null && !matches(row)) continue;
    if (skip > 0) {
      skip -= 1;
      continue;
    }
    rows.push(row);
    if (rows.length >= limit) break;
  }
  return Uint32Array.from(rows);
}

/** The rows as the set a search may return. */
export function toRowBits(rows: Uint32Array, rowEnd: Row): RowBits {
  const bits = new Uint32Array((rowEnd + 31) >>> 5);
  for (const row of rows) bits[row >>> 5]! |= 1 << (row & 31);
  return bits;
}

function matcherOf(view: ReadView, filter: Filter): (row: Row) => boolean {
  const { needs, matches } = compileFilter(filter);
  return (row) => {
    const id = view.idOf(row);
    return (
      id !== undefined &&
      matches({
        id,
        metadata: needs.metadata ? view.metadataOf(row) : null,
        document: needs.document ? view.documentOf(row) : null,
      })
    );
  };
}
