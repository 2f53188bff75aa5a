/** Which records a request names: ids and filters, checked and parsed. */
import type { Filter } from '../filter/filter.js';
import { needsDocument } from '../query/filter-index.js';
import type { Selection } from '../rpc/service.js';
import { checkIds } from './check-batch.js';
import type { CollectionState } from './collection-state.js';

/** What reads filters: `parseFilter` of filter/parse.ts and `checkIndexed` of indexed-filters.ts. */
export interface FilterLanguage {
  parse(where: unknown, whereDocument: unknown): Filter | null;
  checkIndexed(filter: Filter | null, schema: Record<string, unknown> | undefined): void;
}

/** True when `parseSelection` needs the filter language. */
export function hasFilter({ where, whereDocument }: Selection): boolean {
  return (where ?? whereDocument ?? null) !== null;
}

/**
 * The filter language with its regular expressions, and what answers filters, are loaded with the first: many stores have none.
 * `collection`: the one that is about to be filtered.
 */
export async function loadFilters(
  selection: Selection,
  collection: CollectionState | undefined,
): Promise<FilterLanguage> {
  if (!hasFilter(selection)) return NO_FILTERS;
  const [{ parseFilter }, { checkIndexed }] = await Promise.all([
    import('../filter/parse.js'),
    import('./indexed-filters.js'),
    collection?.filterIndex.prepare(),
  ]);
  return { parse: parseFilter, checkIndexed };
}

/** For selections without a filter. */
export const NO_FILTERS: FilterLanguage = { parse: () => null, checkIndexed: () => {} };

/** @throws VALUE_IDS · VALUE_EMPTY_ID · VALUE_ILL_FORMED_TEXT · VALUE_DUPLICATE_IDS, and what `parseFilter` throws */
export function parseSelection(
  { ids, where, whereDocument }: Selection,
  { parse }: FilterLanguage,
): { filter: Filter | null } {
  if (ids) checkIds(ids);
  return { filter: parse(where, whereDocument) };
}

/** True when records are chosen by what is in their documents. @throws what `parseFilter` throws */
export function filtersDocuments({ where, whereDocument }: Selection, { parse }: FilterLanguage): boolean {
  const filter = parse(where, whereDocument);
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
