/** Which slot holds a row: pages of u32, made where rows are, so that rows may be dense (4 bytes each) or far apart. */
import type { Row } from '../base/types.js';

const PAGE_SHIFT = 10;
const PAGE_ROWS = 1 << PAGE_SHIFT;

export class SlotTable {
  /** Slot + 1 per row, 0 = none. */
  readonly #pages = new Map<number, Uint32Array>();
  #size = 0;
  #rowEnd = 0;

  /** Rows that have a slot. */
  get size(): number {
    return this.#size;
  }

  /** One past the highest row that ever had a slot. */
  get rowEnd(): Row {
    return this.#rowEnd;
  }

  /** −1 where the row has none. */
  slotOf(row: Row): number {
    const page = this.#pages.get(row >>> PAGE_SHIFT);
    return page === undefined ? -1 : page[row & (PAGE_ROWS - 1)]! - 1;
  }

  set(row: Row, slot: number): void {
    let page = this.#pages.get(row >>> PAGE_SHIFT);
    if (page === undefined) this.#pages.set(row >>> PAGE_SHIFT, (page = new Uint32Array(PAGE_ROWS)));
    const i = row & (PAGE_ROWS - 1);
    if (page[i] === 0) this.#size++;
    page[i] = slot + 1;
    if (row >= this.#rowEnd) this.#rowEnd = row + 1;
  }

  delete(row: Row): void {
    const page = this.#pages.get(row >>> PAGE_SHIFT);
    const i = row & (PAGE_ROWS - 1);
    if (page === undefined || page[i] === 0) return;
    page[i] = 0;
    this.#size--;
  }

  /** What was in slot i is in slot places[i] now. */
  renumber(places: Uint32Array): void {
    for (const page of this.#pages.values()) {
      page.forEach((slot, i) => {
        if (slot > 0) page[i] = places[slot - 1]! + 1;
      });
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#size = 0;
  }
}
