/** Which records a request names: ids and filters, checked and parsed once. */
import type { Filter } from '../filter/filter.js';
import { parseFilter } from '../filter/parse.js';
import { needsDocument } from '../query/filter-index.js';
import type { Selection } from '../rpc/service.js';
import { checkIds } from './check-batch.js';
import type { CollectionState } from './collection-state.js';

/** @throws VALUE_IDS · VALUE_EMPTY_ID · VALUE_ILL_FORMED_TEXT · VALUE_DUPLICATE_IDS, and what `parseFilter` throws */
export function parseSelection({ ids, where, whereDocument }: Selection): { filter: Filter | null } {
  if (ids) checkIds(ids);
  return { filter: parseFilter(where, whereDocument) };
}

/** True when records are chosen by what is in their documents. @throws what `parseFilter` throws */
export function filtersDocuments({ where, whereDocument }: Selection): boolean {
  const filter = parseFilter(where, whereDocument);
  return filter !== null && needsDocument(filter);
}

/** Rows of the ids that exist, ascending: the order of the ids does not matter, unknown ones are passed over. */
export function candidateRows(collection: CollectionState, ids: readonly string[]): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(ids.length);
  let count = 0;
  for (const id of ids) {
    const row = collection.rows.rowOf(id);
    if (row !== undefined) rows[count++] = row;
  }
  return rows.slice(0, count).sort();
}
