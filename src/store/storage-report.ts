/** What each collection takes up: its records as they are, and the segments that hold them. */
import type { CollectionStorage } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import { COLUMN_KINDS } from './column-segments.js';
import { isStaged } from './staged-name.js';

/** Cost: one pass over the ids. */
export function reportCollection(collection: CollectionState): CollectionStorage {
  const { id, name, size, dimensions, segments } = collection;
  const { tenant, database } = collection.stored;
  const stored = { vectors: 0, records: 0, index: 0 };
  for (const kind of COLUMN_KINDS) {
    const bytes = segments.columns[kind].segments.reduce((sum, { reference }) => sum + reference.bytes, 0);
    stored[kind === 'vectors' ? 'vectors' : 'records'] += bytes;
  }
  for (const { bytes } of segments.tombstones) stored.records += bytes;
  for (const { reference } of segments.codes.segments) stored.index += reference.bytes;
  stored.index += segments.rowLists?.bytes ?? 0;
  for (const { references } of [segments.graph, segments.trigrams])
    for (const { bytes } of references) stored.index += bytes;
  let recordBytes = 0;
  for (const row of collection.liveRows()) recordBytes += collection.idOf(row)!.length;
  for (const column of ['documents', 'metadatas', 'uris'] as const)
    recordBytes += collection[column].bytes.live;
  return {
    id,
    name,
    tenant,
    database,
    records: size,
    dimensions,
    vectorBytes: size * (dimensions ?? 0) * 4,
    recordBytes,
    storedBytes: stored,
    setAside: collection.setAside.size,
    importing: isStaged(collection),
  };
}

/** Bytes of all live vectors and records, as they are. Cost: as `reportCollection` of each. */
export function liveBytes(collections: Iterable<CollectionState>): number {
  return [...collections]
    .map(reportCollection)
    .reduce((sum, { vectorBytes, recordBytes }) => sum + vectorBytes + recordBytes, 0);
}
