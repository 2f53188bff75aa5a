/** Which records a request names: ids and filters, checked and parsed. */
import type { Filter } from '../filter/filter.js';
import { needsDocument } from '../query/filter-index.js';
import type { Selection } from '../rpc/service.js';
import { checkIds } from './check-batch.js';
import type { CollectionState } from './collection-state.js';

/** `parseFilter` of filter/parse.ts. */
export type FilterParser = (where: unknown, whereDocument: unknown) => Filter | null;

/** True when `parseSelection` needs the filter language. */
export function hasFilter({ where, whereDocument }: Selection): boolean {
  return (where ?? whereDocument ?? null) !== null;
}

/** The filter language with its regular expressions, and what answers filters, are loaded with the first: many stores have none. */
export async function loadFilterParser(
  selection: Selection,
  collection: CollectionState | undefined,
): Promise<FilterParser> {
  if (!hasFilter(selection)) return noFilter;
  const [{ parseFilter }] = await Promise.all([
    import('../filter/parse.js'),
    collection?.filterIndex.prepare(),
  ]);
  return parseFilter;
}

/** The parser for selections without a filter. */
export const noFilter: FilterParser = () => null;

/** @throws VALUE_IDS · VALUE_EMPTY_ID · VALUE_ILL_FORMED_TEXT · VALUE_DUPLICATE_IDS, and what `parseFilter` throws */
export function parseSelection(
  { ids, where, whereDocument }: Selection,
  parse: FilterParser,
): { filter: Filter | null } {
  if (ids) checkIds(ids);
  return { filter: parse(where, whereDocument) };
}

/** True when records are chosen by what is in their documents. @throws what `parseFilter` throws */
export function filtersDocuments({ where, whereDocument }: Selection, parse: FilterParser): boolean {
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
