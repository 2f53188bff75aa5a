/** What a log entry may say about a collection, given everything before it: the checksum proves the bytes, this proves the story. */
import { corrupt } from '../format/bytes.js';
import type { WriteEntry } from '../format/write-entry.js';
import type { CollectionState } from './collection-state.js';

/** Returns the number of live records afterwards. @throws FORMAT_CORRUPT */
export function checkWriteEntry(collection: CollectionState, write: WriteEntry): number {
  const { rows: rowMap, dimensions } = collection;
  const { rows, ids, vectors } = write;
  if (vectors && dimensions !== null && vectors.dimensions !== dimensions) {
    throw corrupt(`a write has ${vectors.dimensions} dimensions, its collection ${dimensions}`, {
      what: 'dimensions',
    });
  }
  let next = rowMap.nextRow;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const id = ids[i]!;
    if (row === next) {
      if (rowMap.rowOf(id) !== undefined)
        throw corrupt(`a write adds an id that exists`, { what: 'ids', row });
      next += 1;
    } else if (rowMap.idOf(row) !== id) {
      throw corrupt(`a write changes row ${row} under an id it does not have`, { what: 'rows', row });
    }
  }
  const added = next - rowMap.nextRow;
  if (added > 0 && !vectors) throw corrupt('a write adds records without vectors', { what: 'vectors' });
  return rowMap.size + added;
}

/** @throws FORMAT_CORRUPT */
export function checkDeleteRows(collection: CollectionState, rows: Uint32Array): void {
  for (const row of rows) {
    if (collection.rows.idOf(row) === undefined)
      throw corrupt(`row ${row} is deleted but not live`, { what: 'rows', row });
  }
}
