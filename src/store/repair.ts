/** Records set aside: listed with what is left of them, and given up on request (SPEC.md S51). */
import type { SetAsideRecord } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import type { ColumnKind } from './column-segments.js';
import { exclusive } from './commit.js';
import type { Operation } from './commit.js';

/** The user's words for columns. */
const PARTS: Record<ColumnKind, SetAsideRecord['lost'][number]> = {
  ids: 'id',
  vectors: 'embedding',
  documents: 'document',
  metadatas: 'metadata',
  uris: 'uri',
};

/** In the order of collections and rows. */
export function listSetAside(
  collections: Collections,
  { limit, offset }: { limit: number; offset: number },
): SetAsideRecord[] {
  const records: SetAsideRecord[] = [];
  let skip = offset;
  for (const collection of collections) {
    const { rows } = collection.setAside;
    for (const row of rows.slice(skip)) {
      if (records.length === limit) return records;
      records.push(describe(collection, row));
    }
    skip = Math.max(0, skip - rows.length);
  }
  return records;
}

function describe(collection: CollectionState, row: number): SetAsideRecord {
  const { id, lost } = collection.setAside.get(row)!;
  const text = (kind: 'documents' | 'metadatas' | 'uris'): string | null =>
    lost.has(kind) ? null : collection[kind].text(row);
  return {
    collectionId: collection.id,
    id,
    lost: [...lost].map((kind) => PARTS[kind]),
    document: text('documents'),
    metadata: text('metadatas'),
    uri: text('uris'),
  };
}

/** Deletes what is set aside in one collection. */
export function dropSetAside(collection: CollectionState): Operation<number> {
  return exclusive('dropDamaged', () => {
    const rows = Uint32Array.from(collection.setAside.rows);
    if (rows.length === 0) return { entry: null, apply: () => 0 };
    return {
      entry: { op: 'deleteRows', collectionId: collection.id, rows },
      apply() {
        collection.applyDelete(rows);
        return rows.length;
      },
    };
  });
}
