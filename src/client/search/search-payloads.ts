/** Searches as a caller hands them to `collection.search`, checked and turned into what a search runs on. */
import { kindexError } from '../../base/errors.js';
import { toSearch, type SearchLike, type SearchPayload } from './search.js';

/** One or several. @throws VALUE_SEARCH for none · VALUE_SEARCH_TYPE and VALUE_SEARCH of the builders */
export function searchPayloads(searches: SearchLike | SearchLike[]): SearchPayload[] {
  const list = Array.isArray(searches) ? searches : [searches];
  if (list.length === 0) {
    throw kindexError('VALUE_SEARCH', 'At least one search payload must be provided.');
  }
  return list.map((search) => toSearch(search).toPayload());
}

/** Whether any part ranks by text, which has to be embedded first. */
export function ranksByText(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const knn: unknown = '$knn' in part ? part.$knn : null;
  if (typeof knn === 'object' && knn !== null && 'query' in knn && typeof knn.query === 'string') return true;
  return Object.values(part).some(ranksByText);
}
