/** The catalog of a checkpoint: what there is besides records (FORMAT.md §7). */
import { catalogText, encodeCatalog } from '../format/segment-content.js';
import type { CatalogEntry } from '../format/segment-content.js';
import type { SegmentReference } from '../format/segment.js';
import type { SegmentSink } from './capture.js';
import type { Collections } from './collections.js';
import { DEFAULT_DATABASE, DEFAULT_TENANT } from './databases.js';

/** One entry, as it is written. */
export type CatalogText = ReturnType<typeof catalogText>;

/** Tenants, databases and collections, each in the order of creation, without the default pair. */
export function catalogOf(collections: Collections): CatalogText[] {
  const { databases } = collections;
  const entries: CatalogEntry[] = [
    ...databases.tenants
      .filter((name) => name !== DEFAULT_TENANT)
      .map((name) => ({ type: 'tenant' as const, name })),
    ...[...databases]
      .filter(({ id }) => id !== DEFAULT_DATABASE.id)
      .map((database) => ({ type: 'database' as const, database })),
    ...[...collections].map(({ stored }) => ({ type: 'collection' as const, collection: stored })),
  ];
  return entries.map(catalogText);
}

/** Segments of the catalog. */
export function putCatalog(texts: readonly CatalogText[], sink: SegmentSink): SegmentReference[] {
  const references: SegmentReference[] = [];
  let batch: CatalogText[] = [];
  let bytes = 0;
  const end = (): void => {
    if (batch.length > 0)
      references.push(
        sink.put('catalog', { rows: batch.length, firstRow: 0, lastRow: 0, payload: encodeCatalog(batch) }),
      );
    batch = [];
    bytes = 0;
  };
  for (const text of texts) {
    if (bytes + text.json.length > sink.segmentBytes) end();
    batch.push(text);
    bytes += text.json.length;
  }
  end();
  return references;
}
