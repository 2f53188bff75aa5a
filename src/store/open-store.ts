/** Opening a store: what the ladder found, told against the mark, taken over, and put together (SPEC.md S13, S16, S50–S52). */
import { kindexError } from '../base/errors.js';
import type { Checksum } from '../format/bytes.js';
import type { StoredRequest } from '../format/requests.js';
import type { StorageBackend } from '../storage/storage.js';
import type { StoreMarker } from '../storage/marker.js';
import type { VectorEngine } from '../vector-index/engine.js';
import { StoreCare } from './care.js';
import { Checkpointer } from './checkpoint.js';
import type { Collections } from './collections.js';
import { CommitQueue } from './commit.js';
import { isDamage } from './is-damage.js';
import { MarkKeeper, olderNumbers } from './mark-keeper.js';
import { openStored } from './open-stored.js';
import type { Requests } from './requests.js';
import { isShortage, RESERVE_KEY, Room } from './room.js';
import { hasChanged, readState } from './stored-state.js';
import type { StoredState } from './stored-state.js';
import { SegmentReader } from './segment-reader.js';
import { WriteLog } from './write-log.js';
import type { Durability } from './write-log.js';

export interface OpenOptions {
  backend: StorageBackend;
  engine: VectorEngine;
  checksum: Checksum;
  durability: Durability;
  uuid: () => string;
  segmentBytes: number | undefined;
  marker: StoreMarker | undefined;
  ifLost: 'throw' | 'recreate';
  reserveBytes: number;
  /** True: damage was found in vectors that the last opening had not read. */
  verify: boolean;
}

export interface OpenParts {
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  requests: Requests;
  checkpointer: Checkpointer;
  reader: SegmentReader;
  care: StoreCare;
}

/** Openings that a former owner may disturb; one that has been fenced cannot. */
const MAX_ATTEMPTS = 3;

/** Tells whether a former owner has stored something since the opening began. `head`: as long as this owner has not written it. */
type IsOvertaken = (what: { head: boolean }) => Promise<boolean>;

/**
 * A checkpoint of a former owner leaves the head as it is, so one that is published while this owner reads is no reason for the
 * fence: what was read is another generation then, and is read once more. So is what looks damaged while somebody writes.
 * @throws as `Store.open`
 */
export async function openParts(options: OpenOptions): Promise<OpenParts> {
  const { backend } = options;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const state = await readState(backend);
    const isOvertaken: IsOvertaken = (what) => hasChanged(backend, state, what);
    try {
      const parts = await open({ ...options, state }, isOvertaken);
      if (parts !== null) return parts;
    } catch (error) {
      if (!isDamage(error) || !(await isOvertaken({ head: true }))) throw error;
    }
  }
  throw kindexError('STORAGE_FENCED', `Another owner is at work in storage "${backend.name}".`);
}

/** Null when `isOvertaken`: nothing of what was read counts. */
async function open(
  options: OpenOptions & { state: StoredState },
  isOvertaken: IsOvertaken,
): Promise<OpenParts | null> {
  const { backend, checksum, durability, segmentBytes, marker } = options;
  const mark = (await marker?.read()) ?? null;
  const reader = new SegmentReader({ backend, checksum });
  const opened = await openStored({ ...options, reader });
  const { collections, requests, head, headBytes, pending, cut, readOnly, damage } = opened;
  try {
    if (mark !== null && opened.isNew) {
      const { lostStoreError } = await import('./mark-notes.js');
      const lost = lostStoreError(backend.name, mark);
      if (options.ifLost === 'throw') throw lost;
      damage.push({
        effect: 'recreated',
        message: `A new store was begun. ${lost.message}`,
        details: lost.details,
      });
    }
    let serves = false;
    const onDurable = (): void => {
      if (serves) keeper?.touch();
    };
    const count = (): number => [...collections].reduce((sum, { size }) => sum + size, 0);
    let durableRecords = 0;
    const onRelaxed = (): void => void (durableRecords = count());
    const log = new WriteLog({
      backend,
      checksum,
      durability,
      headBytes,
      head,
      pending,
      cut,
      onDurable,
      ...(marker && { onRelaxed }),
    });
    const queue = new CommitQueue(log, (request: StoredRequest) => requests.note(request));
    const checkpointer = new Checkpointer({
      collections,
      log,
      queue,
      requests,
      checksum,
      opened: opened.opened,
      reader,
      segmentBytes,
    });
    const found = { uuid: head.uuid, epoch: head.epoch, lastSeq: head.lastSeq };
    const state = { ...found, generation: newestGeneration(opened.opened) };
    const told = opened.isNew ? null : (mark?.mark ?? null);
    const { guessed } = opened;
    if (told !== null && guessed.includes('uuid')) state.uuid = told.uuid;
    const older =
      told === null
        ? []
        : olderNumbers(told, state).filter((each) => !guessed.some((guess) => guess === each));
    if (told !== null && (told.uuid !== state.uuid || older.length > 0))
      damage.push((await import('./mark-notes.js')).olderNote(told, state));
    const keeper =
      marker === undefined
        ? null
        : new MarkKeeper(marker, () =>
            queue.failure?.code === 'STORAGE_FENCED' || !log.isOwner
              ? null
              : {
                  uuid: log.uuid,
                  epoch: log.epoch,
                  lastSeq: log.durableSeq,
                  generation: checkpointer.generation,
                  records: log.unflushed === 0 ? count() : durableRecords,
                },
          );
    const reserved = options.reserveBytes > 0 && (await backend.keys('meta')).includes(RESERVE_KEY);
    const room = new Room({ log, reserveBytes: options.reserveBytes, reserved });
    queue.room = room;
    // Reads come from memory: without this they would go on as if nothing had happened.
    backend.onLost?.((error) => queue.end(error));
    checkpointer.held = readOnly !== null;
    if (readOnly === null) await takeOver(log, room, opened);
    if (await isOvertaken({ head: !log.isOwner })) {
      collections.clear();
      return null;
    }
    serves = true;
    if (readOnly === null) {
      keeper?.touch();
      await log.cutOff();
      await checkpointer.sweep();
    }
    const care = new StoreCare({ log, checkpointer, room, keeper, damage, readOnly });
    return { collections, log, queue, requests, checkpointer, reader, care };
  } catch (error) {
    collections.clear();
    throw error;
  }
}

/** A storage may be too full for it: what is there can be read all the same, and deletes have the reserve. */
async function takeOver(log: WriteLog, room: Room, { isNew }: { isNew: boolean }): Promise<void> {
  try {
    await log.takeOver();
  } catch (error) {
    if (!isShortage(error) || isNew) throw error;
    room.noteShortage(error);
    log.takeOverLater();
  }
}

/** A manifest that is there but was not used is no older state. */
function newestGeneration({
  manifest,
  other,
}: {
  manifest: { gen: number } | null;
  other: { gen: number } | null;
}): number {
  return Math.max(manifest?.gen ?? 0, other?.gen ?? 0);
}
