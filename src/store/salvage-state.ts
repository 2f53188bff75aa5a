/** What one generation and the log after it tell of a store that does not open: collections, and what is known of each record. */
import { decodeCatalog, decodeTexts, decodeTombstones, decodeVectors } from '../format/segment-content.js';
import type { CatalogEntry } from '../format/segment-content.js';
import { isDerived, segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import type { Manifest } from '../format/manifest.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { StoredDatabase } from '../format/stored-database.js';
import type { LogEntry } from '../format/entry.js';
import type { ColumnKind } from './column-segments.js';
import { isUnreadable } from './is-damage.js';
import type { SalvagedEntry, SalvagedLog } from './salvage-log.js';
import { SalvagedRows, VALUE_KINDS } from './salvage-rows.js';
import type { ValueKind } from './salvage-rows.js';
import type { SalvageSources } from './salvage-sources.js';

type Fork = Extract<LogEntry, { op: 'forkCollection' }>;

/** Told of what is missing: `message` in words. */
export type Tell = (message: string, details: Record<string, unknown>) => void;

export class SalvageState {
  /** By id. */
  readonly described: Map<string, StoredCollection> = new Map();
  readonly rows: Map<string, SalvagedRows> = new Map();
  readonly #databases = new Map<string, StoredDatabase>();
  readonly #sources: SalvageSources;
  readonly #tell: Tell;
  /** True: segments may tell of later moments than the beginning of the log. */
  #ahead = false;
  /** Kinds of which a damaged segment may be of any collection. */
  readonly #missed = new Set<MissedKind>();

  constructor(sources: SalvageSources, tell: Tell) {
    this.#sources = sources;
    this.#tell = tell;
  }

  /** The segments a sound manifest names, in its order. */
  async takeNamed(manifest: Manifest): Promise<void> {
    for (const reference of manifest.catalog) {
      await this.#take(reference, (payload) => this.#takeCatalog(decodeCatalog(payload, reference.rows)));
    }
    for (const { id, dimensions, segments } of manifest.collections) {
      const rows = this.rowsOf(id);
      rows.dimensions = dimensions;
      for (const reference of segments) {
        if (isDerived(reference.kind)) continue;
        const whole = await this.#take(reference, (payload) => this.#takeRows(reference, payload, id));
        const { kind, firstRow, lastRow } = reference;
        if (whole) continue;
        if (kind === 'tombstones') rows.tombstonesLost = true;
        else if (kind !== 'catalog') rows.miss(kind as 'ids', firstRow, lastRow);
      }
    }
  }

  /**
   * All segments there are, in the order in which they were written: what the manifests named and both are lost. One that is damaged
   * may hold a newer value of any record written before it.
   */
  async takeAll(keys: readonly string[]): Promise<void> {
    this.#ahead = keys.length > 0;
    for (const key of keys) {
      const kind = Number(key.split('.')[1]);
      if (kind >= 128) continue;
      let reference: SegmentReference | null = null;
      let whole = false;
      try {
        const claimed = await this.#sources.claimed(key);
        reference = claimed;
        whole = await this.#take(claimed, (payload) => {
          if (claimed.kind === 'catalog') this.#takeCatalog(decodeCatalog(payload, claimed.rows));
          else this.#takeRows(claimed, payload, null);
        });
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        this.#tell(`Segment ${key} cannot be read: ${error.message}`, { segment: key });
      }
      if (!whole) this.#missEverywhere(reference?.kind ?? KINDS[kind]);
    }
  }

  /** `holes` before an entry: what it does not tell of a record may have been told there. */
  replay({ entries, holes }: SalvagedLog, after: number): void {
    for (const [i, { entry, seq }] of entries.entries()) {
      if (seq <= after) continue;
      const whole = !holes.some((hole) => hole > after && hole <= seq);
      if (entry.op !== 'forkCollection') this.#apply(entry, whole);
      // What the source held then is known only if nothing has happened to it since.
      else this.#fork(entry, whole && !(this.#ahead && entries.slice(i + 1).some(changes(entry.sourceId))));
    }
  }

  rowsOf(id: string): SalvagedRows {
    let rows = this.rows.get(id);
    if (!rows) {
      this.rows.set(id, (rows = new SalvagedRows()));
      for (const kind of this.#missed) missAll(rows, kind);
    }
    return rows;
  }

  /** What is lost here and told by the other generation, which ends at the same point. */
  fillFrom(other: SalvageState): void {
    for (const [id, rows] of this.rows) {
      const others = other.rows.get(id);
      if (others) rows.fillFrom(others);
      const described = other.described.get(id);
      if (described && !this.described.has(id)) this.described.set(id, described);
    }
  }

  /** False: damaged or missing, and told. */
  async #take(
    reference: SegmentReference,
    use: (payload: Uint8Array<ArrayBuffer>) => void,
  ): Promise<boolean> {
    try {
      use(await this.#sources.payload(reference));
      return true;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const segment = segmentKey(reference);
      this.#tell(`Segment ${segment} (${reference.kind}): ${error.message}`, {
        segment,
        kind: reference.kind,
      });
      return false;
    }
  }

  #takeCatalog(entries: readonly CatalogEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'database') this.#databases.set(entry.database.id, entry.database);
      if (entry.type !== 'collection') continue;
      this.described.set(entry.collection.id, entry.collection);
      this.rowsOf(entry.collection.id);
    }
  }

  /** `id`: whose they have to be; null: whosever they are. */
  #takeRows(reference: SegmentReference, payload: Uint8Array<ArrayBuffer>, id: string | null): void {
    const { kind, rows: count } = reference;
    if (kind === 'tombstones') {
      const { collectionId, first, words } = decodeTombstones(payload, count);
      this.rowsOf(id ?? collectionId).takeTombstones(first, words);
      return;
    }
    if (kind === 'vectors') {
      const { collectionId, rows, vectors } = decodeVectors(payload, count);
      this.rowsOf(id ?? collectionId).takeVectors(rows, vectors.dimensions, this.#sources.number(reference));
      return;
    }
    const { collectionId, rows, texts } = decodeTexts(payload, count);
    const into = this.rowsOf(id ?? collectionId);
    if (kind === 'ids') into.takeIds(rows, texts);
    else if (kind === 'documents' || kind === 'metadatas' || kind === 'uris')
      into.takeTexts(kind, rows, { texts, source: this.#sources.number(reference) });
  }

  #missEverywhere(kind: SegmentReference['kind'] | undefined): void {
    if (!isMissedKind(kind)) return;
    this.#missed.add(kind);
    for (const rows of this.rows.values()) missAll(rows, kind);
  }

  #apply(entry: Exclude<LogEntry, Fork>, whole: boolean): void {
    switch (entry.op) {
      case 'createCollection':
      case 'modifyCollection':
        this.described.set(entry.collection.id, entry.collection);
        this.rowsOf(entry.collection.id);
        return;
      case 'deleteCollection':
        this.#forget(entry.collectionId);
        return;
      case 'write':
        this.rowsOf(entry.write.collectionId).applyWrite(entry.write, this.#sources, whole);
        return;
      case 'deleteRows':
        this.rowsOf(entry.collectionId).remove(entry.rows);
        return;
      case 'createDatabase':
        this.#databases.set(entry.database.id, entry.database);
        return;
      case 'deleteDatabase': {
        const gone = this.#databases.get(entry.databaseId);
        for (const { id, tenant, database } of this.described.values())
          if (tenant === gone?.tenant && database === gone.name) this.#forget(id);
        return;
      }
      case 'reset':
        this.described.clear();
        this.rows.clear();
        this.#databases.clear();
        return;
      case 'createTenant':
        return;
      default:
        entry satisfies never;
    }
  }

  /** `known`: what the source holds here is what it held then. */
  #fork({ sourceId, collection }: Fork, known: boolean): void {
    this.described.set(collection.id, collection);
    const copy = this.rowsOf(collection.id);
    // Segments of its own tell of a later moment.
    if (copy.end > 0) return;
    const source = this.rows.get(sourceId);
    if (source && known && !source.tombstonesLost) {
      copy.copyFrom(source);
      return;
    }
    this.#tell(
      `Collection "${collection.name}" is a copy of one of which it is not known what it held then.`,
      {
        collection: collection.name,
        collectionId: collection.id,
      },
    );
  }

  #forget(id: string): void {
    this.described.delete(id);
    this.rows.delete(id);
  }
}

type MissedKind = ColumnKind | 'tombstones';

function isMissedKind(kind: SegmentReference['kind'] | undefined): kind is MissedKind {
  return kind === 'ids' || kind === 'tombstones' || VALUE_KINDS.includes(kind as ValueKind);
}

function missAll(rows: SalvagedRows, kind: MissedKind): void {
  if (kind === 'tombstones') rows.tombstonesLost = true;
  else rows.missAll(kind);
}

function changes(id: string): (later: SalvagedEntry) => boolean {
  return ({ entry }) =>
    (entry.op === 'write' && entry.write.collectionId === id) ||
    (entry.op === 'deleteRows' && entry.collectionId === id);
}

/** By number; those a damaged segment may be of. */
const KINDS: Record<number, SegmentReference['kind']> = {
  2: 'vectors',
  3: 'ids',
  4: 'documents',
  5: 'metadatas',
  6: 'uris',
  7: 'tombstones',
};
