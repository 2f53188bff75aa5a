/** Segments of one manifest become collections in memory, each byte and the whole story checked. Nothing is written. */
import { ChromaError, kindexError } from '../base/errors.js';
import type { Row } from '../base/types.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import type { Manifest, ManifestCollection } from '../format/manifest.js';
import {
  decodeCatalog,
  decodeTexts,
  decodeTombstones,
  decodeVectors,
  isConsecutive,
} from '../format/segment-content.js';
import type { CatalogEntry } from '../format/segment-content.js';
import { decodeSegment, isDerived, segmentKey } from '../format/segment.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import { TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import type { StorageBackend } from '../storage/storage.js';
import { CollectionState } from './collection-state.js';
import { Collections } from './collections.js';
import { COLUMN_KINDS } from './column-segments.js';
import type { ColumnKind, ColumnSegment } from './column-segments.js';
import { isDamage } from './is-damage.js';
import type { LostSegments } from './damage.js';
import type { Databases } from './databases.js';
import { readAhead } from './read-segments.js';
import type { SegmentReader } from './segment-reader.js';
import type { VectorEngine } from '../vector-index/engine.js';

export interface LoadOptions {
  backend: StorageBackend;
  engine: VectorEngine;
  checksum: Checksum;
  reader: SegmentReader;
  /** True: every byte of records is read, so that all damage shows now. */
  verify: boolean;
  /**
   * Given: a damaged segment of records does not end the loading; the records that miss it are set aside, and told of here.
   * A damaged catalog, or damaged tombstones, still do: they say what there is at all.
   */
  lost?: LostSegments;
}

/**
 * The collections as they were at the manifest's checkpoint.
 * @throws FORMAT_CORRUPT with `segment`, and with `collection`, `firstRow` and `lastRow` where it holds records ·
 * FORMAT_TOO_NEW · RUNTIME_OUT_OF_MEMORY · STORAGE_FAILED · STORAGE_LOST. Cost: one pass over all segments.
 */
export async function loadGeneration(manifest: Manifest, options: LoadOptions): Promise<Collections> {
  const collections = new Collections(options.reader);
  const load = new Load(options);
  try {
    const catalog: CatalogEntry[] = [];
    for await (const { reference, payload } of load.segments(manifest.catalog)) {
      load.at(reference, null, () => catalog.push(...decodeCatalog(payload!, reference.rows)));
    }
    const stored = catalog.flatMap((entry) => (entry.type === 'collection' ? [entry.collection] : []));
    if (
      stored.length !== manifest.collections.length ||
      stored.some(({ id }, i) => id !== manifest.collections[i]!.id)
    )
      throw corrupt('the catalog and the manifest name other collections', { what: 'catalog' });
    for (const entry of catalog) if (entry.type !== 'collection') addNamespace(entry, collections.databases);
    for (const [i, each] of stored.entries()) {
      if (collections.byId(each.id) ?? collections.byName(each, each.name))
        throw corrupt(`collection "${each.name}" is there twice`, { what: 'catalog' });
      const collection = new CollectionState(each, options.engine);
      collections.add(collection);
      await load.collection(collection, manifest.collections[i]!);
    }
    return collections;
  } catch (error) {
    collections.clear();
    throw error;
  }
}

function addNamespace(entry: Exclude<CatalogEntry, { type: 'collection' }>, databases: Databases): void {
  if (entry.type === 'tenant') {
    if (databases.hasTenant(entry.name))
      throw corrupt(`tenant "${entry.name}" is there twice`, { what: 'catalog' });
    databases.addTenant(entry.name);
    return;
  }
  const { tenant, name, id } = entry.database;
  if (!databases.hasTenant(tenant) || databases.find({ tenant, database: name }) || databases.byId(id))
    throw corrupt(`database "${name}" is there without its tenant, or twice`, { what: 'catalog' });
  databases.add(entry.database);
}

interface Loaded {
  reference: SegmentReference;
  /** Null: damaged. */
  payload: Uint8Array<ArrayBuffer> | null;
}

const TEXT_KINDS = COLUMN_KINDS.filter((kind) => kind !== 'vectors');

class Load {
  readonly #options: LoadOptions;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** The next few are read while the caller works on one. */
  async *segments(
    references: readonly SegmentReference[],
    collection: CollectionState | null = null,
  ): AsyncGenerator<Loaded> {
    const { backend } = this.#options;
    for (const { reference, reading } of readAhead(references, (each) =>
      backend.read('seg', segmentKey(each)),
    ))
      yield { reference, payload: await this.#payload(reference, collection, reading) };
  }

  async #payload(
    reference: SegmentReference,
    collection: CollectionState | null,
    reading: Promise<Uint8Array<ArrayBuffer> | null>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const read = await reading.catch((error: unknown) => ({ error }));
    try {
      return this.at(reference, collection, () => {
        if (read === null) throw corrupt('a segment is missing', { what: 'segment' });
        if ('error' in read) throw read.error;
        return decodeSegment(read, reference, this.#options.checksum);
      });
    } catch (error) {
      const { lost } = this.#options;
      if (!lost || collection === null || reference.kind === 'tombstones' || !isDamage(error)) throw error;
      lost.segment(error);
      return null;
    }
  }

  /** Runs `work`; what fails in it is told with the segment and the records in it. Values the core refuses are damage too. */
  at<T>(reference: SegmentReference, collection: CollectionState | null, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (
        !(error instanceof ChromaError) ||
        (error.code !== 'FORMAT_CORRUPT' && !error.code.startsWith('VALUE_'))
      )
        throw error;
      const { kind, firstRow, lastRow } = reference;
      const records =
        collection === null
          ? ''
          : ` (${kind} of rows ${firstRow} to ${lastRow} of collection "${collection.name}")`;
      throw kindexError('FORMAT_CORRUPT', `Segment ${segmentKey(reference)}${records}: ${error.message}`, {
        details: {
          what: 'values',
          ...error.details,
          segment: segmentKey(reference),
          kind,
          ...(collection === null
            ? {}
            : { collection: collection.name, collectionId: collection.id, firstRow, lastRow }),
        },
        cause: error,
      });
    }
  }

  async collection(collection: CollectionState, told: ManifestCollection): Promise<void> {
    const { nextRow, dimensions, segments } = told;
    const of = (kind: SegmentKind): SegmentReference[] => segments.filter((each) => each.kind === kind);
    const tombstones = of('tombstones');
    const dead = await this.#tombstones(collection, tombstones, nextRow);
    if (dimensions !== null) collection.restoreDimensions(dimensions);
    const unread = dimensions === null ? null : await this.#codes(collection, told, dead);
    const lost = new LostRows();
    await this.#columns(collection, unread === null ? COLUMN_KINDS : TEXT_KINDS, { told, dead, lost });
    if (unread !== null && collection.missingVectors === 0) {
      collection.segments.columns.vectors.set(nextRow, unread);
      collection.segments.codes.set(nextRow, collection.segments.codes.segments);
    } else if (unread !== null) {
      // The records and the codes tell other stories: the vectors decide.
      const error = corrupt('records have no codes, or codes no records', { what: 'codes' });
      collection.unusedIndexes.push({ what: 'codes', error });
      collection.segments.codes.reset();
      collection.segments.codeTables = null;
      collection.segments.rowLists = null;
      collection.segments.rowListsOf = [];
      collection.restartIndex(dimensions!);
      await this.#columns(collection, ['vectors'], { told, dead, lost });
    }
    collection.segments.setTombstones(tombstones);
    collection.segments.publish();
    collection.segments.namesUselessCodes =
      collection.segments.codeTables === null && segments.some(({ kind }) => kind === 'codes');
    const release = await this.#holdVectors(collection, lost.rows);
    collection.setRowsAside(lost.rows);
    release();
    // What was made of all records is not what is made of the rest.
    const derived = segments.filter(
      ({ kind }) => isDerived(kind) && kind !== 'codes' && kind !== 'vectorRows',
    );
    if (lost.rows.size > 0 || derived.length === 0) return;
    const { loadDerived } = await import('./load-derived.js');
    await loadDerived(collection, derived, this.#options);
  }

  /** Null: vectors are to be read. */
  async #codes(
    collection: CollectionState,
    { dimensions, segments }: ManifestCollection,
    dead: DeadRows,
  ): Promise<ColumnSegment[] | null> {
    const { backend, checksum, verify, lost } = this.#options;
    const of = (kind: SegmentKind): SegmentReference[] => segments.filter((each) => each.kind === kind);
    const codes = of('codes');
    if (codes.length === 0 || verify || lost !== undefined) return null;
    const { loadCodes } = await import('./load-codes.js');
    return loadCodes(
      collection,
      { dimensions: dimensions!, codes, rowLists: of('vectorRows'), vectors: of('vectors') },
      { backend, checksum, isGone: (row) => dead.has(row) },
    );
  }

  /** Records set aside keep their vectors in memory, since the index holds live rows alone. */
  async #holdVectors(
    collection: CollectionState,
    lost: ReadonlyMap<Row, Set<ColumnKind>>,
  ): Promise<() => void> {
    if (!collection.vectors.onDisk) return () => {};
    const rows = [...lost].flatMap(([row, kinds]) => (kinds.has('vectors') ? [] : [row]));
    return collection.vectors.pin(Uint32Array.from(rows).sort());
  }

  async #columns(
    collection: CollectionState,
    kinds: readonly ColumnKind[],
    { told, dead, lost }: { told: ManifestCollection; dead: DeadRows; lost: LostRows },
  ): Promise<void> {
    const { nextRow, dimensions, segments } = told;
    const of = (kind: SegmentKind): SegmentReference[] => segments.filter((each) => each.kind === kind);
    // One walk over all columns, so that reading never waits for the end of one.
    const walk = this.segments(kinds.flatMap(of), collection);
    for (const kind of kinds) {
      // Ids come first, so that the number of vectors is known.
      if (kind === 'vectors' && dimensions !== null && !collection.wantsDisk)
        collection.prepare({ dimensions, newVectors: collection.size });
      const loaded: ColumnSegment[] = [];
      const column = new ColumnLoad({ collection, kind, dead, nextRow, lost });
      for (let left = of(kind).length; left > 0; left--) {
        const { reference, payload } = (await walk.next()).value as Loaded;
        loaded.push(
          this.at(reference, collection, () =>
            payload === null ? column.miss(reference) : column.take(reference, payload),
          ),
        );
      }
      column.end();
      collection.segments.columns[kind].set(nextRow, loaded);
    }
  }

  async #tombstones(
    collection: CollectionState,
    references: SegmentReference[],
    nextRow: Row,
  ): Promise<DeadRows> {
    const dead = new DeadRows();
    for await (const { reference, payload } of this.segments(references, collection)) {
      this.at(reference, collection, () => {
        const { collectionId, first, words } = decodeTombstones(payload!, reference.rows);
        const rows = first + words.length * 32;
        if (collectionId !== collection.id || rows - 31 > nextRow || first !== dead.words * 32)
          throw corrupt('tombstones lie beyond the rows', { what: 'tombstones', first, nextRow });
        dead.add(words);
      });
    }
    return dead;
  }
}

interface ColumnLoadOptions {
  collection: CollectionState;
  kind: ColumnKind;
  dead: DeadRows;
  nextRow: Row;
  lost: LostRows;
}

/** The last segment that has a row is damaged, or there. */
const MISSING = 2;
const KNOWN = 1;

/** Rows that are not gone and miss a value. */
class LostRows {
  readonly rows = new Map<Row, Set<ColumnKind>>();

  add(row: Row, kind: ColumnKind): void {
    const kinds = this.rows.get(row);
    if (kinds) kinds.add(kind);
    else this.rows.set(row, new Set([kind]));
  }
}

class DeadRows {
  readonly #parts: Uint32Array[] = [];
  words = 0;
  #joined: Uint32Array | null = null;

  add(words: Uint32Array): void {
    this.#parts.push(words);
    this.words += words.length;
  }

  get #bits(): Uint32Array {
    if (this.#joined === null) {
      this.#joined = new Uint32Array(this.words);
      let at = 0;
      for (const part of this.#parts) {
        this.#joined.set(part, at);
        at += part.length;
      }
    }
    return this.#joined;
  }

  get none(): boolean {
    return this.words === 0;
  }

  has(row: Row): boolean {
    return (((this.#bits[row >> 5] ?? 0) >> (row & 31)) & 1) === 1;
  }

  /** Rows at or beyond `end` that are said to be gone. */
  beyond(end: Row): boolean {
    for (let row = end; row < this.words * 32; row++) if (this.has(row)) return true;
    return false;
  }
}

/** One column on its way into a collection. */
class ColumnLoad {
  readonly #collection: CollectionState;
  readonly #kind: ColumnKind;
  readonly #dead: DeadRows;
  readonly #nextRow: Row;
  readonly #ids: (string | undefined)[] = [];
  readonly #lost: LostRows;
  /** Per row, once a segment is missing: what of it lies in the segments so far. */
  #known: Uint8Array | null = null;
  #taken: Uint32Array[] = [];

  constructor({ collection, kind, dead, nextRow, lost }: ColumnLoadOptions) {
    this.#collection = collection;
    this.#kind = kind;
    this.#dead = dead;
    this.#nextRow = nextRow;
    this.#lost = lost;
  }

  /** A damaged segment. Which rows it lists is not known either: all from its first to its last may have had their value there. */
  miss(reference: SegmentReference): ColumnSegment {
    if (this.#known === null) {
      this.#known = new Uint8Array(this.#nextRow);
      for (const rows of this.#taken) this.#note(rows);
    }
    this.#known.fill(MISSING, reference.firstRow, reference.lastRow + 1);
    return { reference, listed: new Uint32Array(0), damaged: true };
  }

  #note(rows: Uint32Array): void {
    if (this.#known === null) this.#taken.push(rows);
    else for (const row of rows) this.#known[row] = KNOWN;
  }

  take(reference: SegmentReference, payload: Uint8Array<ArrayBuffer>): ColumnSegment {
    const rows =
      this.#kind === 'vectors' ? this.#vectors(reference, payload) : this.#texts(reference, payload);
    // A copy: a view would keep the whole segment in memory.
    const listed = rows.slice();
    this.#note(listed);
    return { reference, listed: isConsecutive(rows) ? null : listed };
  }

  end(): void {
    if (this.#kind === 'ids') this.#finishIds();
    else if (this.#known !== null) this.#setAside(this.#known);
    if (
      this.#known === null &&
      this.#kind === 'vectors' &&
      // Vectors of records whose id is lost are there too.
      (this.#collection.index?.size ?? 0) !== this.#collection.size + this.#lost.rows.size
    ) {
      throw corrupt(
        `collection "${this.#collection.name}" has ${this.#collection.size} records and ${this.#collection.index?.size ?? 0} vectors`,
        { what: 'vectors', collection: this.#collection.name, collectionId: this.#collection.id },
      );
    }
  }

  /** What may have had its value in a damaged segment is out of date elsewhere: it does not count. */
  #setAside(known: Uint8Array): void {
    const needed = this.#kind === 'vectors' && this.#collection.dimensions !== null;
    const missing: Row[] = [];
    known.forEach((state, row) => {
      if (this.#dead.has(row)) return;
      if (state === MISSING || (needed && state !== KNOWN)) missing.push(row);
    });
    for (const row of missing) this.#lost.add(row, this.#kind);
    const kind = this.#kind;
    if (kind !== 'ids' && kind !== 'vectors') this.#collection[kind].clear(Uint32Array.from(missing));
  }

  #vectors(reference: SegmentReference, payload: Uint8Array<ArrayBuffer>): Uint32Array {
    const { collectionId, rows, vectors } = decodeVectors(payload, reference.rows);
    this.#check(reference, collectionId, rows);
    if (vectors.dimensions !== this.#collection.dimensions) {
      throw corrupt(
        `a segment has ${vectors.dimensions} dimensions, its collection ${this.#collection.dimensions}`,
        {
          what: 'dimensions',
        },
      );
    }
    const live = this.#live(rows);
    if (live === null) {
      this.#collection.restoreVectors(rows, vectors);
    } else {
      const { dimensions, data } = vectors;
      const kept = new Float32Array(live.length * dimensions);
      live.forEach((from, to) =>
        kept.set(data.subarray(from * dimensions, (from + 1) * dimensions), to * dimensions),
      );
      this.#collection.restoreVectors(
        live.map((from) => rows[from]!),
        { data: kept, rows: live.length, dimensions },
      );
    }
    return rows;
  }

  #texts(reference: SegmentReference, payload: Uint8Array<ArrayBuffer>): Uint32Array {
    const { collectionId, rows, texts } = decodeTexts(payload, reference.rows);
    this.#check(reference, collectionId, rows);
    const kind = this.#kind;
    if (kind === 'ids') {
      this.#takeIds(rows, texts);
    } else if (kind !== 'vectors') {
      this.#collection[kind].apply(rows, texts);
      const live = this.#live(rows);
      if (live !== null) this.#collection[kind].clear(rows.filter((row) => this.#dead.has(row)));
    }
    return rows;
  }

  #takeIds(rows: Uint32Array, texts: TextPatch): void {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let start = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const end = texts.ends[i]!;
      if (texts.states !== null && texts.states[i] !== TEXT_SET)
        throw corrupt(`row ${row} has no id`, { what: 'ids', row });
      if (!this.#dead.has(row)) {
        if (this.#ids[row] !== undefined) throw corrupt(`row ${row} has two ids`, { what: 'ids', row });
        try {
          this.#ids[row] = decoder.decode(texts.bytes.subarray(start, end));
        } catch {
          throw corrupt(`the id of row ${row} is not UTF-8`, { what: 'ids', row });
        }
      }
      start = end;
    }
  }

  /** Every row has an id or is gone, and no id is there twice. */
  #finishIds(): void {
    const fault = (reason: string, row: Row): ChromaError =>
      corrupt(`${reason} in collection "${this.#collection.name}"`, {
        what: 'ids',
        row,
        collection: this.#collection.name,
        collectionId: this.#collection.id,
      });
    if (this.#dead.beyond(this.#nextRow)) throw fault('a row is gone that was never given', this.#nextRow);
    // What follows walks over rows the manifest only claims: they must be told of, one by one.
    const told = Math.max(
      this.#ids.length,
      this.#dead.words * 32,
      (this.#known?.lastIndexOf(MISSING) ?? -1) + 1,
    );
    if (this.#ids.length > this.#nextRow || this.#nextRow > told)
      throw fault(`rows up to ${this.#nextRow} are claimed, ${this.#ids.length} found`, this.#ids.length);
    for (let row = 0; row < this.#nextRow; row++) {
      const id = this.#ids[row];
      if (id === undefined && !this.#dead.has(row)) {
        if (this.#known?.[row] !== MISSING) throw fault(`row ${row} has no id`, row);
        this.#lost.add(row, 'ids');
      }
      if (id !== undefined && this.#collection.rowOf(id) !== undefined)
        throw fault(`row ${row} has the id of another`, row);
      this.#collection.restoreId(id);
    }
  }

  #check(reference: SegmentReference, collectionId: string, rows: Uint32Array): void {
    if (
      collectionId !== this.#collection.id ||
      rows[0] !== reference.firstRow ||
      rows.at(-1) !== reference.lastRow
    )
      throw corrupt('a segment holds other records than the manifest says', {
        what: 'segment rows',
        collectionId,
      });
  }

  /** Positions of rows that are not gone; null: all of them. */
  #live(rows: Uint32Array): Uint32Array<ArrayBuffer> | null {
    if (this.#dead.none || !rows.some((row) => this.#dead.has(row))) return null;
    const live: number[] = [];
    rows.forEach((row, i) => {
      if (!this.#dead.has(row)) live.push(i);
    });
    return Uint32Array.from(live);
  }
}
