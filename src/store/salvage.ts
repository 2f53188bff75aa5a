/**
 * What is left of a store that does not open, for an export: every record that is proved whole, and what is missing (SPEC.md S60).
 * Reads only, and needs neither catalog nor manifests.
 */
import type { Matrix, PackedTexts, Row } from '../base/types.js';
import type { Checksum } from '../format/bytes.js';
import { decodeHead, HEAD_KEY } from '../format/head.js';
import { decodeManifest, MANIFEST_SLOTS } from '../format/manifest.js';
import type { Manifest } from '../format/manifest.js';
import { generationOfKey } from '../format/segment.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type {
  DatabaseRef,
  ExportReadReply,
  SalvagedCollection,
  SalvageNote,
  SalvageOpenReply,
} from '../rpc/service.js';
import type { StorageBackend } from '../storage/storage.js';
import { isUnreadable } from './is-damage.js';
import { readLog } from './salvage-log.js';
import type { SalvagedLog } from './salvage-log.js';
import type { SalvagedRows, ValueKind } from './salvage-rows.js';
import { SalvageSources, textAt } from './salvage-sources.js';
import { SalvageState } from './salvage-state.js';

/** A piece is full at this. */
const PIECE_BYTES = 1024 * 1024;
const PIECE_RECORDS = 8_192;
/** Ids of incomplete records that are listed for each collection. */
const LISTED_IDS = 1_000;

export interface SalvageOptions {
  backend: StorageBackend;
  checksum: Checksum;
}

interface Found {
  told: SalvagedCollection;
  rows: SalvagedRows;
  /** Of whole records, in insertion order. */
  whole: Uint32Array;
}

export class Salvage {
  readonly #sources: SalvageSources;
  readonly #found: Found[] = [];
  readonly #missing: SalvageNote[] = [];

  private constructor(sources: SalvageSources) {
    this.#sources = sources;
  }

  /**
   * Reads everything once.
   * @throws FORMAT_TOO_NEW · STORAGE_LOST. Cost: one pass over all segments for each sound manifest, at least one; ids and 40 bytes a
   * record are held.
   */
  static async open({ backend, checksum }: SalvageOptions): Promise<Salvage> {
    const sources = new SalvageSources(backend, checksum);
    const salvage = new Salvage(sources);
    const tell = (message: string, details: Record<string, unknown>): void => {
      if (!salvage.#missing.some((note) => note.message === message))
        salvage.#missing.push({ message, details });
    };
    const manifests = await readSound(backend, { checksum, tell });
    const log = await readLog(backend, checksum);
    const lastEntry = await lastEntryOf(backend, { checksum, tell });
    const [newest] = manifests;
    const base = newest?.checkpointSeq ?? 0;
    tellHoles(log, { base: newest ?? null, lastEntry, tell });
    const state = new SalvageState(sources, tell);
    if (newest) await state.takeNamed(newest);
    else {
      const keys = (await backend.keys('seg')).map(String).filter((key) => generationOfKey(key) > 0);
      if (keys.length > 0)
        tell(
          'Both manifests are lost: what is missing altogether, and whether deletions are, cannot be told.',
          {
            what: 'manifests',
          },
        );
      await state.takeAll(keys.sort(byAge));
    }
    state.replay(log, base);
    for (const older of manifests.slice(1)) {
      if (!reaches(log, older, base)) continue;
      const other = new SalvageState(sources, tell);
      await other.takeNamed(older);
      other.replay(log, older.checkpointSeq);
      state.fillFrom(other);
    }
    for (const [id, rows] of state.rows) salvage.#found.push(found(id, rows, state.described.get(id)));
    return salvage;
  }

  /** Collections of one database, and those of which nobody knows where they belong. */
  collections({ tenant, database }: DatabaseRef): SalvageOpenReply {
    const collections = this.#found
      .map(({ told }) => told)
      .filter(({ collection, described }) => {
        return !described || (collection.tenant === tenant && collection.database === database);
      });
    const here = collections.map((each) =>
      each.described ? each : { ...each, collection: { ...each.collection, tenant, database } },
    );
    return { collections: here, missing: this.#missing };
  }

  /** About 1 MiB of whole records, from position `row` on, at first 0. @throws FORMAT_CORRUPT · STORAGE_FAILED · STORAGE_LOST */
  async read(collectionId: string, row: number): Promise<ExportReadReply> {
    const { rows, whole } = this.#found.find(({ told }) => told.collection.id === collectionId)!;
    const piece = new Piece(rows, this.#sources);
    let next = row;
    while (next < whole.length && !piece.full) await piece.add(whole[next++]!);
    return { batch: next === row ? null : piece.batch(), next };
  }
}

/** Records on their way out. */
class Piece {
  readonly #rows: SalvagedRows;
  readonly #sources: SalvageSources;
  readonly #ids: string[] = [];
  readonly #vectors: Float32Array[] = [];
  readonly #texts: Record<Exclude<ValueKind, 'vectors'>, (Uint8Array | null)[]> = {
    documents: [],
    metadatas: [],
    uris: [],
  };
  #bytes = 0;

  constructor(rows: SalvagedRows, sources: SalvageSources) {
    this.#rows = rows;
    this.#sources = sources;
  }

  get full(): boolean {
    return this.#bytes >= PIECE_BYTES || this.#ids.length >= PIECE_RECORDS;
  }

  /** A whole record. */
  async add(row: Row): Promise<void> {
    const dimensions = this.#rows.dimensions!;
    this.#ids.push(this.#rows.idOf(row)!);
    const { source, at } = this.#rows.placeOf('vectors', row)!;
    const { vectors } = this.#sources.peek(source) ?? (await this.#sources.read(source));
    this.#vectors.push(vectors!.data.subarray(at * dimensions, (at + 1) * dimensions));
    this.#bytes += dimensions * 4;
    for (const kind of ['documents', 'metadatas', 'uris'] as const) {
      const place = this.#rows.placeOf(kind, row);
      const values = place && (this.#sources.peek(place.source) ?? (await this.#sources.read(place.source)));
      const text = values && textAt(values.texts!, place.at);
      this.#texts[kind].push(text);
      this.#bytes += text?.length ?? 0;
    }
  }

  batch(): NonNullable<ExportReadReply['batch']> {
    const { documents, metadatas, uris } = this.#texts;
    return {
      ids: this.#ids,
      vectors: this.#matrix(),
      documents: packed(documents),
      metadatas: packed(metadatas),
      uris: packed(uris),
    };
  }

  #matrix(): Matrix {
    const dimensions = this.#rows.dimensions!;
    const data = new Float32Array(this.#vectors.length * dimensions);
    this.#vectors.forEach((vector, i) => data.set(vector, i * dimensions));
    return { data, rows: this.#vectors.length, dimensions };
  }
}

/** Null: none is there. */
function packed(texts: readonly (Uint8Array | null)[]): PackedTexts | null {
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

function found(id: string, rows: SalvagedRows, described: StoredCollection | undefined): Found {
  const newest = new Map<string, Row>();
  for (let row = 0; row < rows.end; row++) {
    const rowId = rows.idOf(row);
    // An id is given again only after its record was deleted.
    if (rowId !== null && !rows.isGone(row)) newest.set(rowId, row);
  }
  const whole: Row[] = [];
  const ids: string[] = [];
  let incomplete = 0;
  for (let row = 0; row < rows.end; row++) {
    const rowId = rows.idOf(row);
    if (rows.isGone(row) || (rowId !== null && newest.get(rowId) !== row)) continue;
    const kinds = ['vectors', 'documents', 'metadatas', 'uris'] as const;
    if (rowId !== null && kinds.every((kind) => !rows.isLost(kind, row))) {
      whole.push(row);
      continue;
    }
    incomplete += 1;
    if (rowId !== null && ids.length < LISTED_IDS) ids.push(rowId);
  }
  const stored = described ?? undescribed(id);
  return {
    rows,
    whole: Uint32Array.from(whole),
    told: {
      collection: { ...stored, dimensions: rows.dimensions },
      records: whole.length,
      described: described !== undefined,
      incomplete,
      ids,
      deletionsLost: rows.tombstonesLost,
    },
  };
}

/** Its name and configuration are lost. */
function undescribed(id: string): StoredCollection {
  return {
    id,
    name: `salvaged-${id}`,
    tenant: '',
    database: '',
    metadata: null,
    configuration: {
      index: {
        space: 'l2',
        efConstruction: 100,
        efSearch: 100,
        maxNeighbors: 16,
        resizeFactor: 1.2,
        syncThreshold: 1000,
      },
      embeddingFunction: null,
    },
  };
}

interface ReadOptions {
  checksum: Checksum;
  tell: (message: string, details: Record<string, unknown>) => void;
}

/** The newest first. */
async function readSound(backend: StorageBackend, { checksum, tell }: ReadOptions): Promise<Manifest[]> {
  const sound: Manifest[] = [];
  for (const slot of MANIFEST_SLOTS) {
    try {
      const bytes = await backend.read('manifest', slot);
      if (bytes !== null) sound.push(decodeManifest(bytes, checksum));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      tell(`Manifest ${slot}: ${error.message}`, { what: 'manifest', slot });
    }
  }
  return sound.sort((a, b) => b.gen - a.gen);
}

/** Null: not known. */
async function lastEntryOf(backend: StorageBackend, { checksum, tell }: ReadOptions): Promise<number | null> {
  try {
    const bytes = await backend.read('meta', HEAD_KEY);
    if (bytes !== null) return decodeHead(bytes, checksum).lastEntry;
    tell('The head is missing: whether the end of the log is cannot be told.', { what: 'head' });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    tell(`The head: ${error.message}`, { what: 'head' });
  }
  return null;
}

function tellHoles(
  { entries, holes, lastEntry: last }: SalvagedLog,
  { base, lastEntry, tell }: { base: Manifest | null; lastEntry: number | null; tell: ReadOptions['tell'] },
): void {
  const after = base?.checkpointSeq ?? 0;
  const first = entries.find(({ seq }) => seq > after);
  const begins =
    !first || first.entry.op === 'reset' || base === null || first.number === base.checkpointEntry + 1;
  const lost = holes.filter((seq) => seq > after);
  if (!begins) lost.unshift(after + 1);
  for (const seq of lost)
    tell(`The log is damaged at row ${seq}: what it said there is not known.`, { what: 'log', seq });
  const end = Math.max(last, base?.checkpointEntry ?? 0);
  if (lastEntry !== null && end < lastEntry)
    tell(`The last ${lastEntry - end} operations of the log are missing.`, { what: 'log', after: end });
}

/** The log is whole from the end of `older` to `to`, so that both tell the same. */
function reaches({ entries, holes }: SalvagedLog, older: Manifest, to: number): boolean {
  if (holes.some((seq) => seq > older.checkpointSeq && seq <= to)) return false;
  if (older.checkpointSeq === to) return true;
  return entries.some(({ seq, number }) => seq > older.checkpointSeq && number === older.checkpointEntry + 1);
}

/** As they were written: by generation, then by number. */
function byAge(a: string, b: string): number {
  const age = (key: string): string => `${key.slice(0, 16)}${key.slice(-8)}`;
  return age(a) < age(b) ? -1 : 1;
}
