/** Checkpoints: memory into segments, published by a manifest, so that opening reads data instead of history (SPEC.md S14–S16). */
import { asKindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { Checksum } from '../format/bytes.js';
import { encodeManifest, segmentKeysOf } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import { encodeSegment, generationOfKey, SEGMENT_BYTES, segmentKey } from '../format/segment.js';
import type { StorageBatch } from '../storage/storage.js';
import type * as Capture from './capture.js';
import type { SegmentSink } from './capture.js';
import { catalogOf, putCatalog } from './catalog.js';
import type { CatalogText } from './catalog.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { COLUMN_KINDS } from './column-segments.js';
import type { ColumnKind, ColumnSegment } from './column-segments.js';
import { exclusive } from './commit.js';
import type { CommitQueue } from './commit.js';
import type { Requests } from './requests.js';
import { areTrigramsDue, captureChanges, isGraphDue } from './stored-indexes.js';
import type { Occasion } from './stored-indexes.js';
import type { LogPosition, WriteLog } from './write-log.js';

/** A checkpoint is due when opening would have to replay more than this. */
const DUE_BYTES = 8 * 1024 * 1024;
const DUE_ENTRIES = 4_000;

/** After a checkpoint that failed, the next one waits for so much more. */
const RETRY_BYTES = 1024 * 1024;
const MAX_BACK_OFF = 3;

/** The generation a store was opened from. */
export interface Opened {
  /** Null: from the log alone. */
  manifest: Manifest | null;
  /** Where it lies; null with the manifest. */
  slot: ManifestSlot | null;
  /** The one in the other slot, when it is sound. */
  other: Manifest | null;
  /** Keys of all stored segments. */
  segmentKeys: string[];
  /** False: something of another generation is damaged, and what only it names must stay until the next checkpoint. */
  sound: boolean;
}

export interface CheckpointerOptions {
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  requests: Requests;
  checksum: Checksum;
  opened: Opened;
  /** Payload at which a segment is full, and the most that one transaction holds, unless a segment alone is larger. Default 4 MiB. */
  segmentBytes?: number | undefined;
}

interface Captured {
  position: LogPosition;
  manifest: Manifest;
  catalogTexts: CatalogText[];
}

interface CapturedBy {
  sink: SegmentSink;
  capture: typeof Capture;
}

interface Stale {
  collection: CollectionState;
  kind: ColumnKind;
  segment: ColumnSegment;
}

export class Checkpointer {
  readonly #collections: Collections;
  readonly #log: WriteLog;
  readonly #queue: CommitQueue;
  readonly #requests: Requests;
  readonly #checksum: Checksum;
  readonly #segmentBytes: number;
  /** Stops the linking of rows while a graph is read; returns what lets it go on. */
  holdIndexing: () => () => void = () => () => {};
  #current: Manifest | null;
  #previous: Manifest | null;
  /** Handed over to be published; whether it was is not known until that has been said. */
  #doubtful: Manifest | null = null;
  #slot: ManifestSlot | null;
  #gen: number;
  /** Keys of segments that may be stored. */
  readonly #stored: Set<string>;
  #sound: boolean;
  #catalogTexts: CatalogText[] | null = null;
  #running: Promise<void> | null = null;
  /** Size of the log from which on a failed checkpoint is tried again. */
  #retryAt = 0;
  #failures = 0;
  /** What a checkpoint may take when there is hardly any room; null: as much as it needs. */
  #roomBytes: number | null = null;
  /** True: none begins by itself, because the store is open for reading only. */
  held = false;
  #failure: ChromaError | null = null;

  constructor({ collections, log, queue, requests, checksum, opened, segmentBytes }: CheckpointerOptions) {
    this.#segmentBytes = segmentBytes ?? SEGMENT_BYTES;
    this.#collections = collections;
    this.#log = log;
    this.#queue = queue;
    this.#requests = requests;
    this.#checksum = checksum;
    this.#current = opened.manifest;
    this.#previous = opened.other;
    this.#slot = opened.slot;
    this.#stored = new Set(opened.segmentKeys);
    this.#sound = opened.sound;
    // Above whatever was begun before: a key is never written twice.
    const generations = [
      opened.manifest?.gen ?? 0,
      opened.other?.gen ?? 0,
      ...opened.segmentKeys.map(generationOfKey),
    ];
    this.#gen = generations.reduce((max, gen) => Math.max(max, gen), 0);
  }

  /** Why the last checkpoint failed; the log holds what it would have held. */
  get failure(): ChromaError | null {
    return this.#failure;
  }

  get due(): boolean {
    const { bytes, entries } = this.#log.pending;
    return (!this.#sound || bytes >= DUE_BYTES || entries >= DUE_ENTRIES) && bytes >= this.#retryAt;
  }

  /** As `startIfDue`, and also when an index is complete and not stored as it is. Cost: a few numbers per collection. */
  startIfIndexDue(): void {
    if (this.held || this.#running !== null || this.#queue.failure !== null) return;
    const waits = this.#log.pending.bytes < this.#retryAt;
    if (this.due || (!waits && this.#isIndexDue('begins'))) this.run().catch(() => {});
  }

  #isIndexDue(occasion: Occasion): boolean {
    for (const collection of this.#collections)
      if (isGraphDue(collection, occasion) || areTrigramsDue(collection, occasion)) return true;
    return false;
  }

  /** Of the generation that counts; 0: none. */
  get generation(): number {
    return this.#current?.gen ?? 0;
  }

  /**
   * Two checkpoints that write about `roomBytes` at most: afterwards what is gone takes no room, in the former generation and in
   * the log before it either. False, and nothing is done, when what is there would not fit.
   * @throws as `run`
   */
  async reclaim(roomBytes: number): Promise<boolean> {
    if (Math.min(this.#log.pending.bytes, await this.#liveBytes()) > roomBytes) return false;
    this.#roomBytes = roomBytes;
    try {
      for (let time = 0; time < 2; time++) {
        // Due even when nothing was written meanwhile.
        this.#sound = false;
        await this.run();
      }
    } finally {
      this.#roomBytes = null;
    }
    return true;
  }

  async #liveBytes(): Promise<number> {
    const { reportCollection } = await import('./storage-report.js');
    return [...this.#collections]
      .map(reportCollection)
      .reduce((sum, { vectorBytes, recordBytes }) => sum + vectorBytes + recordBytes, 0);
  }

  /** There is room again: what failed for want of it is tried at once. */
  retry(): void {
    this.#retryAt = 0;
    this.startIfDue();
  }

  /** Begins a checkpoint behind the calls, when one is due and none runs. */
  startIfDue(): void {
    if (!this.held && this.due && this.#running === null && this.#queue.failure === null)
      this.run().catch(() => {});
  }

  /**
   * Resolves when everything acknowledged before this call is in segments.
   * @throws STORAGE_FENCED · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED; the former generation and the log are whole then
   */
  async run(): Promise<void> {
    // One that runs already may have looked before the last write.
    while (this.#running) await this.#running.catch(() => {});
    const running = this.#run();
    this.#running = running;
    try {
      await running;
    } finally {
      this.#running = null;
    }
  }

  /** Resolves when none runs. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running.catch(() => {});
  }

  /**
   * Deletes segments that no manifest names: what a crash left of a checkpoint that was not published, or of the time after.
   * A failure is no reason not to open; the next checkpoint tries again.
   */
  async sweep(): Promise<void> {
    if (this.#sound) await this.#deleteUnnamed();
  }

  async #run(): Promise<void> {
    try {
      // Loaded with the first checkpoint, which is behind the calls.
      const capture = await import('./capture.js');
      let stale = this.#stalest(capture);
      while (
        this.#log.pending.entries > 0 ||
        stale !== null ||
        !this.#sound ||
        this.#isIndexDue('goes along')
      ) {
        await this.#pass(stale, capture);
        // One segment at a time, so that the room it takes is that of one.
        stale = this.#stalest(capture);
        if (stale === null) break;
      }
      this.#failure = null;
      this.#failures = 0;
      this.#retryAt = 0;
    } catch (error) {
      this.#failure = asKindexError(error, 'checkpoint');
      const { code } = this.#failure;
      if (code === 'STORAGE_FENCED' || code === 'STORAGE_LOST') this.#queue.end(this.#failure);
      // Each time in a row waits for twice as much.
      this.#retryAt = this.#log.pending.bytes + RETRY_BYTES * 2 ** Math.min(this.#failures, MAX_BACK_OFF);
      this.#failures += 1;
      throw this.#failure;
    }
  }

  /** One generation: written, published, and what only older ones name deleted. */
  async #pass(stale: Stale | null, capture: typeof Capture): Promise<void> {
    const gen = this.#gen + 1;
    this.#gen = gen;
    let count = 0;
    let waiting: StorageBatch['puts'] = [];
    const sink: SegmentSink = {
      segmentBytes: this.#segmentBytes,
      put: (kind, { rows, firstRow, lastRow, payload }) => {
        const name = { gen, kind, n: (count += 1) };
        const { value, crc } = encodeSegment(name, { rows, payload }, this.#checksum);
        waiting.push({ store: 'seg', key: segmentKey(name), value });
        return { ...name, bytes: value.length, crc, rows, firstRow, lastRow };
      },
    };
    const flush = async (): Promise<void> => {
      const puts = waiting;
      waiting = [];
      await this.#store(puts);
    };
    const members = [...this.#collections];
    try {
      for (const collection of members) {
        const limit = collection.rowEnd;
        // It may be deleted between two steps.
        const there = (): boolean => this.#collections.byId(collection.id) === collection;
        for (const kind of COLUMN_KINDS) {
          while (there() && capture.captureFull(collection, kind, limit, sink)) await flush();
        }
        try {
          const to = { sink, flush, holdIndexing: this.holdIndexing };
          if (this.#roomBytes !== null) continue;
          if (there() && isGraphDue(collection, 'goes along'))
            await (await import('./capture-derived.js')).captureGraph(collection, to);
          if (there() && areTrigramsDue(collection, 'goes along'))
            await (await import('./capture-derived.js')).captureTrigrams(collection, to);
        } catch (error) {
          if (there()) throw error;
        }
      }
      const captured = await this.#capture(gen, stale, { sink, capture });
      await flush();
      await this.#publish(captured);
    } catch (error) {
      for (const collection of [...members, ...this.#collections]) collection.segments.rollback();
      // Room for others, above all when there was too little.
      if (this.#sound) await this.#deleteUnnamed();
      throw error;
    }
    await this.#deleteUnnamed();
  }

  /** At a point between two groups, where memory is what the log says up to its end. */
  async #capture(gen: number, stale: Stale | null, by: CapturedBy): Promise<Captured> {
    // What fails in here is the checkpoint's failure, not the store's: it is carried out of the queue.
    const result = await this.#queue.submit(
      exclusive('checkpoint', () => ({
        entry: null,
        apply: (): { captured: Captured } | { error: unknown } => {
          try {
            return { captured: this.#captureNow(gen, stale, by) };
          } catch (error) {
            return { error };
          }
        },
      })),
    );
    if ('error' in result) throw result.error;
    return result.captured;
  }

  #captureNow(gen: number, stale: Stale | null, { sink, capture }: CapturedBy): Captured {
    const position = this.#log.position;
    const collections = [...this.#collections].map((collection) => {
      capture.captureTombstones(collection, sink);
      for (const kind of COLUMN_KINDS) {
        const due = stale?.collection === collection && stale.kind === kind ? stale.segment : null;
        capture.captureRest(collection, kind, due, sink);
      }
      captureChanges(collection, sink);
      const { columns, tombstones, graph, trigrams } = collection.segments;
      return {
        id: collection.id,
        nextRow: collection.rowEnd,
        dimensions: collection.dimensions,
        segments: [
          ...tombstones,
          ...COLUMN_KINDS.flatMap((kind) => columns[kind].segments.map(({ reference }) => reference)),
          ...graph.references,
          ...trigrams.references,
        ],
      };
    });
    const catalogTexts = catalogOf(this.#collections);
    const catalog = this.#isCatalog(catalogTexts) ? this.#current!.catalog : putCatalog(catalogTexts, sink);
    return {
      position,
      catalogTexts,
      manifest: {
        gen,
        uuid: this.#log.uuid,
        checkpointSeq: position.seq,
        checkpointEntry: position.entry,
        catalog,
        collections,
        clients: this.#requests.list(),
      },
    };
  }

  #isCatalog(texts: CatalogText[]): boolean {
    const held = this.#catalogTexts;
    return (
      this.#current !== null &&
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
      for (const { key } of batch) this.#stored.add(String(key));
      await this.#log.store({ puts: batch, deletes: [] });
    };
    for (const put of puts) {
      if (bytes + put.value.length > this.#segmentBytes) {
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
  async #publish({ manifest, position, catalogTexts }: Captured): Promise<void> {
    const slot: ManifestSlot = this.#slot === 'a' ? 'b' : 'a';
    const former = this.#current?.checkpointSeq ?? 0;
    this.#doubtful = manifest;
    await this.#log.store({
      puts: [{ store: 'manifest', key: slot, value: encodeManifest(manifest, this.#checksum) }],
      deletes: former > 0 ? [{ store: 'log', from: 1, to: former }] : [],
    });
    this.#previous = this.#current;
    this.#current = manifest;
    this.#doubtful = null;
    this.#slot = slot;
    this.#sound = true;
    this.#catalogTexts = catalogTexts;
    this.#log.drop(position);
    for (const collection of this.#collections) collection.segments.publish();
  }

  async #deleteUnnamed(): Promise<void> {
    const manifests = [this.#current, this.#previous, this.#doubtful];
    const named = new Set(manifests.flatMap((each) => (each === null ? [] : segmentKeysOf(each))));
    const unnamed = [...this.#stored].filter((key) => !named.has(key));
    if (unnamed.length === 0) return;
    try {
      await this.#log.store({
        puts: [],
        deletes: unnamed.map((key) => ({ store: 'seg', from: key, to: key })),
      });
    } catch {
      // They cost room and nothing else. Whatever is wrong with the storage shows at the next write.
      return;
    }
    for (const key of unnamed) this.#stored.delete(key);
  }

  #stalest({ stalestSegment }: typeof Capture): Stale | null {
    let found: (Stale & { share: number }) | null = null;
    for (const collection of this.#collections) {
      for (const kind of COLUMN_KINDS) {
        const column = collection.segments.columns[kind];
        if (!column.mayBeStale) continue;
        const stalest = stalestSegment(collection, column);
        if (stalest === null) {
          column.mayBeStale = false;
          continue;
        }
        const takes = (1 - stalest.share) * stalest.segment.reference.bytes;
        if (takes <= (this.#roomBytes ?? Infinity) && stalest.share > (found?.share ?? 0))
          found = { collection, kind, ...stalest };
      }
    }
    return found;
  }
}

/** Diagnostics' words for a checkpoint that failed. */
export function checkpointWarning(failure: ChromaError): string {
  return `The last checkpoint failed (${failure.code}): ${failure.message} Nothing is lost; opening takes longer until one succeeds.`;
}
