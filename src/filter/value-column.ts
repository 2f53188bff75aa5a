/** The values of all rows under one metadata key, in two arrays by row: numbers as they are, everything else as a code. */
import type { MetadataScalar, MetadataValue, Row } from '../base/types.js';
import type { NumberOperator } from './filter.js';
import type { RowSet } from './row-set.js';
import { RowValues } from './row-values.js';
import { ValueDictionary } from './value-dictionary.js';
import type { ValueCode } from './value-dictionary.js';

/** Above this many numbers a set is faster than looking at each. */
const SET_FROM = 8;

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
    if (numbers.length > 0 && this.#numbers !== null)
      addWhere(this.#numbers, equalToOneOf(numbers), into);
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
    if (this.#numbers !== null) addWhere(this.#numbers, COMPARISONS[operator](operand), into);
  }

  /** Adds the rows whose value is a list with an element equal to `element`. */
  selectListsWith(element: MetadataScalar, into: RowSet): void {
    if (this.#coded !== null)
      addCoded(this.#coded, [...this.#coded.dictionary.codesOfListsWith(element)], into);
  }
}

/** `test` is false for NaN. */
function addWhere(
  { dense, entries }: RowValues<Float64Array<ArrayBuffer>>,
  test: (value: number) => boolean,
  into: RowSet,
): void {
  if (dense === null) {
    for (const [row, value] of entries) if (test(value)) into.add(row);
    return;
  }
  const { words } = into;
  const rowEnd = dense.length;
  for (let row = 0; row < rowEnd; row++) if (test(dense[row]!)) words[row >>> 5]! |= 1 << (row & 31);
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

const COMPARISONS: Record<NumberOperator, (operand: number) => (value: number) => boolean> = {
  $gt: (operand) => (value) => value > operand,
  $gte: (operand) => (value) => value >= operand,
  $lt: (operand) => (value) => value < operand,
  $lte: (operand) => (value) => value <= operand,
};

/** As `===` compares: 0 equals −0, and nothing equals NaN. */
function equalToOneOf(numbers: readonly number[]): (value: number) => boolean {
  const [first] = numbers;
  if (numbers.length === 1) return (value) => value === first;
  if (numbers.length < SET_FROM) return (value) => numbers.indexOf(value) >= 0;
  const set = new Set(numbers);
  set.delete(NaN);
  return (value) => set.has(value);
}
