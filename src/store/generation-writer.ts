/** Writes generations: one checkpoint, from memory to the manifest that makes it count. Loaded with the first one, which is behind the calls. */
import type { Checksum } from '../format/bytes.js';
import { encodeManifest } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import { encodeSegment, MIN_SEGMENT_BYTES, segmentKey } from '../format/segment.js';
import type { StorageBatch } from '../storage/storage.js';
import {
  beginCodes,
  captureCodes,
  captureFull,
  captureRest,
  captureTombstones,
  staleSegments,
  unreadRows,
} from './capture.js';
import type { SegmentSink } from './capture.js';
import { catalogOf, putCatalog } from './catalog.js';
import type { CatalogText } from './catalog.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { COLUMN_KINDS } from './column-segments.js';
import type { ColumnKind, ColumnSegment } from './column-segments.js';
import { exclusive } from './commit.js';
import type { CommitQueue } from './commit.js';
import { deleteUnnamed } from './generations.js';
import type { Generations } from './generations.js';
import type { Requests } from './requests.js';
import type { SegmentReader } from './segment-reader.js';
import { areTrigramsDue, captureChanges, isGraphDue, isIndexDue } from './stored-indexes.js';
import type { LogPosition, WriteLog } from './write-log.js';

export interface GenerationWriterOptions {
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  requests: Requests;
  checksum: Checksum;
  reader: SegmentReader;
  /** Payload at which a segment is full, and the most that one transaction holds, unless a segment alone is larger. */
  segmentBytes: number;
  /** Stops the linking of rows while a graph is read; returns what lets it go on. */
  holdIndexing: () => () => void;
}

interface Captured {
  position: LogPosition;
  /** To be called once it counts. */
  published: (() => void)[];
  manifest: Manifest;
  catalogTexts: CatalogText[];
}

interface Stale {
  collection: CollectionState;
  kind: ColumnKind | 'codes';
  segments: ColumnSegment[];
}

const STORED_KINDS = [...COLUMN_KINDS, 'codes'] as const;

export class GenerationWriter {
  readonly #at: Generations;
  readonly #options: GenerationWriterOptions;

  constructor(at: Generations, options: GenerationWriterOptions) {
    this.#at = at;
    this.#options = options;
  }

  /** Generation after generation, until everything acknowledged before the call is in segments. @throws as `Checkpointer.run`; not wrapped */
  async write(): Promise<void> {
    const { log, collections } = this.#options;
    let stale = this.#at.mend ?? this.#stalest();
    while (
      log.pending.entries > 0 ||
      stale !== null ||
      !this.#at.sound ||
      isIndexDue(collections, 'goes along')
    ) {
      await this.#pass(stale);
      if (stale === this.#at.mend) this.#at.mend = null;
      // One segment at a time, so that the room it takes is that of one.
      stale = this.#stalest();
      if (stale === null) break;
    }
  }

  /** One generation: written, published, and what only older ones name deleted. */
  async #pass(stale: Stale | null): Promise<void> {
    const gen = this.#at.gen + 1;
    this.#at.gen = gen;
    let count = 0;
    let waiting: StorageBatch['puts'] = [];
    let waitingBytes = 0;
    const sink: SegmentSink = {
      segmentBytes: this.#options.segmentBytes,
      put: (kind, { rows, firstRow, lastRow, payload }) => {
        const name = { gen, kind, n: (count += 1) };
        const { value, crc } = encodeSegment(name, { rows, payload }, this.#options.checksum);
        waiting.push({ store: 'seg', key: segmentKey(name), value });
        waitingBytes += value.length;
        return { ...name, bytes: value.length, crc, rows, firstRow, lastRow };
      },
      miss: (kind, { firstRow, lastRow }) => ({
        gen,
        kind,
        n: (count += 1),
        bytes: MIN_SEGMENT_BYTES,
        crc: 0,
        rows: 1,
        firstRow,
        lastRow,
      }),
    };
    const flush = async (): Promise<void> => {
      const puts = waiting;
      waiting = [];
      waitingBytes = 0;
      await this.#store(puts);
    };
    const members = [...this.#options.collections];
    const pins: (() => void)[] = [];
    try {
      for (const collection of members) {
        const limit = collection.rowEnd;
        // It may be deleted between two steps.
        const there = (): boolean => this.#options.collections.byId(collection.id) === collection;
        for (const kind of COLUMN_KINDS) {
          while (there() && captureFull(collection, kind, limit, sink))
            if (waitingBytes >= this.#options.segmentBytes) await flush();
        }
        if (this.#at.roomBytes === null && there() && beginCodes(collection))
          while (there() && captureFull(collection, 'codes', limit, sink)) await flush();
        await flush();
        try {
          const to = { sink, flush, holdIndexing: this.#options.holdIndexing };
          if (this.#at.roomBytes !== null) continue;
          if (there() && isGraphDue(collection, 'goes along'))
            await (await import('./capture-derived.js')).captureGraph(collection, to);
          if (there() && areTrigramsDue(collection, 'goes along'))
            await (await import('./capture-derived.js')).captureTrigrams(collection, to);
        } catch (error) {
          if (there()) throw error;
        }
        try {
          const rows = unreadRows(
            collection,
            stale?.collection === collection && stale.kind === 'vectors' ? stale.segments : [],
          );
          if (rows.length > 0 && there()) pins.push(await collection.vectors.pin(rows));
        } catch (error) {
          if (there()) throw error;
        }
      }
      const captured = await this.#capture(gen, stale, sink);
      await flush();
      await this.#publish(captured);
    } catch (error) {
      for (const collection of [...members, ...this.#options.collections]) collection.segments.rollback();
      // Room for others, above all when there was too little.
      if (this.#at.sound) await deleteUnnamed(this.#at, this.#options);
      throw error;
    } finally {
      for (const unpin of pins) unpin();
    }
    await deleteUnnamed(this.#at, this.#options);
  }

  /** At a point between two groups, where memory is what the log says up to its end. */
  async #capture(gen: number, stale: Stale | null, sink: SegmentSink): Promise<Captured> {
    // What fails in here is the checkpoint's failure, not the store's: it is carried out of the queue.
    const result = await this.#options.queue.submit(
      exclusive('checkpoint', () => ({
        entry: null,
        apply: (): { captured: Captured } | { error: unknown } => {
          try {
            return { captured: this.#captureNow(gen, stale, sink) };
          } catch (error) {
            return { error };
          }
        },
      })),
    );
    if ('error' in result) throw result.error;
    return result.captured;
  }

  #captureNow(gen: number, stale: Stale | null, sink: SegmentSink): Captured {
    const position = this.#options.log.position;
    const due = (collection: CollectionState, kind: ColumnKind | 'codes'): ColumnSegment[] =>
      stale?.collection === collection && stale.kind === kind ? stale.segments : [];
    const published = [...this.#options.collections].map(({ vectors }) => vectors.mark());
    const collections = [...this.#options.collections].map((collection) => {
      captureTombstones(collection, sink);
      for (const kind of COLUMN_KINDS) {
        captureRest(collection, kind, due(collection, kind), sink);
      }
      captureCodes(collection, due(collection, 'codes'), sink, this.#at.roomBytes !== null);
      captureChanges(collection, sink);
      const { columns, codes, rowLists, tombstones, graph, trigrams } = collection.segments;
      return {
        id: collection.id,
        nextRow: collection.rowEnd,
        dimensions: collection.dimensions,
        segments: [
          ...tombstones,
          ...COLUMN_KINDS.flatMap((kind) => columns[kind].segments.map(({ reference }) => reference)),
          ...codes.segments.map(({ reference }) => reference),
          ...(rowLists === null ? [] : [rowLists]),
          ...graph.references,
          ...trigrams.references,
        ],
      };
    });
    const catalogTexts = catalogOf(this.#options.collections);
    const catalog = this.#isCatalog(catalogTexts)
      ? this.#at.current!.catalog
      : putCatalog(catalogTexts, sink);
    return {
      position,
      published,
      catalogTexts,
      manifest: {
        gen,
        uuid: this.#options.log.uuid,
        checkpointSeq: position.seq,
        checkpointEntry: position.entry,
        catalog,
        collections,
        clients: this.#options.requests.list(),
      },
    };
  }

  #isCatalog(texts: CatalogText[]): boolean {
    const held = this.#at.catalogTexts;
    return (
      this.#at.current !== null &&
      held?.length === texts.length &&
      texts.every(({ json }, i) => json === held[i]!.json)
    );
  }

  /** Puts the values, in transactions of bounded bytes. */
  async #store(puts: StorageBatch['puts']): Promise<void> {
    let batch: StorageBatch['puts'] = [];
    let bytes = 0;
    const commit = async (): Promise<void> => {
      if (batch.length === 0) return;
      for (const { key } of batch) this.#at.stored.add(String(key));
      await this.#options.log.store({ puts: batch, deletes: [] });
    };
    for (const put of puts) {
      if (bytes + put.value.length > this.#options.segmentBytes) {
        await commit();
        batch = [];
        bytes = 0;
      }
      batch.push(put);
      bytes += put.value.length;
    }
    await commit();
  }

  /** The moment the new generation counts. The former one stays whole with its log, in case the new one is found damaged. */
  async #publish({ manifest, position, catalogTexts, published }: Captured): Promise<void> {
    const slot: ManifestSlot = this.#at.slot === 'a' ? 'b' : 'a';
    const former = this.#at.current?.checkpointSeq ?? 0;
    this.#at.doubtful.push(manifest);
    await this.#options.log.store({
      puts: [{ store: 'manifest', key: slot, value: encodeManifest(manifest, this.#options.checksum) }],
      deletes: former > 0 ? [{ store: 'log', from: 1, to: former }] : [],
    });
    this.#at.previous = this.#at.current;
    this.#at.current = manifest;
    this.#at.doubtful = [];
    this.#at.slot = slot;
    this.#at.sound = true;
    this.#at.catalogTexts = catalogTexts;
    this.#options.log.drop(position);
    for (const collection of this.#options.collections) collection.segments.publish();
    for (const tell of published) tell();
  }

  #stalest(): Stale | null {
    let found: (Stale & { share: number }) | null = null;
    for (const collection of this.#options.collections) {
      for (const kind of STORED_KINDS) {
        const column = collection.segments.column(kind);
        if (!column.mayBeStale) continue;
        const stalest = staleSegments(collection, column, this.#options.segmentBytes);
        if (stalest === null) {
          column.mayBeStale = false;
          continue;
        }
        if (stalest.bytes <= (this.#at.roomBytes ?? Infinity) && stalest.share > (found?.share ?? 0))
          found = { collection, kind, ...stalest };
      }
    }
    return found;
  }
}
