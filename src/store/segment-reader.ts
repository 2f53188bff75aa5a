/** Segments read after the opening: those under way stay stored, and damage found late is told to the store (SPEC.md S56). */
import { ChromaError, kindexError } from '../base/errors.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeSegment, segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import type { StorageBackend } from '../storage/storage.js';

/** Payloads kept for the next read: pages of a walk over records fall into the same segments. */
const KEPT_PAYLOADS = 2;

export interface SegmentReaderOptions {
  backend: StorageBackend;
  checksum: Checksum;
}

export class SegmentReader {
  readonly #backend: StorageBackend;
  readonly #checksum: Checksum;
  readonly #leases = new Map<string, number>();
  readonly #kept = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Hears of the first damage. */
  onDamage: (error: ChromaError) => void = () => {};

  constructor({ backend, checksum }: SegmentReaderOptions) {
    this.#backend = backend;
    this.#checksum = checksum;
  }

  /** These stay stored, named or not, until what this returns is called. */
  hold(references: readonly SegmentReference[]): () => void {
    const keys = references.map(segmentKey);
    for (const key of keys) this.#leases.set(key, (this.#leases.get(key) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const key of keys) {
        const count = this.#leases.get(key)! - 1;
        if (count === 0) this.#leases.delete(key);
        else this.#leases.set(key, count);
      }
    };
  }

  isHeld(key: string): boolean {
    return this.#leases.has(key);
  }

  /**
   * What `decode` makes of the payload, which is proven first. For records of `collection`.
   * @throws FORMAT_CORRUPT, which ends the store · what the backend throws
   */
  async read<T>(
    reference: SegmentReference,
    collection: { id: string; name: string },
    decode: (payload: Uint8Array<ArrayBuffer>) => T,
  ): Promise<T> {
    const key = segmentKey(reference);
    try {
      let payload = this.#kept.get(key);
      if (payload === undefined) {
        const value = await this.#backend.read('seg', key);
        if (value === null) throw corrupt('a segment is missing', { what: 'segment' });
        payload = decodeSegment(value, reference, this.#checksum);
      }
      const decoded = decode(payload);
      this.#kept.delete(key);
      this.#kept.set(key, payload);
      for (const [oldest] of this.#kept) if (this.#kept.size > KEPT_PAYLOADS) this.#kept.delete(oldest);
      return decoded;
    } catch (error) {
      const isDamage =
        error instanceof ChromaError && (error.code === 'FORMAT_CORRUPT' || error.code.startsWith('VALUE_'));
      if (!isDamage) throw error;
      const { kind, firstRow, lastRow } = reference;
      const damage = kindexError(
        'FORMAT_CORRUPT',
        `Segment ${key} (${kind} of rows ${firstRow} to ${lastRow} of collection "${collection.name}"): ${error.message}`,
        {
          details: {
            what: 'values',
            ...error.details,
            segment: key,
            kind,
            collection: collection.name,
            collectionId: collection.id,
            firstRow,
            lastRow,
          },
          cause: error,
        },
      );
      this.onDamage(damage);
      throw damage;
    }
  }
}
