/**
 * Collections as they were at one moment, read piece by piece while writes go on: what is about to change and has not been
 * read yet is kept aside (SPEC.md S20). Nothing here is stored, and nothing here waits.
 */
import { kindexError } from '../base/errors.js';
import type { Matrix, PackedTexts, Row } from '../base/types.js';
import type { ExportOpenReply, ExportReadReply, RecordBatch } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import type { TextColumn } from './text-column.js';

/** A piece is full at this. */
const PIECE_BYTES = 1024 * 1024;
const PIECE_RECORDS = 8_192;
/** What may be kept aside for all exports together. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** Readers that have gone without a word must not pile up. */
const MAX_SESSIONS = 16;

const COLUMNS = ['documents', 'metadatas', 'uris'] as const;
type Texts = Record<(typeof COLUMNS)[number], Uint8Array | null>;

interface Kept extends Texts {
  id: string;
  /** Read from the storage where it was not in memory. */
  vector: Float32Array | Promise<Float32Array>;
  bytes: number;
}

interface Session {
  id: string;
  collection: CollectionState;
  /** 1 for each row that there was; rows from its end on came later. */
  there: Uint8Array;
  /** Rows below have been read, and are not asked for again. */
  floor: Row;
  kept: Map<Row, Kept>;
  keptBytes: number;
  stopWatching: () => void;
}

export interface ExportSessionsOptions {
  uuid: () => string;
  /** Default 64 MiB. */
  maxKeptBytes?: number;
}

export class ExportSessions {
  readonly #sessions = new Map<string, Session>();
  /** What exports were of that ended because it was deleted, by export; the last few. */
  readonly #deleted = new Map<string, string>();
  readonly #uuid: () => string;
  readonly #maxKeptBytes: number;

  constructor({ uuid, maxKeptBytes = MAX_KEPT_BYTES }: ExportSessionsOptions) {
    this.#uuid = uuid;
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** The collection as it is now. */
  open(collection: CollectionState): ExportOpenReply {
    const [oldest] = this.#sessions.values();
    if (oldest && this.#sessions.size >= MAX_SESSIONS) this.close(oldest.id);
    const session: Session = {
      id: this.#uuid(),
      collection,
      there: new Uint8Array(collection.rowEnd),
      floor: 0,
      kept: new Map(),
      keptBytes: 0,
      stopWatching: collection.watch((rows) => {
        if (rows === null) this.#noteDeleted(session);
        else this.#keep(session, rows);
      }),
    };
    for (const row of collection.liveRows()) session.there[row] = 1;
    this.#sessions.set(session.id, session);
    return { exportId: session.id, collection: collection.record, records: collection.size };
  }

  /**
   * Records from `row` on, and the row to go on from; the same piece again when it is asked for again at once.
   * @throws NOT_FOUND_COLLECTION when the collection was deleted since · WORKER_DIED when the export is not known (any more): it
   * was closed or given up
   */
  async read(exportId: string, row: Row): Promise<ExportReadReply> {
    const session = this.#sessions.get(exportId);
    const deleted = this.#deleted.get(exportId);
    if (deleted !== undefined) throw deletedMeanwhile(exportId, deleted);
    if (!session || row < session.floor) throw ended(exportId);
    session.floor = row;
    for (const kept of session.kept.keys()) if (kept < row) this.#forget(session, kept);
    const rows: Row[] = [];
    let bytes = 0;
    let next = row;
    for (; next < session.there.length && bytes < PIECE_BYTES && rows.length < PIECE_RECORDS; next++) {
      const size = sizeOf(session, next);
      if (size === null) continue;
      rows.push(next);
      bytes += size;
    }
    return { batch: rows.length === 0 ? null : await batchOf(session, rows), next };
  }

  /** Unknown ones are passed over. */
  close(exportId: string): void {
    this.#sessions.get(exportId)?.stopWatching();
    this.#sessions.delete(exportId);
  }

  /** Nothing of it is held any longer, however long its reader takes to ask again. */
  #noteDeleted({ id, collection }: Session): void {
    this.close(id);
    this.#deleted.set(id, collection.name);
    const [oldest] = this.#deleted.keys();
    if (oldest !== undefined && this.#deleted.size > MAX_SESSIONS) this.#deleted.delete(oldest);
  }

  /** The store ends. */
  clear(): void {
    for (const id of this.#sessions.keys()) this.close(id);
  }

  #keep(session: Session, rows: Uint32Array): void {
    const { collection, kept } = session;
    const changing = Uint32Array.from(
      rows.filter((row) => {
        const isThere = collection.idOf(row) !== undefined && session.there[row] === 1;
        return isThere && row >= session.floor && !kept.has(row);
      }),
    );
    if (changing.length > 0) {
      const vectorOf = vectorsBefore(collection, changing);
      changing.forEach((row, i) => {
        const record = recordOf(collection, row, vectorOf(i));
        kept.set(row, record);
        session.keptBytes += record.bytes;
      });
    }
    let total = 0;
    for (const { keptBytes } of this.#sessions.values()) total += keptBytes;
    // The export that holds most of it ends: a reader must not be able to fill the memory by waiting.
    if (total > this.#maxKeptBytes) this.close(mostKept(this.#sessions.values()).id);
  }

  #forget(session: Session, row: Row): void {
    session.keptBytes -= session.kept.get(row)!.bytes;
    session.kept.delete(row);
  }
}

function mostKept(sessions: Iterable<Session>): Session {
  return [...sessions].reduce((most, session) => (session.keptBytes > most.keptBytes ? session : most));
}

function ended(exportId: string): Error {
  return kindexError('WORKER_DIED', 'The export has ended before all of it was read.', {
    fix: 'Start the export again; if the collection changes faster than it is read, while less is written.',
    details: { exportId },
  });
}

function deletedMeanwhile(exportId: string, name: string): Error {
  return kindexError('NOT_FOUND_COLLECTION', `Collection "${name}" was deleted while it was exported.`, {
    fix: 'Export the other collections again; what was deleted is in no export that was not complete.',
    details: { exportId, name },
  });
}

/** What is read now will be overwritten: a copy. */
function recordOf(collection: CollectionState, row: Row, vector: Kept['vector']): Kept {
  const id = collection.idOf(row)!;
  const [documents, metadatas, uris] = COLUMNS.map((column) => collection[column].read(row)?.slice() ?? null);
  const texts = { documents: documents!, metadatas: metadatas!, uris: uris! };
  const bytes = COLUMNS.reduce((sum, column) => sum + (texts[column]?.length ?? 0), 0);
  return { id, vector, ...texts, bytes: bytes + (collection.dimensions ?? 0) * 4 + id.length + 64 };
}

/** Vectors as they are now, by position. */
function vectorsBefore(
  collection: CollectionState,
  rows: Uint32Array<ArrayBuffer>,
): (i: number) => Kept['vector'] {
  const { vectors } = collection;
  const of = ({ data, dimensions }: Matrix, i: number): Float32Array =>
    data.slice(i * dimensions, (i + 1) * dimensions);
  if (vectors.areHeld(rows)) {
    const held = vectors.held(rows);
    return (i) => of(held, i);
  }
  const reading = vectors.read(rows);
  return (i) => {
    const one = reading.then((matrix) => of(matrix, i));
    // It fails when it is asked for, or for nobody.
    one.catch(() => {});
    return one;
  };
}

/** About; null where there is no record. */
function sizeOf({ collection, kept, there }: Session, row: Row): number | null {
  if (there[row] !== 1) return null;
  const aside = kept.get(row);
  const id = aside?.id ?? collection.idOf(row);
  if (id === undefined) return null;
  const source = (column: (typeof COLUMNS)[number]): number =>
    (aside ? aside[column] : collection[column].read(row))?.length ?? 0;
  return id.length + (collection.dimensions ?? 0) * 4 + COLUMNS.reduce((sum, each) => sum + source(each), 16);
}

async function batchOf({ collection, kept }: Session, rows: Row[]): Promise<RecordBatch> {
  const dimensions = collection.dimensions ?? 0;
  const data = new Float32Array(rows.length * dimensions);
  const aside = rows.map((row) => kept.get(row)?.vector);
  // Everything is taken as it is now; only vectors may have to be waited for.
  const reading = collection.vectors.read(Uint32Array.from(rows.filter((row) => !kept.has(row))));
  const texts = (column: (typeof COLUMNS)[number]): PackedTexts | null =>
    packed(rows.map((row) => textOf(collection[column], kept.get(row)?.[column], row)));
  const batch = {
    ids: rows.map((row) => kept.get(row)?.id ?? collection.idOf(row)!),
    vectors: { data, rows: rows.length, dimensions },
    documents: texts('documents'),
    metadatas: texts('metadatas'),
    uris: texts('uris'),
  };
  const vectors = (await reading).data;
  let used = 0;
  for (const [i, vector] of aside.entries()) {
    data.set((await vector) ?? vectors.subarray(used, used + dimensions), i * dimensions);
    if (!vector) used += dimensions;
  }
  return batch;
}

/** `aside`: undefined where the row is as it was. */
function textOf(column: TextColumn, aside: Uint8Array | null | undefined, row: Row): Uint8Array | null {
  return aside === undefined ? column.read(row) : aside;
}

/** Null when there is none. */
function packed(texts: (Uint8Array | null)[]): PackedTexts | null {
  if (texts.every((text) => text === null)) return null;
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0));
  const ends = new Uint32Array(texts.length);
  let at = 0;
  texts.forEach((text, i) => {
    if (text) bytes.set(text, at);
    at += text?.length ?? 0;
    ends[i] = at;
  });
  const present = texts.includes(null) ? Uint8Array.from(texts, (text) => (text === null ? 0 : 1)) : null;
  return { bytes, ends, present };
}
