/** Deleting records: by ids, or by what a filter finds (SPEC.md S11). */
import { kindexError } from '../base/errors.js';
import type { Filter } from '../filter/filter.js';
import { selectRows } from '../query/select-rows.js';
import type { DeleteRequest } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { exclusive } from './commit.js';
import type { Effect, Operation } from './commit.js';
import { candidateRows, parseSelection } from './selection.js';
import type { FilterLanguage } from './selection.js';

export interface DeleteReply {
  deleted: number;
}

/** @throws as `parseSelection` · VALUE_LIMIT */
export function createDelete(
  request: DeleteRequest,
  collections: Collections,
  filters: FilterLanguage,
): Operation<DeleteReply> {
  const { collectionId, ids, limit } = request;
  const { filter } = parseSelection(request, filters);
  checkLimit('limit', limit);
  if (filter === null && limit === undefined && ids !== undefined)
    return deleteByIds(collectionId, ids, collections);
  // Which rows match is known only when everything before is in memory.
  return exclusive('delete', () => {
    const collection = collections.get({ id: collectionId });
    filters.checkIndexed(filter, collection.stored.schema);
    const rows = matchingRows(collection, { ids, filter, limit });
    return deletion(collection, rows, rows.length);
  });
}

function deleteByIds(collectionId: string, ids: string[], collections: Collections): Operation<DeleteReply> {
  return {
    name: 'delete',
    sizeBytes: ids.length * 4,
    resolve(group) {
      const collection = collections.get({ id: collectionId });
      if (group.touches(collectionId, ids)) return 'later';
      group.touch(collectionId, ids);
      // Chroma's count: the ids asked for, whether they exist or not.
      return deletion(collection, withSetAside(collection, ids), ids.length);
    },
  };
}

/** Records that miss a part are not among the live ones, and can be deleted all the same. */
function withSetAside(collection: CollectionState, ids: readonly string[]): Uint32Array<ArrayBuffer> {
  const live = candidateRows(collection, ids);
  if (collection.setAside.size === 0) return live;
  const aside = ids.flatMap((id) => collection.setAside.rowOf(id) ?? []);
  return Uint32Array.from([...live, ...aside]).sort();
}

interface Matching {
  ids: string[] | undefined;
  filter: Filter | null;
  limit: number | undefined;
}

/** A call that names nothing deletes nothing. */
function matchingRows(
  collection: CollectionState,
  { ids, filter, limit }: Matching,
): Uint32Array<ArrayBuffer> {
  if (ids === undefined && filter === null) return new Uint32Array(0);
  return selectRows(collection, {
    filter,
    ...(ids === undefined ? {} : { candidates: candidateRows(collection, ids) }),
    ...(limit === undefined ? {} : { limit }),
  });
}

function deletion(
  collection: CollectionState,
  rows: Uint32Array<ArrayBuffer>,
  deleted: number,
): Effect<DeleteReply> {
  if (rows.length === 0) return { entry: null, apply: () => ({ deleted }) };
  return {
    entry: { op: 'deleteRows', collectionId: collection.id, rows },
    reply: { deleted },
    apply() {
      collection.applyDelete(rows);
      return { deleted };
    },
  };
}

/** `limit` or `offset`. @throws VALUE_LIMIT */
export function checkLimit(name: 'limit' | 'offset', value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw kindexError('VALUE_LIMIT', `${name} must be a non-negative integer, got ${String(value)}.`, {
    details: { [name]: String(value) },
  });
}
