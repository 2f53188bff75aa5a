/** One collection in memory: its record, rows, texts and vector index. Changed only by what the log already holds. */
import { ChromaError } from '../base/errors.js';
import type { CollectionRecord, Matrix, Metadata, Row } from '../base/types.js';
import type { StoredCollection } from '../format/stored-collection.js';
import { TEXT_KEEP } from '../format/write-entry.js';
import type { TextPatch, WriteEntry } from '../format/write-entry.js';
import { FilterIndex } from '../query/filter-index.js';
import type { FilterSource } from '../query/filter-index.js';
import type { ReadView } from '../query/read-view.js';
import type { VectorEngine } from '../vector-index/engine.js';
import type { HnswIndex, HnswParameters } from '../vector-index/hnsw.js';
import type { BuildableIndex, VectorIndex } from '../vector-index/vector-index.js';
import { CollectionSegments } from './column-segments.js';
import type { ColumnKind } from './column-segments.js';
import type { Indexed } from './index-build.js';
import type { UnusedIndex } from './stored-indexes.js';
import { RowMap } from './row-map.js';
import { SetAside } from './set-aside.js';
import { VectorRows } from './vector-rows.js';
import { TextColumn } from './text-column.js';

type Watcher = (rows: Uint32Array | null) => void;

export class CollectionState implements ReadView, FilterSource, Indexed {
  readonly rows: RowMap = new RowMap();
  readonly documents: TextColumn = new TextColumn();
  /** JSON object texts. */
  readonly metadatas: TextColumn = new TextColumn();
  readonly uris: TextColumn = new TextColumn();
  readonly filterIndex: FilterIndex = new FilterIndex(this);
  /** What of it lies in segments, and what has changed since. */
  readonly segments: CollectionSegments = new CollectionSegments();
  /** Where the f32 vectors are. */
  readonly vectors: VectorRows = new VectorRows(this);
  /** Records that miss a part: none of them is among `rows`. */
  readonly setAside: SetAside = new SetAside();
  readonly #engine: VectorEngine;
  /** Stored indexes that could not be used when the store was opened. */
  readonly unusedIndexes: UnusedIndex[] = [];
  readonly #watchers = new Set<Watcher>();
  #stored: StoredCollection;
  #index: VectorIndex | BuildableIndex | HnswIndex | null = null;
  /** Rows of vectors restored so far, until these are given up. */
  #restored: Row[] = [];
  /** False while the index only waits for the first write to become durable. */
  #written = false;

  constructor(stored: StoredCollection, engine: VectorEngine) {
    this.#stored = stored;
    this.#engine = engine;
  }

  get stored(): StoredCollection {
    return this.#stored;
  }

  /** A copy: what callers do to it changes nothing here. */
  get record(): CollectionRecord {
    return { ...structuredClone(this.#stored), dimensions: this.dimensions };
  }

  get id(): string {
    return this.#stored.id;
  }

  get name(): string {
    return this.#stored.name;
  }

  /** Null until the first vector is written, then fixed for ever. */
  get dimensions(): number | null {
    return this.#written ? (this.#index?.dimensions ?? null) : null;
  }

  get index(): VectorIndex | null {
    return this.#written ? this.#index : null;
  }

  get size(): number {
    return this.rows.size;
  }

  /** Records that wait for nothing: the search finds the others by comparing them one by one. */
  get indexedSize(): number {
    return this.#graph?.indexed ?? this.size;
  }

  buildIndex(distances: number): boolean {
    // What is linked while vectors are read would be linked by codes that may be fitted anew.
    if (!this.#written || this.vectors.absent > 0) return true;
    return this.#graph?.build(distances) ?? true;
  }

  /** Where the engine has a graph that can be stored. */
  get storableGraph(): HnswIndex | null {
    return this.#written && this.#index !== null && 'serialize' in this.#index ? this.#index : null;
  }

  /** What lists of the graph in memory may hold, which may be more than is configured by now. */
  get maxNeighbors(): number {
    return this.storableGraph?.room ?? 0;
  }

  /** Brings neighbors in the graph together where that pays: a pause of up to 100 ms, false where there was nothing to do. */
  renumberIfItPays(): boolean {
    const graph = this.storableGraph;
    if (graph === null || !graph.renumberPays) return false;
    graph.renumber();
    return true;
  }

  get rowEnd(): Row {
    return this.rows.nextRow;
  }

  liveRows(): Iterable<Row> {
    return this.rows.liveRows();
  }

  idOf(row: Row): string | undefined {
    return this.rows.idOf(row);
  }

  rowOf(id: string): Row | undefined {
    return this.rows.rowOf(id);
  }

  documentBytesOf(row: Row): Uint8Array | null {
    return this.documents.read(row);
  }

  get documentBytes(): number {
    return this.documents.bytes.live;
  }

  documentOf(row: Row): string | null {
    return this.documents.text(row);
  }

  metadataOf(row: Row): Metadata | null {
    const json = this.metadatas.text(row);
    return json === null ? null : (JSON.parse(json) as Metadata);
  }

  /**
   * Finds room for `newVectors` vectors to be written, new or replaced, so that `applyWrite` cannot fail for want of it: called
   * before the write is stored. Nothing of it can be seen.
   * @throws VALUE_DIMENSION when no index can have `dimensions` · RUNTIME_OUT_OF_MEMORY
   */
  prepare({ dimensions, newVectors }: { dimensions: number; newVectors: number }): void {
    if (this.#index !== null && this.#index.dimensions !== dimensions && !this.#written) {
      // Left by a first write that never became durable.
      this.#index.dispose();
      this.#index = null;
    }
    this.#index ??= this.#createIndex(dimensions);
    this.#index.reserve(newVectors);
  }

  /**
   * A new `efSearch` counts at once; new `maxNeighbors` and `efConstruction` count for rows that are linked from now on. What is linked
   * stays as it is. Lists keep the room they have: with fewer neighbors the graph is built anew at the next opening. Without memory for
   * more neighbors they count from the next opening on.
   */
  replaceStored(stored: StoredCollection): void {
    this.#stored = stored;
    const { index } = stored.configuration;
    if (this.#graph) this.#graph.efSearch = index.efSearch;
    if (this.#index !== null && 'tune' in this.#index) tuneIndex(this.#index, limitsOf(index));
  }

  /** `listener` hears of rows before they change or go; null: all of them, with the collection. Returns what ends it. */
  watch(listener: Watcher): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Takes in a write that is durable. The entry's buffers are kept. */
  applyWrite(write: WriteEntry): void {
    const { rows, vectors } = write;
    for (const listener of this.#watchers) listener(rows);
    if (vectors) {
      // A replay comes here without `prepare`.
      this.prepare({ dimensions: vectors.dimensions, newVectors: 0 });
      this.#index!.add(rows, vectors);
      this.#written = true;
      this.vectors.note(rows, vectors);
    }
    for (let i = 0; i < rows.length; i++) if (rows[i]! >= this.rows.nextRow) this.rows.append(write.ids[i]!);
    if (this.setAside.size > 0) this.#settleSetAside(write);
    if (write.documents) this.documents.apply(rows, write.documents);
    if (write.metadatas) this.metadatas.apply(rows, write.metadatas);
    if (write.uris) this.uris.apply(rows, write.uris);
    this.segments.noteWrite(write);
    if (vectors) this.settleVectors();
    this.filterIndex.note(rows, { metadata: write.metadatas !== null, document: write.documents !== null });
  }

  applyDelete(rows: Uint32Array): void {
    for (const listener of this.#watchers) listener(rows);
    this.#index?.remove(rows);
    this.vectors.forget(rows);
    for (const column of [this.documents, this.metadatas, this.uris]) column.clear(rows);
    for (const row of rows) {
      this.rows.remove(row);
      this.setAside.delete(row);
    }
    this.segments.noteDelete(rows);
    this.filterIndex.note(rows, { metadata: true, document: true });
  }

  /** Gives the next row: to `id`, or to a record that is gone. Only while a store opens, like the two below. */
  restoreId(id: string | undefined): void {
    if (id === undefined) this.rows.skip();
    else this.rows.append(id);
  }

  /** @throws VALUE_DIMENSION */
  restoreDimensions(dimensions: number): void {
    this.prepare({ dimensions, newVectors: 0 });
    this.#written = true;
  }

  /** Of live rows. @throws as `VectorIndex.add` */
  restoreVectors(rows: Uint32Array, vectors: Matrix): void {
    this.#index!.add(rows, vectors);
    if (!this.wantsDisk || this.vectors.onDisk) return;
    // A row may lie in several segments.
    for (const row of rows) this.#restored.push(row);
    if (this.storableGraph?.wantsGraph !== true) return;
    this.#restored = [...new Set(this.#restored)];
    this.settleVectors({ opening: true });
  }

  /** How many live records ids have been restored for, and vectors or codes have not. */
  get missingVectors(): number {
    return this.size - (this.index?.size ?? 0);
  }

  /** What an opening has begun to restore does not count: it begins anew with vectors. */
  restartIndex(dimensions: number): void {
    this.#index?.dispose();
    this.#index = null;
    this.restoreDimensions(dimensions);
  }

  /** True when f32 vectors are to stay in segments as soon as a graph is worth its while. */
  get wantsDisk(): boolean {
    return (this.#stored.configuration.index.vectors ?? 'memory') !== 'memory';
  }

  /** True when what codes found is measured anew over vectors from the storage. */
  get rescores(): boolean {
    return this.#stored.configuration.index.vectors === 'disk-rescored' && this.vectors.onDisk;
  }

  /**
   * Gives up vectors that are in segments, where the collection is to keep codes alone and large enough for a graph. While a
   * store opens all of them are in segments.
   */
  settleVectors({ opening = false }: { opening?: boolean } = {}): void {
    const index = this.storableGraph;
    if (!this.wantsDisk || index === null || !index.keepsVectors || !index.wantsGraph) return;
    const rows = Uint32Array.from(opening ? this.#restored : this.liveRows());
    const elsewhere = this.segments.columns.vectors.unpublished;
    const kept = opening ? new Uint32Array(0) : rows.filter(elsewhere);
    try {
      const vectors = index.read(kept);
      index.dropVectors(rows);
      this.vectors.note(kept, vectors);
    } catch (error) {
      // Then the vectors stay; the next write tries again.
      if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_OUT_OF_MEMORY') throw error;
    }
    this.#restored = [];
  }

  /** Copies, in the order asked. Rows are live, and held. */
  vectorsOf(rows: Uint32Array): Matrix {
    return this.vectors.held(rows);
  }

  /** Copies, in the order asked, of rows whose vector is held: live ones, and such as are set aside for another column. */
  heldVectorsOf(rows: Uint32Array): Matrix {
    if (this.setAside.size === 0) return this.vectorsOf(rows);
    const dimensions = this.dimensions ?? 0;
    const data = new Float32Array(rows.length * dimensions);
    rows.forEach((row, i) => {
      const vector = this.setAside.get(row)?.vector ?? this.vectorsOf(Uint32Array.of(row)).data;
      data.set(vector, i * dimensions);
    });
    return { data, rows: rows.length, dimensions };
  }

  /** True when the row's value of this column is in memory: of live rows, and of those set aside for another column. */
  holds(kind: ColumnKind | 'codes', row: Row): boolean {
    if (kind === 'codes') return this.rows.idOf(row) !== undefined;
    return this.rows.idOf(row) !== undefined || this.setAside.holds(row, kind);
  }

  /**
   * Takes records out that miss a part, and keeps what is left of them. Only while a store opens; the rows are not gone.
   * `lost`: by row, the columns that are not known.
   */
  setRowsAside(lost: ReadonlyMap<Row, Set<ColumnKind>>): void {
    for (const [row, kinds] of lost) {
      const id = this.rows.idOf(row) ?? null;
      const keepsVector = this.index !== null && !kinds.has('vectors');
      const vector = keepsVector ? this.vectorsOf(Uint32Array.of(row)).data : null;
      this.#index?.remove(Uint32Array.of(row));
      this.rows.remove(row);
      this.setAside.add(row, { id, lost: kinds, vector });
    }
  }

  /** A write ends what it concerns: it gives a record set aside what that missed, or its id to a new record. */
  #settleSetAside({ rows, ids, vectors, documents, metadatas, uris }: WriteEntry): void {
    const given: Partial<Record<ColumnKind, boolean>> = { vectors: vectors !== null };
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const id = ids[i]!;
      const record = this.setAside.get(row);
      if (record === undefined) {
        const former = this.setAside.rowOf(id);
        if (former === undefined) continue;
        this.setAside.delete(former);
        for (const column of [this.documents, this.metadatas, this.uris])
          column.clear(Uint32Array.of(former));
        this.segments.noteDelete(Uint32Array.of(former));
        continue;
      }
      // Its id lies in no segment that can be read.
      if (record.id === null) this.segments.columns.ids.note(Uint32Array.of(row));
      this.setAside.name(row, id);
      given.documents = isGiven(documents, i);
      given.metadatas = isGiven(metadatas, i);
      given.uris = isGiven(uris, i);
      for (const kind of record.lost) if (given[kind] === true) record.lost.delete(kind);
      const one = Uint32Array.of(row);
      if (given.vectors === true) record.vector = vectorAt(vectors!, i);
      if (record.lost.size > 0) {
        this.#index?.remove(one);
        continue;
      }
      this.setAside.delete(row);
      this.rows.restore(row, id);
      const { vector } = record;
      if (vector !== null) this.#index!.add(one, { data: vector, rows: 1, dimensions: vector.length });
    }
  }

  /** Frees the index's memory, and ends what goes on behind the filters. */
  dispose(): void {
    for (const listener of this.#watchers) listener(null);
    this.#watchers.clear();
    this.filterIndex.dispose();
    this.setAside.clear();
    this.#index?.dispose();
    this.#index = null;
  }

  #createIndex(dimensions: number): VectorIndex | BuildableIndex | HnswIndex {
    const { index } = this.#stored.configuration;
    return this.#engine.create({ ...index, ...limitsOf(index), dimensions });
  }

  get #graph(): BuildableIndex | null {
    return this.#index !== null && 'build' in this.#index ? this.#index : null;
  }
}

function vectorAt({ data, dimensions }: Matrix, i: number): Float32Array<ArrayBuffer> {
  return data.slice(i * dimensions, (i + 1) * dimensions);
}

function isGiven(patch: TextPatch | null, i: number): boolean {
  return patch !== null && (patch.states === null || patch.states[i] !== TEXT_KEEP);
}

/** What does not fit into memory counts from the next opening on; nothing is changed then. */
function tuneIndex(index: HnswIndex, limits: Pick<HnswParameters, 'maxNeighbors' | 'efConstruction'>): void {
  try {
    index.tune(limits);
  } catch (error) {
    if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_OUT_OF_MEMORY') throw error;
  }
}

/** Chroma takes larger numbers than any graph here can have: those count as the largest there are. */
function limitsOf({
  maxNeighbors,
  efConstruction,
}: HnswParameters): Pick<HnswParameters, 'maxNeighbors' | 'efConstruction'> {
  return { maxNeighbors: Math.min(maxNeighbors, 256), efConstruction: Math.min(efConstruction, 4096) };
}
