/** Collections as people read them: the list in the side column, and the configuration of the chosen one. */
import type { Collection, Space } from 'kindex';
import { element, replaceKeepingFocus } from '../dom.js';
import { countOf, formatCount } from '../format.js';
import { formatAddress } from './address.js';
import { NO_FILTER } from './filter.js';
import type { CollectionSummary } from './records.js';
import { formatValue } from './format-value.js';

const SPACES: Record<Space, string> = {
  l2: 'l2, squared Euclidean distance',
  cosine: 'cosine, 1 − cosine of the angle',
  ip: 'ip, 1 − inner product',
};

/** One link per collection; the chosen one is the current page. */
export function showCollections(
  list: HTMLElement,
  summaries: CollectionSummary[],
  chosen: string | null,
): void {
  replaceKeepingFocus(
    list,
    ...summaries.map(({ collection, records, dimensions }) => {
      const { name } = collection;
      return element(
        'li',
        {},
        element(
          'a',
          {
            class: 'collection-link',
            attributes: {
              href: formatAddress(name, NO_FILTER),
              'aria-current': name === chosen ? 'page' : null,
              'data-key': `collection:${name}`,
            },
          },
          element('span', { class: 'collection-name' }, name),
          element('span', { class: 'count' }, formatCount(records)),
          element(
            'span',
            { class: 'collection-kind' },
            `${dimensionsOf(dimensions)} · ${collection.configuration.hnsw.space} · ${functionName(collection)}`,
          ),
        ),
      );
    }),
  );
}

/** `1,204 records · 256 dimensions · cosine · kindex-static`. */
export function summaryText({ collection, records, dimensions }: CollectionSummary): string {
  return [
    countOf(records, 'record'),
    dimensions === null ? 'no vectors yet' : countOf(dimensions, 'dimension'),
    collection.configuration.hnsw.space,
    functionName(collection),
  ].join(' · ');
}

/** Fills a `dl` with everything that is configured. */
export function showConfiguration(list: HTMLElement, { collection, dimensions }: CollectionSummary): void {
  const { hnsw, embedding_function: stored } = collection.configuration;
  const facts: [string, string][] = [
    ['Space', SPACES[hnsw.space]],
    ['Dimensions', dimensions === null ? 'fixed by the first record' : formatCount(dimensions)],
    ['Embedding function', functionName(collection)],
  ];
  if (stored?.type === 'known') {
    for (const [key, value] of Object.entries(stored.config)) facts.push([`· ${key}`, plain(value)]);
  }
  facts.push(
    ['Neighbours per node', `${hnsw.max_neighbors} (max_neighbors)`],
    ['Search width, building', `${formatCount(hnsw.ef_construction)} (ef_construction)`],
    ['Search width, asking', `${formatCount(hnsw.ef_search)} (ef_search)`],
    ['Growth', `${hnsw.resize_factor} (resize_factor)`],
    ['Synchronised every', `${countOf(hnsw.sync_threshold, 'record')} (sync_threshold)`],
  );
  for (const [key, value] of Object.entries(collection.metadata ?? {})) {
    if (value !== null) facts.push([`Metadata: ${key}`, formatValue(value)]);
  }
  facts.push(
    ['Tenant, database', `${collection.tenant}, ${collection.database}`],
    ['Identifier', collection.id],
  );
  list.replaceChildren(
    ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

/** Name of the embedding function the collection remembers. */
function functionName(collection: Collection): string {
  const stored = collection.configuration.embedding_function;
  if (stored === null) return 'own vectors';
  if (stored.type === 'legacy') return 'a function that cannot be rebuilt';
  return collection.embeddingFunction ? stored.name : `${stored.name} (not registered here)`;
}

function dimensionsOf(dimensions: number | null): string {
  return dimensions === null ? 'empty' : `${formatCount(dimensions)} d`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
