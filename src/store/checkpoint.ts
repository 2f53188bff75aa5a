/** Checkpoints: memory into segments, published by a manifest, so that opening reads data instead of history (SPEC.md S14–S16). */
import { asKindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { Checksum } from '../format/bytes.js';
import { SEGMENT_BYTES } from '../format/segment.js';
import type { Collections } from './collections.js';
import type { CommitQueue } from './commit.js';
import type { GenerationWriter } from './generation-writer.js';
import { deleteUnnamed, generationsOf } from './generations.js';
import type { Generations, Opened } from './generations.js';
import type { Requests } from './requests.js';
import type { SegmentReader } from './segment-reader.js';
import { isIndexDue } from './stored-indexes.js';
import type { WriteLog } from './write-log.js';

/** A checkpoint is due when opening would have to replay more than this: every tab waits for it when the owner ends (ADR 0026). */
const DUE_BYTES = 8 * 1024 * 1024;
const DUE_ENTRIES = 2_000;

/** While rows wait to be linked, as in a burst of writes, one that is due waits up to here: beside it a write takes several times as long. */
const PRESSING_BYTES = 16 * 1024 * 1024;

/** Writers wait for a checkpoint that is further behind: opening would have to replay it all. */
const BEHIND_BYTES = 24 * 1024 * 1024;

/** By so much earlier where a collection leaves its vectors in segments: until then they are in memory. */
const ON_DISK_BYTES = 8 * 1024 * 1024;

/** After a checkpoint that failed, the next one waits for so much more. */
const RETRY_BYTES = 1024 * 1024;
const MAX_BACK_OFF = 3;

export interface CheckpointerOptions {
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  requests: Requests;
  checksum: Checksum;
  opened: Opened;
  /** What it has under way stays stored. */
  reader: SegmentReader;
  /** Payload at which a segment is full, and the most that one transaction holds, unless a segment alone is larger. Default 4 MiB. */
  segmentBytes?: number | undefined;
}

export class Checkpointer {
  readonly #options: Omit<CheckpointerOptions, 'opened'>;
  readonly #log: WriteLog;
  readonly #queue: CommitQueue;
  /** What is known of what is stored; changed only while none runs. */
  readonly at: Generations;
  /** Stops the linking of rows while a graph is read; returns what lets it go on. */
  holdIndexing: () => () => void = () => () => {};
  #forkedAt: number;
  #writing: Promise<GenerationWriter> | null = null;
  #running: Promise<void> | null = null;
  /** Size of the log from which on a failed checkpoint is tried again. */
  #retryAt = 0;
  #failures = 0;
  /** True: none begins by itself, because the store is open for reading only. */
  held = false;
  #failure: ChromaError | null = null;

  constructor(options: CheckpointerOptions) {
    const { opened, ...rest } = options;
    this.#options = rest;
    this.#log = rest.log;
    this.#queue = rest.queue;
    this.at = generationsOf(opened);
    this.#forkedAt = opened.forkedAt;
  }

  /** Why the last checkpoint failed; the log holds what it would have held. */
  get failure(): ChromaError | null {
    return this.#failure;
  }

  get due(): boolean {
    return this.#isDueFrom(DUE_BYTES);
  }

  #isDueFrom(dueBytes: number): boolean {
    const { bytes, entries } = this.#log.pending;
    // A copy that only the log tells of has its records from the segments of another collection.
    const isForked = this.#forkedAt > (this.at.current?.checkpointEntry ?? 0);
    const isDue = !this.at.sound || isForked || bytes >= dueBytes || entries >= DUE_ENTRIES;
    return isDue && bytes >= this.#retryAt;
  }

  /** What was stored last copies a collection. */
  noteFork(): void {
    this.#forkedAt = this.#log.position.entry;
  }

  /** As `startIfDue`, and also when an index is complete and not stored as it is. Cost: a few numbers per collection. */
  startIfIndexDue(): void {
    if (this.held || this.#running !== null || this.#queue.failure !== null) return;
    const waits = this.#log.pending.bytes < this.#retryAt;
    if (this.due || (!waits && isIndexDue(this.#options.collections, 'begins'))) this.run().catch(() => {});
  }

  /** Of the generation that counts; 0: none. */
  get generation(): number {
    return this.at.current?.gen ?? 0;
  }

  /**
   * Two checkpoints that write about `roomBytes` at most: afterwards what is gone takes no room, in the former generation and in
   * the log before it either. False, and nothing is done, when what is there would not fit.
   * @throws as `run`
   */
  async reclaim(roomBytes: number): Promise<boolean> {
    const { liveBytes } = await import('./storage-report.js');
    if (Math.min(this.#log.pending.bytes, liveBytes(this.#options.collections)) > roomBytes) return false;
    this.at.roomBytes = roomBytes;
    try {
      for (let time = 0; time < 2; time++) {
        // Due even when nothing was written meanwhile.
        this.at.sound = false;
        await this.run();
      }
    } finally {
      this.at.roomBytes = null;
    }
    return true;
  }

  /** There is room again: what failed for want of it is tried at once. */
  retry(): void {
    this.#retryAt = 0;
    this.startIfDue();
  }

  /** Begins a checkpoint behind the calls, when one is due and none runs. */
  startIfDue(isDue: boolean = this.due): void {
    if (!this.held && isDue && this.#running === null && this.#queue.failure === null)
      this.run().catch(() => {});
  }

  /** As `startIfDue`, after a write: what is due for its bytes alone waits until its rows are linked, within limits. */
  startIfPressing(): void {
    this.startIfDue(this.#isDueFrom(this.#limit(PRESSING_BYTES)));
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

  /**
   * Waits for the running checkpoint where the log has grown far beyond what one takes, so that what only it holds stays bounded;
   * not while checkpoints fail. Never rejects.
   */
  async catchUp(): Promise<void> {
    if (this.#log.pending.bytes < this.#limit(BEHIND_BYTES) || this.#failure !== null) return;
    await this.#running?.catch(() => {});
  }

  #limit(bytes: number): number {
    // Most writes are far from either, and need not look at all collections.
    if (this.#log.pending.bytes < bytes - ON_DISK_BYTES) return bytes;
    return [...this.#options.collections].some(({ vectors }) => vectors.onDisk)
      ? bytes - ON_DISK_BYTES
      : bytes;
  }

  get busy(): boolean {
    return this.#running !== null;
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
    if (this.at.sound) await deleteUnnamed(this.at, this.#options);
  }

  /** Loaded with the first checkpoint, which is behind the calls; asked for again when that failed. */
  async #writer(): Promise<GenerationWriter> {
    const { segmentBytes = SEGMENT_BYTES } = this.#options;
    this.#writing ??= import('./generation-writer.js').then(
      (module) =>
        new module.GenerationWriter(this.at, {
          ...this.#options,
          segmentBytes,
          holdIndexing: () => this.holdIndexing(),
        }),
      (error: unknown) => {
        this.#writing = null;
        throw error;
      },
    );
    return this.#writing;
  }

  async #run(): Promise<void> {
    try {
      await (await this.#writer()).write();
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
}
