/**
 * The indexes that answer filters over one collection, kept current lazily: writes only note which rows they changed, and the
 * next filter takes the changes in. A collection that is never filtered pays nothing: no time, no memory, and most of the code
 * is loaded with the first filter.
 *
 * Metadata is taken in at once, because reading it is what a filter without an index does anyway. Documents are taken in
 * behind the filters, in slices; rows not yet taken in are candidates, so answers are right at any moment.
 */
import { SLICE_MS } from '../base/slices.js';
import type { Metadata, Row } from '../base/types.js';
import type { Filter } from '../filter/filter.js';
import type { MetadataIndex } from '../filter/metadata-index.js';
import type { RequiredText } from '../filter/regex-literals.js';
import { RowSet } from '../filter/row-set.js';
import type { TrigramIndex } from '../lexical-index/trigram.js';
import { RowBacklog } from './row-backlog.js';

/** What the indexes are made from. */
export interface FilterSource {
  /** Every row is below it. */
  readonly rowEnd: Row;
  /** Undefined where the record is gone. */
  idOf(row: Row): string | undefined;
  rowOf(id: string): Row | undefined;
  metadataOf(row: Row): Metadata | null;
  /** UTF-8; null without a document. */
  documentBytesOf(row: Row): Uint8Array | null;
  /** Bytes of all documents. */
  readonly documentBytes: number;
}

/** Live rows only. What is in `possible` and not in `sure` passes where `residual` does. */
export interface FilterAnswer {
  sure: RowSet;
  possible: RowSet;
  /** Null when `possible` is the answer. */
  residual: Filter | null;
}

interface FilterIndexOptions {
  /** Fewer bytes of documents are searched faster than indexed. Default 1 MiB. */
  indexDocumentsFrom?: number;
}

/** What a filter is answered from: the index, and every live row. */
interface Known {
  metadata: MetadataIndex;
  universe: RowSet;
}

/** Both are one object where they hold the same rows. */
type Bounds = Pick<FilterAnswer, 'sure' | 'possible'>;

/** Changed rows stay candidates; when there are more of them than this part of all rows, documents are indexed anew. */
const LOOSE_SHARE = 1 / 16;
const LOOSE_FROM = 256;

export class FilterIndex {
  readonly #source: FilterSource;
  readonly #indexDocumentsFrom: number;
  readonly #live = new RowSet();
  readonly #liveBacklog = new RowBacklog();
  /** Null until `prepare` has resolved. */
  #metadata: MetadataIndex | null = null;
  readonly #metadataBacklog = new RowBacklog();
  #trigrams: TrigramIndex | null = null;
  /** As `#metadata`. */
  #newTrigrams: (() => TrigramIndex) | null = null;
  /** Documents of the rows below it are in `#trigrams`. */
  #trigramEnd: Row = 0;
  /** Rows below `#trigramEnd` that changed afterwards. */
  #loose = new RowSet();
  #looseCount = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Reads the trigrams of rows below `#trigramEnd` that lie in the storage; null when there are none, or they are in memory. */
  #load: (() => Promise<TrigramIndex | null>) | null = null;
  #loading: Promise<void> | null = null;

  constructor(source: FilterSource, { indexDocumentsFrom = 1 << 20 }: FilterIndexOptions = {}) {
    this.#source = source;
    this.#indexDocumentsFrom = indexDocumentsFrom;
  }

  /** Loads the code that answers filters; resolves at once when it is there. */
  async prepare(): Promise<void> {
    if (this.#metadata !== null) return;
    const [{ MetadataIndex }, trigrams] = await Promise.all([
      import('../filter/metadata-index.js'),
      import('../lexical-index/trigram.js'),
    ]);
    this.#newTrigrams = () => new trigrams.TrigramIndex();
    this.#metadata ??= new MetadataIndex();
  }

  /** True while documents are being taken in behind the filters. */
  get isIndexing(): boolean {
    return this.#timer !== null;
  }

  /**
   * Trigrams of the documents of rows below `end` lie in the storage, behind on `changed`. `load` reads them, or resolves to null when
   * they cannot be used.
   */
  keepStored(stored: { end: Row; changed: Iterable<Row>; load: () => Promise<TrigramIndex | null> }): void {
    this.#load = stored.load;
    this.#trigramEnd = stored.end;
    this.#loosen(Uint32Array.from(stored.changed));
  }

  /** What lies in the storage is no longer kept there. */
  forgetStored(): void {
    if (this.#load !== null) this.#beginAnew();
  }

  /** True when trigrams lie in the storage: filters of documents look at each until `readStored` has resolved. */
  get isStored(): boolean {
    return this.#load !== null;
  }

  /** Cost: reading about 0.8 bytes per byte of the documents, once. Rejects with STORAGE_LOST · CLOSED. */
  async readStored(): Promise<void> {
    const load = this.#load;
    if (load === null) return;
    this.#loading ??= load()
      .then((found) => {
        // Meanwhile they may have been forgotten.
        if (this.#load !== load) return;
        if (found === null) this.#beginAnew();
        this.#load = null;
        this.#trigrams = found;
      })
      .finally(() => {
        this.#loading = null;
      });
    await this.#loading;
  }

  /** The trigrams as they are worth storing: of all documents. `changed`: rows they are behind on. */
  get storableTrigrams(): { index: TrigramIndex; end: Row; changed: Iterable<Row> } | null {
    if (this.#trigrams === null || this.#trigramEnd < this.#source.rowEnd) return null;
    return { index: this.#trigrams, end: this.#trigramEnd, changed: this.#loose };
  }

  /** The rows were changed, or are gone. Rows that no filter has seen yet need no note. Cost: nanoseconds a row. */
  note(rows: Uint32Array, changed: { metadata: boolean; document: boolean }): void {
    this.#liveBacklog.note(rows);
    if (changed.metadata) this.#metadataBacklog.note(rows);
    if (changed.document) this.#loosen(rows);
  }

  /**
   * Null until `prepare` has resolved. Cost: taking in what changed since the last filter (about 2 µs a record), then a pass over
   * the rows per condition.
   */
  answer(filter: Filter): FilterAnswer | null {
    const metadata = this.#metadata;
    if (metadata === null) return null;
    this.#updateLive();
    const { sure, possible } = this.#bounds(filter, {
      metadata,
      universe: this.#live.copy(this.#source.rowEnd),
    });
    return { sure, possible, residual: sure === possible ? null : this.#residual(filter) };
  }

  /** Ends the work behind the filters. */
  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#load = null;
  }

  #bounds(filter: Filter, from: Known): Bounds {
    const { metadata, universe } = from;
    switch (filter.kind) {
      case 'and':
      case 'or':
        return this.#combine(filter.kind, filter.members, from);
      case 'isOneOf':
      case 'compare':
      case 'listContains':
        this.#updateMetadata(metadata);
        return exactly(metadata.select(filter, universe));
      case 'idIsOneOf': {
        const rows = RowSet.of(this.#rowsOf(filter.ids), this.#source.rowEnd).and(universe);
        return exactly(filter.negated ? universe.copy().andNot(rows) : rows);
      }
      case 'documentContains':
        return this.#documentBounds({ kind: 'text', text: filter.text }, filter.negated, universe);
      case 'documentMatches':
        return this.#documentBounds(filter.pattern.required(), filter.negated, universe);
      default:
        return filter satisfies never;
    }
  }

  #combine(kind: 'and' | 'or', members: readonly Filter[], from: Known): Bounds {
    const sure = kind === 'and' ? from.universe.copy() : new RowSet(this.#source.rowEnd);
    let possible = sure;
    for (const member of members) {
      const bounds = this.#bounds(member, from);
      if (bounds.sure !== bounds.possible && sure === possible) possible = sure.copy();
      sure[kind](bounds.sure);
      if (sure !== possible) possible[kind](bounds.possible);
    }
    return { sure, possible };
  }

  /**
   * What is left to check of a row in `possible` that is not in `sure`: it passes every member of an `and` that the indexes
   * decide, and none of an `or`.
   */
  #residual(filter: Filter): Filter {
    if (filter.kind !== 'and' && filter.kind !== 'or') return filter;
    const members = filter.members.filter((member) => needsDocument(member));
    return members.length === 1 ? members[0]! : { kind: filter.kind, members };
  }

  #documentBounds(required: RequiredText | null, negated: boolean, universe: RowSet): Bounds {
    const rowEnd = this.#source.rowEnd;
    this.#takeInDocuments();
    const found = required === null ? null : this.#candidates(required);
    // Without a document a row meets no condition, and every negated one; looking at it is as quick as knowing.
    const candidates = found === null ? universe.copy() : found.and(universe);
    return negated
      ? { sure: universe.copy().andNot(candidates), possible: universe }
      : { sure: new RowSet(rowEnd), possible: candidates };
  }

  /** Every live row that may hold what is required, or null when that may be any. */
  #candidates(required: RequiredText): RowSet | null {
    if (required.kind === 'text') return this.#rowsWithText(required.text);
    let into: RowSet | null = null;
    for (const member of required.members) {
      const rows = this.#candidates(member);
      if (rows === null && required.kind === 'or') return null;
      if (rows !== null) into = into === null ? rows : into[required.kind](rows);
    }
    return into;
  }

  #rowsWithText(text: string): RowSet | null {
    if (this.#trigrams === null) return null;
    const bits = this.#trigrams.candidates(new TextEncoder().encode(text), (this.#source.rowEnd + 31) >>> 5);
    if (bits === null) return null;
    const rows = RowSet.from(bits).or(this.#loose);
    for (let row = this.#trigramEnd; row < this.#source.rowEnd; row++) rows.add(row);
    return rows;
  }

  *#rowsOf(ids: readonly string[]): Generator<Row> {
    for (const id of ids) {
      const row = this.#source.rowOf(id);
      if (row !== undefined) yield row;
    }
  }

  #updateLive(): void {
    for (const row of this.#liveBacklog.take(this.#source.rowEnd)) {
      if (this.#source.idOf(row) === undefined) this.#live.delete(row);
      else this.#live.add(row);
    }
  }

  #updateMetadata(metadata: MetadataIndex): void {
    for (const row of this.#metadataBacklog.take(this.#source.rowEnd)) {
      metadata.set(row, this.#live.has(row) ? this.#source.metadataOf(row) : null);
    }
  }

  #loosen(rows: Uint32Array): void {
    if (this.#trigramEnd === 0) return;
    for (const row of rows) {
      if (row >= this.#trigramEnd || this.#loose.has(row)) continue;
      this.#loose.add(row);
      this.#looseCount += 1;
    }
  }

  /** A slice now, so that few new documents are indexed when they are first searched; the rest behind. */
  #takeInDocuments(): void {
    if (this.#source.documentBytes < this.#indexDocumentsFrom) return;
    if (this.#load !== null) return;
    if (this.#looseCount > LOOSE_FROM + this.#trigramEnd * LOOSE_SHARE) this.#beginAnew();
    if (this.#timer === null) this.#indexSlice();
  }

  /** From the first document on. */
  #beginAnew(): void {
    this.#load = null;
    this.#trigrams = null;
    this.#trigramEnd = 0;
    this.#loose = new RowSet();
    this.#looseCount = 0;
  }

  #indexSlice(): void {
    this.#timer = null;
    const { rowEnd } = this.#source;
    if (this.#trigramEnd === rowEnd) return;
    const trigrams = (this.#trigrams ??= this.#newTrigrams!());
    const until = performance.now() + SLICE_MS;
    while (this.#trigramEnd < rowEnd) {
      const document = this.#source.documentBytesOf(this.#trigramEnd);
      if (document !== null) trigrams.add(this.#trigramEnd, document);
      this.#trigramEnd += 1;
      // Reading the clock costs about as much as a short document.
      if ((this.#trigramEnd & 15) === 0 && performance.now() > until) break;
    }
    // A timer, because requests that wait come before it.
    if (this.#trigramEnd < rowEnd) this.#timer = setTimeout(() => this.#indexSlice(), 0);
  }
}

function exactly(rows: RowSet): Bounds {
  return { sure: rows, possible: rows };
}

/** True when the filter has a condition on documents. */
export function needsDocument(filter: Filter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.members.some(needsDocument);
  return filter.kind === 'documentContains' || filter.kind === 'documentMatches';
}
