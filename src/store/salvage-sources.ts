/** Where the values of a salvage lie: segments, read when they are asked for, and writes of the log. */
import type { Matrix } from '../base/types.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeSegment, generationOfKey, segmentKey, segmentKindOf } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import { decodeTexts, decodeVectors } from '../format/segment-content.js';
import { TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import type { StorageBackend } from '../storage/storage.js';

/** Values by their position. */
export interface Values {
  vectors: Matrix | null;
  texts: TextPatch | null;
}

/** Segments of 4 MiB that are held at once, while rows are read in their order. */
const HELD = 12;

/** Bytes before the payload of a segment: enough to say which one it claims to be. */
const HEADER_BYTES = 32;

/** Numbered from 1. */
export class SalvageSources {
  readonly #backend: StorageBackend;
  readonly #checksum: Checksum;
  readonly #sources: (SegmentReference | Values)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #held = new Map<number, Values>();

  constructor(backend: StorageBackend, checksum: Checksum) {
    this.#backend = backend;
    this.#checksum = checksum;
  }

  /** Values that stay in memory. */
  hold(values: Values): number {
    return this.#sources.push(values);
  }

  number(reference: SegmentReference): number {
    const key = segmentKey(reference);
    const number = this.#numbers.get(key) ?? this.#sources.push(reference);
    this.#numbers.set(key, number);
    return number;
  }

  /** What the segment `key` says of itself, where no manifest tells. @throws FORMAT_CORRUPT · STORAGE_FAILED · STORAGE_LOST */
  async claimed(key: string): Promise<SegmentReference> {
    const value = await this.#backend.read('seg', key);
    const length = value?.length ?? 0;
    const gen = generationOfKey(key);
    if (value === null || length < HEADER_BYTES + 4 || gen === 0)
      throw corrupt('a segment is none', { what: 'segment' });
    const view = new DataView(value.buffer, value.byteOffset, length);
    const [, kind, n] = key.split('.');
    return {
      gen,
      kind: segmentKindOf(Number(kind)),
      n: Number(n),
      bytes: length,
      crc: view.getUint32(length - 4, true),
      rows: view.getUint32(12, true),
      firstRow: 0,
      lastRow: 0,
    };
  }

  /** The payload, proven. @throws FORMAT_CORRUPT · FORMAT_TOO_NEW · STORAGE_FAILED · STORAGE_LOST */
  async payload(reference: SegmentReference): Promise<Uint8Array<ArrayBuffer>> {
    const value = await this.#backend.read('seg', segmentKey(reference));
    if (value === null) throw corrupt('a segment is missing', { what: 'segment' });
    return decodeSegment(value, reference, this.#checksum);
  }

  /** Null: it has to be read first. */
  peek(number: number): Values | null {
    const source = this.#sources[number - 1]!;
    return 'kind' in source ? (this.#held.get(number) ?? null) : source;
  }

  /** @throws as `payload` */
  async read(number: number): Promise<Values> {
    const there = this.peek(number);
    if (there) return there;
    const reference = this.#sources[number - 1] as SegmentReference;
    const payload = await this.payload(reference);
    const values: Values =
      reference.kind === 'vectors'
        ? { vectors: decodeVectors(payload, reference.rows).vectors, texts: null }
        : { vectors: null, texts: decodeTexts(payload, reference.rows).texts };
    const [oldest] = this.#held.keys();
    if (oldest !== undefined && this.#held.size >= HELD) this.#held.delete(oldest);
    this.#held.set(number, values);
    return values;
  }
}

/** The bytes of text `at`; null where there is none. */
export function textAt({ bytes, ends, states }: TextPatch, at: number): Uint8Array | null {
  if (states !== null && states[at] !== TEXT_SET) return null;
  return bytes.subarray(at === 0 ? 0 : ends[at - 1], ends[at]);
}
