/** Which rows a read concerns: candidates, filtered through the view's indexes or record by record, in insertion order. */
import type { Row } from '../base/types.js';
import type { RowBits } from '../core/core.js';
import type { Filter } from '../filter/filter.js';
import { compileFilter } from '../filter/match.js';
import { RowSet } from '../filter/row-set.js';
import type { FilterAnswer } from './filter-index.js';
import type { ReadView } from './read-view.js';

export interface RowSource {
  /** Live rows, ascending. Default: all live rows. */
  candidates?: Uint32Array;
  filter?: Filter | null;
}

export interface SelectOptions extends RowSource {
  /** Matching rows to pass over. Default 0. */
  offset?: number;
  /** Default: all. */
  limit?: number;
}

/** Candidates that are fewer than this part of all records are looked at one by one: the indexes would look at every row. */
const FEW_CANDIDATES = 1 / 16;

/**
 * Ascending. Cost: what the view's indexes cost, and a look at each row they leave open up to the last one returned; without
 * indexes one at each candidate. Metadata and documents are read only where the filter needs them.
 */
export function selectRows(view: ReadView, options: SelectOptions = {}): Uint32Array<ArrayBuffer> {
  const { offset = 0, limit = Infinity } = options;
  if (limit <= 0) return new Uint32Array(0);
  const answer = indexedAnswer(view, options);
  if (answer?.residual === null) return answer.possible.toRows({ offset, limit });
  const rows: Row[] = [];
  let skip = offset;
  for (const row of answer === null ? scanned(view, options) : checked(view, answer)) {
    if (skip > 0) {
      skip -= 1;
      continue;
    }
    rows.push(row);
    if (rows.length >= limit) break;
  }
  return Uint32Array.from(rows);
}

/** The same rows as the set a search may return, with their number. */
export function selectRowBits(view: ReadView, source: RowSource): { bits: RowBits; size: number } {
  const answer = indexedAnswer(view, source);
  const rows =
    answer?.residual === null
      ? answer.possible
      : RowSet.of(answer === null ? scanned(view, source) : checked(view, answer), view.rowEnd);
  return { bits: rows.words, size: rows.size };
}

/** Null where the definition is to be asked. */
function indexedAnswer(
  { filterIndex, rowEnd, size }: ReadView,
  { candidates, filter = null }: RowSource,
): FilterAnswer | null {
  if (filterIndex === undefined || filter === null) return null;
  if (candidates !== undefined && candidates.length < size * FEW_CANDIDATES) return null;
  const answer = filterIndex.answer(filter);
  if (answer !== null && candidates !== undefined) answer.possible.and(RowSet.of(candidates, rowEnd));
  return answer;
}

function* checked(view: ReadView, { sure, possible, residual }: FilterAnswer): Generator<Row> {
  const matches = residual === null ? null : matcherOf(view, residual);
  for (const row of possible) if (matches === null || sure.has(row) || matches(row)) yield row;
}

function* scanned(view: ReadView, { candidates, filter = null }: RowSource): Generator<Row> {
  const matches = filter === null ? null : matcherOf(view, filter);
  for (const row of candidates ?? view.liveRows()) if (matches === null || matches(row)) yield row;
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
