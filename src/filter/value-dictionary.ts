/** The strings, booleans and lists under one metadata key as small numbers, each counted, and given anew when nobody holds it. */
import type { MetadataScalar } from '../base/types.js';

/** 1, 2, …; 0 is no value. */
export type ValueCode = number;
type List = readonly MetadataScalar[];

export class ValueDictionary {
  readonly #scalars = new Map<string | boolean, ValueCode>();
  /** By their JSON text. */
  readonly #lists = new Map<string, ValueCode>();
  /** Codes of the lists that hold an element. One code stands by itself: most elements of unique lists are in one. */
  readonly #holders = new Map<MetadataScalar, ValueCode | Set<ValueCode>>();
  readonly #values: (string | boolean | List | undefined)[] = [undefined];
  readonly #counts: number[] = [0];
  readonly #free: ValueCode[] = [];

  /** Every code is below it. */
  get codeEnd(): ValueCode {
    return this.#values.length;
  }

  /** 0 when no row holds it. */
  codeOf(value: string | boolean): ValueCode {
    return this.#scalars.get(value) ?? 0;
  }

  /** Codes of the lists with an element equal to `element`. */
  codesOfListsWith(element: MetadataScalar): Iterable<ValueCode> {
    const holders = this.#holders.get(element);
    return typeof holders === 'number' ? [holders] : (holders ?? []);
  }

  /** How many holders `code` has: as often as it was taken and not yet released. */
  countOf(code: ValueCode): number {
    return this.#counts[code] ?? 0;
  }

  /** The code of `value`, for one more holder. */
  take(value: string | boolean | List): ValueCode {
    const known =
      typeof value === 'object' ? this.#lists.get(JSON.stringify(value)) : this.#scalars.get(value);
    if (known !== undefined) {
      this.#counts[known]! += 1;
      return known;
    }
    const code = this.#free.pop() ?? this.#values.length;
    this.#values[code] = value;
    this.#counts[code] = 1;
    if (typeof value === 'object') {
      this.#lists.set(JSON.stringify(value), code);
      for (const element of value) this.#hold(element, code);
    } else {
      this.#scalars.set(value, code);
    }
    return code;
  }

  /** One holder less. */
  release(code: ValueCode): void {
    const value = this.#values[code];
    if (value === undefined || (this.#counts[code]! -= 1) > 0) return;
    this.#values[code] = undefined;
    this.#free.push(code);
    if (typeof value === 'object') {
      this.#lists.delete(JSON.stringify(value));
      for (const element of value) this.#letGo(element, code);
    } else {
      this.#scalars.delete(value);
    }
  }

  #hold(element: MetadataScalar, code: ValueCode): void {
    const holders = this.#holders.get(element);
    if (holders === undefined) this.#holders.set(element, code);
    else if (typeof holders === 'object') holders.add(code);
    // The same element twice in one list.
    else if (holders !== code) this.#holders.set(element, new Set([holders, code]));
  }

  #letGo(element: MetadataScalar, code: ValueCode): void {
    const holders = this.#holders.get(element);
    if (typeof holders === 'object') {
      holders.delete(code);
      if (holders.size === 0) this.#holders.delete(element);
    } else if (holders === code) {
      this.#holders.delete(element);
    }
  }
}
