/** One collection of a salvage: of each row, where its values lie and which of them are not known. No values are held but ids. */
import type { Row } from '../base/types.js';
import { TEXT_CLEAR, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch, WriteEntry } from '../format/write-entry.js';
import type { ColumnKind } from './column-segments.js';
import type { SalvageSources } from './salvage-sources.js';

/** Columns beside ids. */
export const VALUE_KINDS = ['vectors', 'documents', 'metadatas', 'uris'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** Sources are numbered from 1. */
const NONE = 0;
const LOST = -1;

/** Source and position of each row's value. */
class Places {
  #source = new Int32Array(0);
  #at = new Uint32Array(0);

  source(row: Row): number {
    return this.#source[row] ?? NONE;
  }

  at(row: Row): number {
    return this.#at[row] ?? 0;
  }

  set(row: Row, source: number, at = 0): void {
    if (row >= this.#source.length) {
      const length = Math.max(64, row + 1, this.#source.length * 2);
      const [sources, positions] = [this.#source, this.#at];
      this.#source = new Int32Array(length);
      this.#source.set(sources);
      this.#at = new Uint32Array(length);
      this.#at.set(positions);
    }
    this.#source[row] = source;
    this.#at[row] = at;
  }
}

export class SalvagedRows {
  /** Null: lost. */
  readonly #ids: (string | null | undefined)[] = [];
  readonly #gone = new Set<Row>();
  readonly #places: Record<ValueKind, Places> = {
    vectors: new Places(),
    documents: new Places(),
    metadatas: new Places(),
    uris: new Places(),
  };
  #end: Row = 0;
  /** Columns of which rows that nothing has told of yet may have lost a value. */
  readonly #missed = new Set<ColumnKind>();
  dimensions: number | null = null;
  /** True: which records were deleted is not known, as of the checkpoint. */
  tombstonesLost = false;

  /** Rows given so far, as far as anything tells of them. */
  get end(): Row {
    return this.#end;
  }

  isGone(row: Row): boolean {
    return this.#gone.has(row);
  }

  /** Null: lost, or there never was one. */
  idOf(row: Row): string | null {
    return this.#ids[row] ?? null;
  }

  /** Source and position of a value that is known; null: there is none. */
  placeOf(kind: ValueKind, row: Row): { source: number; at: number } | null {
    const source = this.#places[kind].source(row);
    return source > NONE ? { source, at: this.#places[kind].at(row) } : null;
  }

  isLost(kind: ValueKind, row: Row): boolean {
    const source = this.#places[kind].source(row);
    return source === LOST || (kind === 'vectors' && source === NONE);
  }

  remove(rows: Iterable<Row>): void {
    for (const row of rows) {
      this.#reach(row);
      this.#gone.add(row);
    }
  }

  /** Bit r of `words` from row `first` on: gone. */
  takeTombstones(first: Row, words: Uint32Array): void {
    words.forEach((word, i) => {
      for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) this.remove([first + i * 32 + bit]);
    });
  }

  takeIds(rows: Uint32Array, texts: TextPatch): void {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    rows.forEach((row, i) => {
      this.#reach(row);
      this.#ids[row] = decoder.decode(texts.bytes.subarray(i === 0 ? 0 : texts.ends[i - 1], texts.ends[i]));
    });
  }

  /** Those of a later segment count. */
  takeTexts(
    kind: Exclude<ValueKind, 'vectors'>,
    rows: Uint32Array,
    { texts: { states }, source }: { texts: TextPatch; source: number },
  ): void {
    const places = this.#places[kind];
    rows.forEach((row, i) => {
      this.#reach(row);
      const state = states === null ? TEXT_SET : states[i];
      if (state === TEXT_SET) places.set(row, source, i);
      else if (state === TEXT_CLEAR) places.set(row, NONE);
    });
  }

  takeVectors(rows: Uint32Array, dimensions: number, source: number): void {
    rows.forEach((row, i) => {
      this.#reach(row);
      this.#takeVector(row, { dimensions, source, at: i });
    });
  }

  /** A segment with values of rows in [first, last] cannot be read, and no later one tells them. */
  miss(kind: ColumnKind, first: Row, last: Row): void {
    for (let row = first; row <= last; row++) {
      this.#reach(row);
      this.#lose(kind, row);
    }
  }

  /**
   * A segment with values of nobody knows which rows cannot be read, and no later one tells them. What first tells of a row may come
   * later: segments written together come one after another, and the one with its id may have been written anew since.
   */
  missAll(kind: ColumnKind): void {
    this.#missed.add(kind);
    for (let row = 0; row < this.#end; row++) this.#lose(kind, row);
  }

  /**
   * What the log says. `whole`: nothing of the log before it is missing, so that a row that is not known yet is a new record,
   * and what is not told of it is not there.
   */
  applyWrite({ rows, ids, vectors, ...texts }: WriteEntry, sources: SalvageSources, whole: boolean): void {
    const vectorSource = vectors ? sources.hold({ vectors, texts: null }) : NONE;
    const textSources = { documents: NONE, metadatas: NONE, uris: NONE };
    for (const kind of ['documents', 'metadatas', 'uris'] as const)
      if (texts[kind]) textSources[kind] = sources.hold({ vectors: null, texts: texts[kind] });
    rows.forEach((row, i) => {
      this.#reach(row);
      const known = this.#ids[row];
      const isNew = known === undefined;
      // Another record under this row: what is known of it is not of this one.
      if ((isNew && !whole) || (typeof known === 'string' && known !== ids[i]))
        for (const kind of VALUE_KINDS) this.#places[kind].set(row, LOST);
      this.#ids[row] = ids[i]!;
      if (vectors) this.#takeVector(row, { dimensions: vectors.dimensions, source: vectorSource, at: i });
      for (const kind of ['documents', 'metadatas', 'uris'] as const) {
        const patch = texts[kind];
        const state = patch === null ? null : (patch.states?.[i] ?? TEXT_SET);
        if (state === TEXT_SET) this.#places[kind].set(row, textSources[kind], i);
        else if (state === TEXT_CLEAR || (isNew && whole)) this.#places[kind].set(row, NONE);
      }
    });
  }

  /** Records of `source` as they are now, in their order, under rows counted from 0. */
  copyFrom(source: SalvagedRows): void {
    this.dimensions = source.dimensions;
    let to = 0;
    for (let row = 0; row < source.end; row++) {
      if (source.isGone(row)) continue;
      this.#reach(to);
      this.#ids[to] = source.#ids[row];
      for (const kind of VALUE_KINDS)
        this.#places[kind].set(to, source.#places[kind].source(row), source.#places[kind].at(row));
      to += 1;
    }
  }

  /** What is lost here and known in `other`, which tells the same story by another generation. */
  fillFrom(other: SalvagedRows): void {
    // A row that is gone never comes back, so each may know of some.
    this.remove(other.#gone);
    this.tombstonesLost &&= other.tombstonesLost;
    for (let row = 0; row < this.#end; row++) {
      if (this.#gone.has(row)) continue;
      this.#ids[row] ??= other.#ids[row];
      for (const kind of VALUE_KINDS) {
        if (!this.isLost(kind, row) || other.isLost(kind, row) || other.#ids[row] === undefined) continue;
        this.#places[kind].set(row, other.#places[kind].source(row), other.#places[kind].at(row));
      }
    }
  }

  #takeVector(
    row: Row,
    { dimensions, source, at }: { dimensions: number; source: number; at: number },
  ): void {
    this.dimensions ??= dimensions;
    this.#places.vectors.set(row, dimensions === this.dimensions ? source : LOST, at);
  }

  #lose(kind: ColumnKind, row: Row): void {
    if (kind === 'ids') this.#ids[row] ??= null;
    else this.#places[kind].set(row, LOST);
  }

  #reach(row: Row): void {
    while (row >= this.#end) {
      for (const kind of this.#missed) this.#lose(kind, this.#end);
      this.#end += 1;
    }
  }
}
