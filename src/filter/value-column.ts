/** The values of all rows under one metadata key, in two arrays by row: numbers as they are, everything else as a code. */
import type { MetadataScalar, MetadataValue, Row } from '../base/types.js';
import type { NumberOperator } from './filter.js';
import type { RowSet } from './row-set.js';
import { RowValues } from './row-values.js';
import { ValueDictionary } from './value-dictionary.js';
import type { ValueCode } from './value-dictionary.js';

/** Made when first needed: a collection may have thousands of keys, each in few records and of one type. */
interface CodedValues {
  dictionary: ValueDictionary;
  codes: RowValues<Uint32Array<ArrayBuffer>>;
}

export class ValueColumn {
  #coded: CodedValues | null = null;
  #numbers: RowValues<Float64Array<ArrayBuffer>> | null = null;

  /** Rows with a value that a filter can ask for: not null, not a sparse vector. */
  get size(): number {
    return (this.#coded?.codes.size ?? 0) + (this.#numbers?.size ?? 0);
  }

  set(row: Row, value: MetadataValue): void {
    this.clear(row);
    if (typeof value === 'number') {
      // Stored numbers are finite: NaN is free to stand for none.
      this.#numbers ??= new RowValues(NaN, (length) => new Float64Array(length));
      this.#numbers.set(row, value);
    } else if (typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value)) {
      this.#coded ??= {
        dictionary: new ValueDictionary(),
        codes: new RowValues(0, (length) => new Uint32Array(length)),
      };
      this.#coded.codes.set(row, this.#coded.dictionary.take(value));
    }
  }

  clear(row: Row): void {
    this.#numbers?.clear(row);
    if (this.#coded === null) return;
    const { codes, dictionary } = this.#coded;
    const code = codes.get(row);
    if (code === 0) return;
    codes.clear(row);
    dictionary.release(code);
  }

  /** Adds the rows whose value is a scalar equal to one of `values`. `into` has room for every row here. */
  selectEqual(values: readonly MetadataScalar[], into: RowSet): void {
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length > 0 && this.#numbers !== null) addEqual(this.#numbers, numbers, into);
    if (this.#coded === null) return;
    const { dictionary } = this.#coded;
    const others = values.filter((value) => typeof value !== 'number');
    addCoded(
      this.#coded,
      others.map((value) => dictionary.codeOf(value)),
      into,
    );
  }

  /** Adds the rows whose value is a number that compares so with `operand`. */
  selectCompared(operator: NumberOperator, operand: number, into: RowSet): void {
    if (this.#numbers !== null) addBetween(this.#numbers, ...intervalOf(operator, operand), into);
  }

  /** Adds the rows whose value is a list with an element equal to `element`. */
  selectListsWith(element: MetadataScalar, into: RowSet): void {
    if (this.#coded !== null)
      addCoded(this.#coded, [...this.#coded.dictionary.codesOfListsWith(element)], into);
  }
}

type Numbers = RowValues<Float64Array<ArrayBuffer>>;

/** Adds the rows with a number from `low` to `high`, both included. */
function addBetween({ dense, entries }: Numbers, low: number, high: number, into: RowSet): void {
  if (dense === null) {
    for (const [row, value] of entries) if (value >= low && value <= high) into.add(row);
    return;
  }
  const { words } = into;
  const rowEnd = dense.length;
  for (let row = 0; row < rowEnd; row++) {
    // One loop for all comparisons, with nothing to call: 0.1 ms for 100,000 rows instead of 0.7.
    if (dense[row]! >= low && dense[row]! <= high) words[row >>> 5]! |= 1 << (row & 31);
  }
}

/** As `===` compares: 0 equals −0. */
function addEqual(numbers: Numbers, asked: readonly number[], into: RowSet): void {
  const wanted = Float64Array.from(asked).sort();
  const low = wanted[0]!;
  const high = wanted.at(-1)!;
  if (wanted.length === 1) return addBetween(numbers, low, high, into);
  const { dense, entries } = numbers;
  if (dense === null) {
    for (const [row, value] of entries) if (holds(wanted, value)) into.add(row);
    return;
  }
  for (let row = 0; row < dense.length; row++) {
    const value = dense[row]!;
    if (value >= low && value <= high && holds(wanted, value)) into.add(row);
  }
}

/** Whether `value` is in `sorted`. */
function holds(sorted: Float64Array, value: number): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === value;
}

/** The numbers that compare so with `operand`: the least and the greatest of them. */
function intervalOf(operator: NumberOperator, operand: number): [low: number, high: number] {
  switch (operator) {
    case '$gt':
      return [nextUp(operand), Infinity];
    case '$gte':
      return [operand, Infinity];
    case '$lt':
      return [-Infinity, -nextUp(-operand)];
    case '$lte':
      return [-Infinity, operand];
    default:
      return operator satisfies never;
  }
}

/** The least f64 above `value`, which is finite. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0]! += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0]!;
}

function addCoded({ dictionary, codes }: CodedValues, asked: readonly ValueCode[], into: RowSet): void {
  const isWanted = new Uint8Array(dictionary.codeEnd);
  let left = 0;
  for (const code of asked) {
    if (code === 0 || isWanted[code] === 1) continue;
    isWanted[code] = 1;
    left += dictionary.countOf(code);
  }
  if (left === 0) return;
  const { dense, entries } = codes;
  if (dense === null) {
    for (const [row, code] of entries) if (isWanted[code] === 1) into.add(row);
    return;
  }
  const { words } = into;
  const rowEnd = dense.length;
  for (let row = 0; row < rowEnd && left > 0; row++) {
    if (isWanted[dense[row]!] !== 1) continue;
    words[row >>> 5]! |= 1 << (row & 31);
    left -= 1;
  }
}
