/** One collection in memory: its record, rows, texts and vector index. Changed only by what the log already holds. */
import type { CollectionRecord, Matrix, Metadata, Row } from '../base/types.js';
import type { Core } from '../core/core.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { WriteEntry } from '../format/write-entry.js';
import { FilterIndex } from '../query/filter-index.js';
import type { FilterSource } from '../query/filter-index.js';
import type { ReadView } from '../query/read-view.js';
import { createFlatIndex } from '../vector-index/flat.js';
import { createHnswIndex } from '../vector-index/hnsw.js';
import type { HnswIndex } from '../vector-index/hnsw.js';
import type { VectorIndex } from '../vector-index/vector-index.js';
import { CollectionSegments } from './column-segments.js';
import type { Indexed } from './index-build.js';
import { RowMap } from './row-map.js';
import { TextColumn } from './text-column.js';

export class CollectionState implements ReadView, FilterSource, Indexed {
  readonly rows: RowMap = new RowMap();
  readonly documents: TextColumn = new TextColumn();
  /** JSON object texts. */
  readonly metadatas: TextColumn = new TextColumn();
  readonly uris: TextColumn = new TextColumn();
  readonly filterIndex: FilterIndex = new FilterIndex(this);
  /** What of it lies in segments, and what has changed since. */
  readonly segments: CollectionSegments = new CollectionSegments();
  readonly #core: Core;
  #stored: StoredCollection;
  #index: VectorIndex | HnswIndex | null = null;
  /** False while the index only waits for the first write to become durable. */
  #written = false;

  constructor(stored: StoredCollection, core: Core) {
    this.#stored = stored;
    this.#core = core;
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
    return this.#written ? (this.#graph?.build(distances) ?? true) : true;
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

  /** A new `efSearch` counts at once, new `maxNeighbors` when the store is opened again: the graph is not built anew. */
  replaceStored(stored: StoredCollection): void {
    this.#stored = stored;
    if (this.#graph) this.#graph.efSearch = stored.configuration.index.efSearch;
  }

  /** Takes in a write that is durable. The entry's buffers are kept. */
  applyWrite(write: WriteEntry): void {
    const { rows, vectors } = write;
    if (vectors) {
      // A replay comes here without `prepare`.
      this.prepare({ dimensions: vectors.dimensions, newVectors: 0 });
      this.#index!.add(rows, vectors);
      this.#written = true;
    }
    for (let i = 0; i < rows.length; i++) if (rows[i]! >= this.rows.nextRow) this.rows.append(write.ids[i]!);
    if (write.documents) this.documents.apply(rows, write.documents);
    if (write.metadatas) this.metadatas.apply(rows, write.metadatas);
    if (write.uris) this.uris.apply(rows, write.uris);
    this.segments.noteWrite(write);
    this.filterIndex.note(rows, { metadata: write.metadatas !== null, document: write.documents !== null });
  }

  applyDelete(rows: Uint32Array): void {
    this.#index?.remove(rows);
    for (const column of [this.documents, this.metadatas, this.uris]) column.clear(rows);
    for (const row of rows) this.rows.remove(row);
    this.segments.noteDelete();
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
  }

  /** Copies, in the order asked. Rows are live. */
  vectorsOf(rows: Uint32Array): Matrix {
    const index = this.index;
    return index === null ? { data: new Float32Array(0), rows: 0, dimensions: 0 } : index.read(rows);
  }

  /** Frees the index's memory, and ends what goes on behind the filters. */
  dispose(): void {
    this.filterIndex.dispose();
    this.#index?.dispose();
    this.#index = null;
  }

  /** Without SIMD a graph takes minutes to build and would slow every call meanwhile: there the exact scan answers alone. */
  #createIndex(dimensions: number): VectorIndex | HnswIndex {
    const { space, maxNeighbors, efConstruction, efSearch } = this.#stored.configuration.index;
    if (this.#core.kind === 'scalar') return createFlatIndex(this.#core, { space, dimensions });
    return createHnswIndex(this.#core, { space, dimensions, maxNeighbors, efConstruction, efSearch });
  }

  get #graph(): HnswIndex | null {
    return this.#index !== null && 'build' in this.#index ? this.#index : null;
  }
}
