/** One number per row that has one: an array where most rows do, a map where few do. */
import type { Row } from '../base/types.js';

export type ValueArray = Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A map entry costs about this many array elements. */
const SPARSE_COST = 8;
const DENSE_FROM = 64;

export class RowValues<Values extends ValueArray> {
  readonly #absent: number;
  readonly #create: (length: number) => Values;
  /** In use while `#dense` is null. */
  readonly #sparse = new Map<Row, number>();
  #dense: Values | null = null;
  #size = 0;
  /** Every row that was ever set is below it. */
  #rowEnd: Row = 0;

  /** `absent`: the number no row has, which stands for none: 0 or NaN. `create` makes arrays of zeros. */
  constructor(absent: number, create: (length: number) => Values) {
    this.#absent = absent;
    this.#create = create;
  }

  /** Rows that have a number. */
  get size(): number {
    return this.#size;
  }

  /** By row, `absent` where there is none and from its end on; null while the numbers are in `entries`. */
  get dense(): Values | null {
    return this.#dense;
  }

  get entries(): ReadonlyMap<Row, number> {
    return this.#sparse;
  }

  /** `absent` where there is none. */
  get(row: Row): number {
    return (this.#dense === null ? this.#sparse.get(row) : this.#dense[row]) ?? this.#absent;
  }

  set(row: Row, value: number): void {
    if (this.#isAbsent(this.get(row))) this.#size += 1;
    if (row >= this.#rowEnd) this.#rowEnd = row + 1;
    if (this.#dense !== null && row >= this.#dense.length) this.#makeRoom(row);
    if (this.#dense !== null) {
      this.#dense[row] = value;
      return;
    }
    this.#sparse.set(row, value);
    if (this.#size >= DENSE_FROM && this.#size * SPARSE_COST >= this.#rowEnd) this.#gather();
  }

  clear(row: Row): void {
    if (this.#isAbsent(this.get(row))) return;
    this.#size -= 1;
    if (this.#dense === null) this.#sparse.delete(row);
    else this.#dense[row] = this.#absent;
  }

  #isAbsent(value: number): boolean {
    return Object.is(value, this.#absent);
  }

  #gather(): void {
    const dense = this.#empty(this.#rowEnd);
    for (const [row, value] of this.#sparse) dense[row] = value;
    this.#sparse.clear();
    this.#dense = dense;
  }

  /** Goes back to the map where the new row is so far away that the array would be mostly empty. */
  #makeRoom(row: Row): void {
    const dense = this.#dense!;
    if (this.#size * SPARSE_COST * 4 < row) {
      dense.forEach((value, held) => {
        if (!this.#isAbsent(value)) this.#sparse.set(held, value);
      });
      this.#dense = null;
      return;
    }
    const grown = this.#empty(Math.max(row + 1, Math.ceil(dense.length * 1.5)));
    grown.set(dense);
    this.#dense = grown;
  }

  #empty(length: number): Values {
    const values = this.#create(length);
    return this.#absent === 0 ? values : (values.fill(this.#absent) as Values);
  }
}
