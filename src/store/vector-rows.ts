/**
 * Where the f32 vectors of a collection are: in the index; in segments, until they have been read or as long as only codes are kept;
 * and, of the latter, those of no segment yet here (SPEC.md S56). Values are never guessed: what is not here is read.
 */
import { kindexError } from '../base/errors.js';
import type { Matrix, Row } from '../base/types.js';
import { corrupt } from '../format/bytes.js';
import type * as SegmentContent from '../format/segment-content.js';
import type { HnswIndex } from '../vector-index/hnsw.js';
import type { VectorIndex } from '../vector-index/vector-index.js';
import type { ColumnSegment, ColumnSegments } from './column-segments.js';
import type { SegmentReader } from './segment-reader.js';

/** Segments read at once. */
const READ_AHEAD = 4;

interface Held {
  data: Float32Array;
  at: number;
  /** Counts up with what is held. */
  seq: number;
}

/** Rows read for somebody; a row that changes leaves it. */
interface Pin {
  places: Map<Row, number>;
  /** Null until they have been read. */
  data: Float32Array | null;
}

export interface VectorSource {
  readonly id: string;
  readonly name: string;
  readonly index: VectorIndex | null;
  readonly segments: { columns: { vectors: ColumnSegments } };
}

/** Rows of one segment, by their place in it and in what was asked. */
interface Part {
  segment: ColumnSegment;
  /** Those that count for rows which they hold too. */
  later: readonly ColumnSegment[];
  inSegment: number[];
  asked: number[];
}

export class VectorRows {
  readonly #source: VectorSource;
  /** Of an index that keeps codes alone: vectors that no published segment holds. */
  readonly #held = new Map<Row, Held>();
  readonly #pins = new Set<Pin>();
  #seq = 0;
  #published = 0;
  /** Set before anything is read. */
  reader: SegmentReader | null = null;

  constructor(source: VectorSource) {
    this.#source = source;
  }

  get #graph(): HnswIndex | null {
    const { index } = this.#source;
    return index !== null && 'absent' in index ? (index as HnswIndex) : null;
  }

  /** True: the index answers by codes, vectors stay in segments. */
  get onDisk(): boolean {
    return this.#graph?.keepsVectors === false;
  }

  /** Rows that an index which keeps vectors has still to be given. */
  get absent(): number {
    return this.#graph?.absent ?? 0;
  }

  /** Of a live row. */
  isHeld(row: Row): boolean {
    const graph = this.#graph;
    if (graph === null) return true;
    if (graph.keepsVectors) return !graph.isAbsent(row);
    return (
      this.#held.has(row) || [...this.#pins].some(({ places, data }) => data !== null && places.has(row))
    );
  }

  areHeld(rows: Uint32Array): boolean {
    return (!this.onDisk && this.absent === 0) || rows.every((row) => this.isHeld(row));
  }

  /** Copies, in the order asked. @throws RUNTIME_INTERNAL where one is not held */
  held(rows: Uint32Array): Matrix {
    const { index } = this.#source;
    if (index === null) return { data: new Float32Array(0), rows: 0, dimensions: 0 };
    if (!this.onDisk) return index.read(rows);
    const { dimensions } = index;
    const data = new Float32Array(rows.length * dimensions);
    rows.forEach((row, i) => data.set(this.#heldVector(row, dimensions), i * dimensions));
    return { data, rows: rows.length, dimensions };
  }

  #heldVector(row: Row, dimensions: number): Float32Array {
    const held = this.#held.get(row);
    if (held) return held.data.subarray(held.at, held.at + dimensions);
    for (const { places, data } of this.#pins) {
      const place = places.get(row);
      if (place !== undefined && data !== null)
        return data.subarray(place * dimensions, (place + 1) * dimensions);
    }
    throw kindexError('RUNTIME_INTERNAL', `The vector of row ${row} is not in memory.`, { details: { row } });
  }

  /** Of rows that lie in no segment as they are now. The matrix's buffer is kept. */
  note(rows: Uint32Array, { data, dimensions }: Matrix): void {
    this.#unpin(rows);
    if (!this.onDisk) return;
    const seq = (this.#seq += 1);
    rows.forEach((row, i) => {
      // A Map keeps the order of insertion, and of nothing else.
      this.#held.delete(row);
      this.#held.set(row, { data, at: i * dimensions, seq });
    });
  }

  forget(rows: Uint32Array): void {
    this.#unpin(rows);
    for (const row of rows) this.#held.delete(row);
  }

  #unpin(rows: Uint32Array): void {
    for (const { places } of this.#pins) for (const row of rows) places.delete(row);
  }

  /** A checkpoint that begins to write everything there is; what this returns is called once it is published. */
  mark(): () => void {
    const seq = this.#seq;
    return () => {
      this.#published = Math.max(this.#published, seq);
      this.#drop();
    };
  }

  #drop(): void {
    if (this.#pins.size > 0) return;
    for (const [row, { seq }] of this.#held) {
      // In the order in which they were held.
      if (seq > this.#published) break;
      this.#held.delete(row);
    }
  }

  /** Copies as they are at the call, in the order asked. Rows are live. @throws FORMAT_CORRUPT, which ends the store */
  async read(rows: Uint32Array<ArrayBuffer>): Promise<Matrix> {
    if (this.areHeld(rows)) return this.held(rows);
    const { dimensions } = this.#source.index!;
    const data = new Float32Array(rows.length * dimensions);
    const wanted: number[] = [];
    rows.forEach((row, i) => {
      if (this.isHeld(row)) data.set(this.held(Uint32Array.of(row)).data, i * dimensions);
      else wanted.push(i);
    });
    await this.#gather(data, this.#locate(rows, wanted));
    return { data, rows: rows.length, dimensions };
  }

  async #gather(data: Float32Array, parts: readonly Part[]): Promise<void> {
    await this.#walk(parts, ({ inSegment, asked }, { vectors }) => {
      const { dimensions } = vectors;
      inSegment.forEach((from, i) => {
        const vector = vectors.data.subarray(from * dimensions, (from + 1) * dimensions);
        data.set(vector, asked[i]! * dimensions);
      });
    });
  }

  /**
   * Gives the index the vectors of absent rows, and of whatever else lies in the same segments. Default: of some that are absent.
   * @throws FORMAT_CORRUPT, which ends the store
   */
  async load(rows?: Uint32Array<ArrayBuffer>): Promise<void> {
    const graph = this.#graph;
    if (graph === null || !graph.keepsVectors || graph.absent === 0) return;
    const wanted = rows?.filter((row) => graph.isAbsent(row)) ?? this.#someAbsent(graph);
    if (wanted.length === 0) return;
    await this.#walk(this.#locate(wanted), ({ later }, { rows: inSegment, vectors }) => {
      // Its index may have been freed meanwhile.
      if (this.#graph !== graph) return;
      const places: number[] = [];
      inSegment.forEach((row, i) => {
        if (graph.isAbsent(row) && !later.some((each) => placeIn(each, row) >= 0)) places.push(i);
      });
      const { dimensions } = vectors;
      const data = new Float32Array(places.length * dimensions);
      places.forEach((from, to) =>
        data.set(vectors.data.subarray(from * dimensions, (from + 1) * dimensions), to * dimensions),
      );
      const filled = Uint32Array.from(places, (i) => inSegment[i]!);
      graph.fill(filled, { data, rows: places.length, dimensions });
    });
  }

  /** Of the next few segments. */
  #someAbsent(graph: HnswIndex): Uint32Array<ArrayBuffer> {
    const found: Row[] = [];
    for (const { reference, listed } of this.#segments) {
      const { firstRow, lastRow } = reference;
      const rows = listed ?? Uint32Array.from({ length: lastRow - firstRow + 1 }, (_, i) => firstRow + i);
      const row = rows.find((each) => graph.isAbsent(each));
      if (row !== undefined) found.push(row);
      if (found.length === READ_AHEAD) break;
    }
    return Uint32Array.from(new Set(found));
  }

  /** Reads the rows for as long as what this resolves to is not called. */
  async pin(rows: Uint32Array<ArrayBuffer>): Promise<() => void> {
    if (!this.onDisk) {
      while (!this.areHeld(rows)) await this.load(rows);
      return () => {};
    }
    const wanted = rows.filter((row) => !this.#held.has(row));
    const places = new Map(Array.from(wanted, (row, i) => [row, i]));
    const pin: Pin = { places, data: null };
    this.#pins.add(pin);
    const release = (): void => {
      this.#pins.delete(pin);
      this.#drop();
    };
    try {
      const data = new Float32Array(wanted.length * (this.#source.index?.dimensions ?? 0));
      await this.#gather(data, this.#locate(wanted));
      pin.data = data;
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  get #segments(): readonly ColumnSegment[] {
    return this.#source.segments.columns.vectors.published;
  }

  /** Which segments hold what `rows` have at the positions `wanted`, by default all. */
  #locate(rows: Uint32Array, wanted: readonly number[] = [...rows.keys()]): Part[] {
    let rest = wanted.toSorted((a, b) => rows[a]! - rows[b]!);
    const parts: Part[] = [];
    const segments = this.#segments;
    for (let at = segments.length - 1; at >= 0 && rest.length > 0; at--) {
      const segment = segments[at]!;
      const { firstRow, lastRow } = segment.reference;
      const from = firstAtLeast(rest, rows, firstRow);
      const to = firstAtLeast(rest, rows, lastRow + 1);
      if (from === to || segment.damaged === true) continue;
      const later = segments.slice(at + 1).filter(({ reference, damaged }) => {
        const apart = reference.firstRow > lastRow || reference.lastRow < firstRow;
        return !apart && damaged !== true;
      });
      const part: Part = { segment, later, inSegment: [], asked: [] };
      const others: number[] = [];
      for (const position of rest.slice(from, to)) {
        const place = placeIn(segment, rows[position]!);
        if (place < 0) others.push(position);
        else {
          part.inSegment.push(place);
          part.asked.push(position);
        }
      }
      if (part.asked.length === 0) continue;
      parts.push(part);
      rest = [...rest.slice(0, from), ...others, ...rest.slice(to)];
    }
    if (rest.length === 0) return parts;
    const row = rows[rest[0]!]!;
    throw kindexError('RUNTIME_INTERNAL', `The vector of row ${row} is nowhere.`, { details: { row } });
  }

  /** Reads each part once, some at a time. `use` runs when one is there. */
  async #walk(
    parts: readonly Part[],
    use: (part: Part, read: { rows: Uint32Array; vectors: Matrix }) => void,
  ): Promise<void> {
    const { reader } = this;
    if (parts.length === 0 || reader === null) return;
    const release = reader.hold(parts.map(({ segment }) => segment.reference));
    try {
      const content = await import('../format/segment-content.js');
      const left = parts.values();
      const work = async (): Promise<void> => {
        for (const part of left) {
          const { reference } = part.segment;
          await reader.read(reference, this.#source, (payload) =>
            use(part, this.#decoded(part.segment, payload, content)),
          );
        }
      };
      await Promise.all(Array.from({ length: READ_AHEAD }, work));
    } finally {
      release();
    }
  }

  #decoded(
    { reference, listed }: ColumnSegment,
    payload: Uint8Array<ArrayBuffer>,
    { decodeVectors }: typeof SegmentContent,
  ): { rows: Uint32Array; vectors: Matrix } {
    const { collectionId, rows, vectors } = decodeVectors(payload, reference.rows);
    const { index, id } = this.#source;
    const isSame =
      collectionId === id &&
      rows[0] === reference.firstRow &&
      rows.at(-1) === reference.lastRow &&
      (index === null || vectors.dimensions === index.dimensions) &&
      (listed === null || rows.every((row, i) => row === listed[i]));
    if (!isSame)
      throw corrupt('a segment holds other records than the manifest says', { what: 'segment rows' });
    return { rows, vectors };
  }
}

/** Where a row lies in a segment; −1: it does not. */
function placeIn({ reference, listed }: ColumnSegment, row: Row): number {
  if (row < reference.firstRow || row > reference.lastRow) return -1;
  if (listed === null) return row - reference.firstRow;
  let low = 0;
  for (let high = listed.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (listed[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return listed[low] === row ? low : -1;
}

/** First of `positions`, which ascend by their rows, whose row is at least `row`. */
function firstAtLeast(positions: readonly number[], rows: Uint32Array, row: Row): number {
  let low = 0;
  for (let high = positions.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (rows[positions[middle]!]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
