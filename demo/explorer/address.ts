/** The explorer's state in the address behind #: collection and filter survive a reload and can be bookmarked. */
import { DOCUMENT_MODES, formatKeys, parseKeys, type Filter } from './filter.js';

export interface Address {
  /** Null: none chosen yet. */
  collection: string | null;
  /** Null where the address holds a filter that cannot be read. */
  filter: Filter | null;
}

/** `hash` as in `location.hash`. */
export function parseAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.slice(1));
  const keys = parseKeys(fields.get('filter') ?? '');
  const mode = DOCUMENT_MODES.find((one) => one === (fields.get('mode') ?? 'contains'));
  return {
    collection: fields.get('collection'),
    filter: keys && mode ? { keys, document: { mode, text: fields.get('document') ?? '' } } : null,
  };
}

export function formatAddress(collection: string | null, { keys, document }: Filter): string {
  const fields = new URLSearchParams({ view: 'collections' });
  if (collection !== null) fields.set('collection', collection);
  if (keys.length > 0) fields.set('filter', formatKeys(keys));
  if (document.text !== '') {
    fields.set('document', document.text);
    fields.set('mode', document.mode);
  }
  return `#${fields.toString()}`;
}
