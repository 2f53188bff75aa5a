/** A fork in the log whose source has lost records since: they are set aside in the copy too, under the rows they had there (SPEC.md S51). */
import type { Row } from '../base/types.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { VectorEngine } from '../vector-index/engine.js';
import { CollectionState } from './collection-state.js';
import { copyCollection, copyRows, copyTexts, RECORDS_PER_STEP } from './fork.js';

/** As `copyCollection`; what the log says later of rows of the copy holds. @throws RUNTIME_OUT_OF_MEMORY */
export function copyDamaged(
  source: CollectionState,
  stored: StoredCollection,
  engine: VectorEngine,
): CollectionState {
  if (source.setAside.size === 0) return copyCollection(source, stored, engine);
  const copy = new CollectionState(stored, engine);
  try {
    // Tombstones are always whole, so these are the rows that were live when the fork was made.
    const rows = Uint32Array.from([...source.liveRows(), ...source.setAside.rows]).sort();
    if (source.dimensions !== null) copy.restoreDimensions(source.dimensions);
    for (let from = 0; from < rows.length;) {
      const end = runEnd(source, rows, from);
      if (end > from) copy.applyWrite(copyRows(source, rows.slice(from, end), stored.id, from));
      else copySetAside(source, rows[from]!, copy);
      from = Math.max(end, from + 1);
    }
    return copy;
  } catch (error) {
    copy.dispose();
    throw error;
  }
}

/** Where the whole records that begin at `from` end; `from` when there is none. */
function runEnd(source: CollectionState, rows: Uint32Array, from: number): number {
  let end = from;
  while (end < rows.length && end - from < RECORDS_PER_STEP && source.setAside.get(rows[end]!) === undefined)
    end += 1;
  return end;
}

/** Takes the next row of the copy. */
function copySetAside(source: CollectionState, row: Row, copy: CollectionState): void {
  const { id, lost, vector } = source.setAside.get(row)!;
  const to = Uint32Array.of(copy.rowEnd);
  copy.restoreId(undefined);
  for (const kind of ['documents', 'metadatas', 'uris'] as const)
    if (!lost.has(kind)) copy[kind].apply(to, copyTexts(source[kind], Uint32Array.of(row)));
  copy.setAside.add(to[0]!, { id, lost: new Set(lost), vector: vector?.slice() ?? null });
}
