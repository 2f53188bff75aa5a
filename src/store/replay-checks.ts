/** What a log entry may say about a collection, given everything before it: the checksum proves the bytes, this proves the story. */
import { corrupt } from '../format/bytes.js';
import type { Row } from '../base/types.js';
import type { WriteEntry } from '../format/write-entry.js';
import type { CollectionState } from './collection-state.js';

/** @throws FORMAT_CORRUPT */
export function checkWriteEntry(collection: CollectionState, write: WriteEntry): void {
  const { rows: rowMap, dimensions } = collection;
  const { rows, ids, vectors } = write;
  if (vectors && dimensions !== null && vectors.dimensions !== dimensions) {
    throw corrupt(`a write has ${vectors.dimensions} dimensions, its collection ${dimensions}`, {
      what: 'dimensions',
    });
  }
  let next = rowMap.nextRow;
  const added = new Set<string>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const id = ids[i]!;
    if (row === next) {
      if (rowMap.rowOf(id) !== undefined)
        throw corrupt(`a write adds an id that exists`, { what: 'ids', row });
      next += 1;
      added.add(id);
    } else if (!isOf(collection, row, id)) {
      throw corrupt(`a write changes row ${row} under an id it does not have`, { what: 'rows', row });
    }
  }
  if (added.size < next - rowMap.nextRow) throw corrupt('a write names a new id twice', { what: 'ids' });
  if (added.size > 0 && !vectors) throw corrupt('a write adds records without vectors', { what: 'vectors' });
}

/** A record that is set aside may have lost its id: then any will do. */
function isOf({ rows, setAside }: CollectionState, row: Row, id: string): boolean {
  const aside = setAside.get(row);
  return aside === undefined ? rows.idOf(row) === id : aside.id === null || aside.id === id;
}

/** @throws FORMAT_CORRUPT */
export function checkDeleteRows(collection: CollectionState, rows: Uint32Array): void {
  for (const row of rows) {
    if (collection.rows.idOf(row) === undefined && collection.setAside.get(row) === undefined)
      throw corrupt(`row ${row} is deleted but not live`, { what: 'rows', row });
  }
}
