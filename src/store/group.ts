/** What the operations of one transaction have reserved: ids they touch, rows they will fill, dimensions they will fix. */
import type { Row } from '../base/types.js';

interface Reservation {
  idLists: (readonly string[])[];
  /** Every id of `idLists[0, indexed)`; filled only when a second operation asks. */
  ids: Set<string>;
  indexed: number;
  nextRow: Row | null;
  vectors: number;
  dimensions: number | null;
}

export class Group {
  /** True: no further operation may join. */
  closed = false;
  readonly #collections = new Map<string, Reservation>();

  get empty(): boolean {
    return this.#collections.size === 0 && !this.closed;
  }

  /** True when an operation of this group reads or changes one of `ids`. */
  touches(collectionId: string, ids: readonly string[]): boolean {
    const held = this.#collections.get(collectionId);
    if (!held) return false;
    for (; held.indexed < held.idLists.length; held.indexed++) {
      for (const id of held.idLists[held.indexed]!) held.ids.add(id);
    }
    return ids.some((id) => held.ids.has(id));
  }

  /** Makes the ids those of this group. */
  touch(collectionId: string, ids: readonly string[]): void {
    this.#reservation(collectionId).idLists.push(ids);
  }

  /** The row the collection's next new record gets, once this group is stored; `nextRow` is the row without it. */
  nextRow(collectionId: string, nextRow: Row): Row {
    return this.#collections.get(collectionId)?.nextRow ?? nextRow;
  }

  reserveRows(collectionId: string, nextRow: Row): void {
    this.#reservation(collectionId).nextRow = nextRow;
  }

  /** Vectors this group writes to the collection so far, new and replaced. */
  vectorsOf(collectionId: string): number {
    return this.#collections.get(collectionId)?.vectors ?? 0;
  }

  reserveVectors(collectionId: string, count: number): void {
    this.#reservation(collectionId).vectors += count;
  }

  /** Dimensions this group gives to a collection that has none yet; null: none. */
  dimensionsOf(collectionId: string): number | null {
    return this.#collections.get(collectionId)?.dimensions ?? null;
  }

  fixDimensions(collectionId: string, dimensions: number): void {
    this.#reservation(collectionId).dimensions = dimensions;
  }

  #reservation(collectionId: string): Reservation {
    let held = this.#collections.get(collectionId);
    if (!held) {
      held = { idLists: [], ids: new Set(), indexed: 0, nextRow: null, vectors: 0, dimensions: null };
      this.#collections.set(collectionId, held);
    }
    return held;
  }
}
