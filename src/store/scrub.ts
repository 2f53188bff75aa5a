/** Reads what is stored while nobody uses the store, to find damage while memory can still make up for it (SPEC.md S61). Loaded once the store is quiet. */
import { ChromaError, kindexError } from '../base/errors.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { isReset } from '../format/entry.js';
import { decodeRow } from '../format/log-row.js';
import { decodeManifest, encodeManifest, MANIFEST_SLOTS } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import { segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import type { DamageNote } from '../rpc/service.js';
import type { StorageBackend } from '../storage/storage.js';
import type { CollectionState } from './collection-state.js';
import { COLUMN_KINDS, forEachRow } from './column-segments.js';
import type { OpenParts } from './open-store.js';
import { checkContent } from './scrub-content.js';

/** One value a minute: 4 MiB of reading at most, and 1,000 segments in a day. */
const EVERY_MS = 60_000;
/** Nobody has used the store for so long. */
const QUIET_MS = 2_000;
/** The second generation is read in one round of so many. */
const OTHER_ROUNDS = 4;

export interface ScrubTimes {
  /** Default: a minute. */
  everyMs?: number;
  /** Default: 2 s. */
  quietMs?: number;
  /** Runs something later; returns what prevents it. Default: a timer that keeps no process alive. */
  after?: (run: () => void, ms: number) => () => void;
}

interface Target {
  key: string;
  /** @throws FORMAT_CORRUPT; true: looked at. False: it changed meanwhile. */
  check: () => Promise<boolean>;
  /** Makes the next checkpoint write it anew. False: what it holds is not in memory. Absent: no more than a checkpoint is needed. */
  prepare?: () => boolean;
  /** Writes it anew, instead of checkpoints. */
  rewrite?: () => Promise<void>;
}

interface Open {
  target: Target;
  note: DamageNote;
}

type Parts = Pick<OpenParts, 'care' | 'checkpointer' | 'collections' | 'log' | 'queue' | 'reader'>;

export class Scrubber {
  readonly #backend: StorageBackend;
  readonly #checksum: Checksum;
  readonly #parts: Parts;
  readonly #times: Required<ScrubTimes>;
  readonly #builder: { readonly quietMs: number };
  #cancel: () => void = () => {};
  #running: Promise<void> | null = null;
  #stopped = false;
  /** Of this round. */
  #seen = new Set<string>();
  #round = 0;
  /** Row of the log up to which this round has looked. */
  #logSeq = 0;
  /** Told, and not yet written anew. */
  #open: Open[] = [];

  constructor(
    backend: StorageBackend,
    core: { crc32c: (bytes: Uint8Array<ArrayBuffer>) => number },
    parts: Parts,
    times: ScrubTimes,
    builder: { readonly quietMs: number },
  ) {
    this.#backend = backend;
    this.#checksum = (bytes) => core.crc32c(bytes as Uint8Array<ArrayBuffer>);
    this.#parts = parts;
    this.#times = { everyMs: EVERY_MS, quietMs: QUIET_MS, after: timer, ...times };
    this.#builder = builder;
    this.#later(this.#times.everyMs);
  }

  /** Nothing is read or written by it after this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #later(ms: number): void {
    if (!this.#stopped)
      this.#cancel = this.#times.after(() => {
        this.#running = this.#wake();
      }, ms);
  }

  /** Never rejects. */
  async #wake(): Promise<void> {
    const { everyMs, quietMs } = this.#times;
    if (this.#isBusy()) {
      this.#later(Math.max(quietMs, 1));
      return;
    }
    let ms = everyMs;
    try {
      await this.#step();
      // Somebody used the store meanwhile.
      if (this.#open.length > 0) ms = Math.max(quietMs, 1);
    } catch {
      // A storage that fails tells it to calls; the next minute tries again.
    }
    if (this.#parts.queue.failure === null) this.#later(ms);
  }

  #isBusy(): boolean {
    const { checkpointer, collections, queue } = this.#parts;
    const { quietMs } = this.#builder;
    return (
      quietMs === 0 ||
      quietMs < this.#times.quietMs ||
      checkpointer.busy ||
      checkpointer.held ||
      checkpointer.at.doubtful.length > 0 ||
      queue.failure !== null ||
      [...collections].some(({ vectors }) => vectors.absent > 0)
    );
  }

  async #step(): Promise<void> {
    if (this.#open.length > 0) return this.#mend();
    const target = this.#next();
    // What the opening found is not made up for yet.
    if (target === null || !this.#parts.checkpointer.at.sound) return;
    try {
      if (await target.check()) this.#seen.add(target.key);
    } catch {
      try {
        // A value that reads well the second time is not damaged.
        if (await target.check()) this.#seen.add(target.key);
      } catch (error) {
        if (!(error instanceof ChromaError) || !isDamaged(error)) throw error;
        this.#seen.add(target.key);
        await this.#found(target, error);
      }
    }
  }

  async #found(target: Target, error: ChromaError): Promise<void> {
    const { care, reader } = this.#parts;
    const note: DamageNote = {
      effect: 'covered',
      message: `Something stored was damaged while the store was open: nothing is lost, it is written anew. ${error.message}`,
      details: { ...error.details, found: 'scrub', mended: false },
    };
    care.damage.push(note);
    if (this.#isBusy() || target.prepare?.() !== false) {
      this.#open.push({ target, note });
      if (!this.#isBusy()) await this.#mend();
      return;
    }
    note.message = `Something stored was damaged while the store was open, and is not in memory. ${error.message}`;
    // Checkpoints would give up the generation that may still hold it: the store is opened again, and looks for that.
    reader.onDamage(error);
  }

  /** Twice, so that the generation before does not name it either. */
  async #mend(): Promise<void> {
    const { checkpointer, reader } = this.#parts;
    for (const { target, note } of this.#open.slice()) {
      if (target.rewrite) await target.rewrite();
      else {
        if (target.prepare?.() === false) {
          reader.onDamage(kindexError('FORMAT_CORRUPT', note.message, { details: note.details }));
          return;
        }
        for (let time = 0; time < 2; time++) {
          checkpointer.at.sound = false;
          await checkpointer.run();
        }
      }
      note.message = note.message.replace('it is written anew', 'it was written anew');
      note.details['mended'] = true;
      this.#open = this.#open.filter((each) => each.note !== note);
    }
  }

  /** What this round has not looked at; else the first of the next round. */
  #next(): Target | null {
    for (let again = 0; again < 2; again++) {
      const target = this.#targets().find(({ key }) => !this.#seen.has(key));
      if (target) return target;
      this.#seen = new Set();
      this.#logSeq = 0;
      this.#round += 1;
    }
    return null;
  }

  #targets(): Target[] {
    const { at } = this.#parts.checkpointer;
    const { current, previous, slot } = at;
    const withOther = this.#round % OTHER_ROUNDS === OTHER_ROUNDS - 1;
    const targets: Target[] = [];
    if (current !== null && slot !== null) {
      targets.push(this.#manifest(slot, current));
      const live = new Set<string>();
      for (const target of this.#segments(current, true)) {
        live.add(target.key);
        targets.push(target);
      }
      if (withOther && previous !== null) {
        targets.push(
          this.#manifest(
            MANIFEST_SLOTS.find((each) => each !== slot)!,
            previous,
          ),
        );
        targets.push(...this.#segments(previous, false).filter(({ key }) => !live.has(key)));
      }
    }
    targets.push(this.#log(((withOther ? previous : null) ?? current)?.checkpointSeq ?? 0));
    return targets;
  }

  #manifest(slot: ManifestSlot, manifest: Manifest): Target {
    const { checkpointer, log } = this.#parts;
    const { at } = checkpointer;
    const isThere = (): boolean => (slot === at.slot ? at.current : at.previous) === manifest;
    return {
      key: `manifest ${slot} ${manifest.gen}`,
      check: async () => {
        const bytes = await this.#backend.read('manifest', slot);
        if (!isThere() || checkpointer.busy) return false;
        if (bytes === null || decodeManifest(bytes, this.#checksum).gen !== manifest.gen)
          throw corrupt(`manifest ${slot} is missing, or another`, { what: 'manifest', slot });
        return true;
      },
      // The same in the same place: the other generation stays what it is.
      rewrite: async () => {
        if (!isThere() || checkpointer.busy) return;
        const value = encodeManifest(manifest, this.#checksum);
        await log.store({ puts: [{ store: 'manifest', key: slot, value }], deletes: [] });
      },
    };
  }

  #segments(manifest: Manifest, isLive: boolean): Target[] {
    const { collections, checkpointer } = this.#parts;
    const catalog = manifest.catalog.map((reference) =>
      this.#segment(reference, null, () => {
        if (isLive) checkpointer.at.catalogTexts = null;
        return true;
      }),
    );
    return manifest.collections.reduce((targets, { id, segments }) => {
      const collection = collections.byId(id);
      const told = collection ? knownDamage(collection) : new Set();
      for (const reference of segments)
        if (!told.has(segmentKey(reference)))
          targets.push(
            this.#segment(reference, { id, name: collection?.name }, () =>
              isLive && collections.byId(id) === collection && collection
                ? this.#prepare(reference, collection)
                : true,
            ),
          );
      return targets;
    }, catalog);
  }

  #segment(
    reference: SegmentReference,
    collection: { id: string; name: string | undefined } | null,
    prepare: () => boolean,
  ): Target {
    const key = segmentKey(reference);
    return {
      key,
      prepare,
      check: async () => {
        // What a checkpoint gives up meanwhile stays until it has been read.
        const release = this.#parts.reader.hold([reference]);
        try {
          const value = await this.#backend.read('seg', key);
          checkContent(value, reference, { collectionId: collection?.id ?? null, checksum: this.#checksum });
          return true;
        } catch (error) {
          if (!(error instanceof ChromaError) || !isDamaged(error)) throw error;
          const { kind, firstRow, lastRow } = reference;
          const where =
            collection === null ? '' : ` of rows ${firstRow} to ${lastRow} of "${collection.name}"`;
          throw kindexError('FORMAT_CORRUPT', `Segment ${key} (${kind}${where}): ${error.message}`, {
            details: {
              ...error.details,
              segment: key,
              kind,
              ...(collection && {
                collection: collection.name,
                collectionId: collection.id,
                firstRow,
                lastRow,
              }),
            },
            cause: error,
          });
        } finally {
          release();
        }
      },
    };
  }

  /** False: rows of it are in the storage alone. */
  #prepare(reference: SegmentReference, collection: CollectionState): boolean {
    const { segments } = collection;
    const { kind } = reference;
    if (kind === 'tombstones') segments.noteDelete(new Uint32Array(0));
    else if (kind === 'graph' || kind === 'graphChanges') segments.graph.drop();
    else if (kind === 'trigrams' || kind === 'trigramChanges') {
      segments.trigrams.drop();
      collection.filterIndex.forgetStored();
    } else if (kind === 'vectorRows') segments.rowListsOf = [];
    else if (kind !== 'catalog') {
      const key = segmentKey(reference);
      const segment = segments.column(kind).segments.find((each) => segmentKey(each.reference) === key);
      // A later checkpoint has written its rows elsewhere.
      if (segment === undefined) return true;
      let held = true;
      if (kind === 'vectors')
        forEachRow(segment, (row) => {
          if (collection.idOf(row) !== undefined && !collection.vectors.isHeld(row)) held = false;
        });
      if (!held) return false;
      this.#parts.checkpointer.at.mend = { collection, kind, segments: [segment] };
    }
    return true;
  }

  /** The rows after `from`, a batch of them each time. */
  #log(from: number): Target {
    const { checkpointer, log } = this.#parts;
    return {
      key: 'log',
      check: async () => {
        const { current } = checkpointer.at;
        const { seq: end } = log.position;
        const after = Math.max(from, this.#logSeq);
        let last = after;
        const entries = await this.#batch(after);
        // Only what no checkpoint and no write has touched meanwhile says something.
        if (checkpointer.at.current !== current || checkpointer.busy || log.position.seq !== end)
          return false;
        for (const { key, value } of entries) {
          const { seq, op } = decodeRow(value, this.#checksum);
          // A reset drops what was before it.
          if (seq !== key || (seq !== last + 1 && !(last === after && isReset(op))))
            throw corrupt(`row ${last + 1} of the log is not there`, { what: 'sequence', seq: last + 1 });
          last = seq;
        }
        if (entries.length === 0 && after < end)
          throw corrupt(`the log ends at row ${after}`, { what: 'sequence', seq: after });
        this.#logSeq = last;
        return last >= end;
      },
    };
  }

  async #batch(after: number): Promise<{ key: unknown; value: Uint8Array<ArrayBuffer> }[]> {
    for await (const batch of this.#backend.list('log', { after })) return batch;
    return [];
  }
}

/** Segments that records miss since the opening: told already. */
function knownDamage({ segments }: CollectionState): Set<string> {
  return new Set(
    COLUMN_KINDS.flatMap((kind) =>
      segments.columns[kind].segments.flatMap(({ damaged, reference }) =>
        damaged ? [segmentKey(reference)] : [],
      ),
    ),
  );
}

/** Values that the decoders refuse are damage too. */
function isDamaged({ code }: ChromaError): boolean {
  return code === 'FORMAT_CORRUPT' || code.startsWith('VALUE_');
}

function timer(run: () => void, ms: number): () => void {
  const started = setTimeout(run, ms);
  (started as { unref?: () => void }).unref?.();
  return () => clearTimeout(started);
}
