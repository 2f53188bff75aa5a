/** Untrusted bytes, in pieces of any size, into the parts of a snapshot, each proved before it is handed out. Layout: SNAPSHOT.md. */
import { nextTask } from '../base/slices.js';
import type { Checksum } from './bytes.js';
import { Sha256 } from './sha256.js';
import {
  asBadSnapshot,
  badSnapshot,
  checkFrame,
  decodeFrameHeader,
  decodeSnapshotCollection,
  decodeSnapshotHeader,
  decodeSnapshotRecords,
  FRAME_HEADER_BYTES,
  HEADER_BYTES,
} from './snapshot.js';
import type { SnapshotCollection, SnapshotRecords } from './snapshot.js';

/** Hashed without a pause. */
const STEP_BYTES = 2 * 1024 * 1024;

/** `offset`: of the part in the file. */
export type SnapshotPart =
  | { kind: 'collection'; offset: number; collection: SnapshotCollection }
  | { kind: 'records'; offset: number; records: SnapshotRecords };

/**
 * The collections in their order, each followed by its records. Only when the iteration has ended is the whole known to be
 * sound: its digest comes last. Holds one frame, and what the source gives at a time.
 * @throws FORMAT_SNAPSHOT with `offset` · FORMAT_TOO_NEW · what the source throws
 */
export async function* readSnapshot(
  source: AsyncIterable<Uint8Array>,
  checksum: Checksum,
): AsyncGenerator<SnapshotPart, void> {
  const bytes = new ByteSource(source);
  try {
    const collections = decodeSnapshotHeader(await bytes.take(HEADER_BYTES, 'the header'));
    let number = 0;
    for (let done = 0; done < collections; done++) {
      const { offset, payload } = await frame(bytes, number++, 'collection', checksum);
      const collection = told(offset, () => decodeSnapshotCollection(payload));
      yield { kind: 'collection', offset, collection };
      for (let left = collection.records; left > 0;) {
        const next = await frame(bytes, number++, 'records', checksum);
        const dimensions = collection.dimensions ?? 0;
        const records = told(next.offset, () => decodeSnapshotRecords(next.payload, dimensions));
        left -= records.ids.length;
        if (left < 0) throw badSnapshot('a collection has more records than it claims', next.offset);
        yield { kind: 'records', offset: next.offset, records };
      }
    }
    const digest = bytes.digest();
    const { offset, payload } = await frame(bytes, number, 'end', checksum);
    if (!digest.every((byte, i) => byte === payload[i])) throw badSnapshot('its digest is another', offset);
    await bytes.end();
  } finally {
    await bytes.close();
  }
}

async function frame(
  bytes: ByteSource,
  number: number,
  wanted: 'collection' | 'records' | 'end',
  checksum: Checksum,
): Promise<{ offset: number; payload: Uint8Array<ArrayBuffer> }> {
  const offset = bytes.offset;
  const header = await bytes.take(FRAME_HEADER_BYTES, `the header of frame ${number}`);
  const { kind, length } = decodeFrameHeader(header, number, offset);
  if (kind !== wanted) {
    throw badSnapshot(`frame ${number} is of kind ${kind}, expected ${wanted}`, offset, { frame: number });
  }
  const rest = await bytes.take(length + 4, `frame ${number}`);
  const whole = new Uint8Array(header.length + rest.length);
  whole.set(header);
  whole.set(rest, header.length);
  return { offset, payload: checkFrame(whole, offset, checksum) };
}

function told<T>(offset: number, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw asBadSnapshot(error, offset);
  }
}

/** Exactly as many bytes as asked for. Allocates no more than what has really come: a claimed length costs nothing. */
class ByteSource {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #hash = new Sha256();
  #pieces: Uint8Array[] = [];
  #held = 0;
  #offset = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Of everything taken so far. */
  digest(): Uint8Array {
    return this.#hash.copy().digest();
  }

  /** A copy. @throws FORMAT_SNAPSHOT when the source ends before */
  async take(length: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#held < length) {
      if (await this.#pull()) continue;
      const at = this.#offset + this.#held;
      throw badSnapshot(`it ends inside ${what}`, at, { missing: length - this.#held });
    }
    const taken = new Uint8Array(length);
    let at = 0;
    let used = 0;
    while (at < length) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) used += 1;
      else this.#pieces[used] = piece.subarray(part.length);
    }
    this.#pieces.splice(0, used);
    this.#held -= length;
    this.#offset += length;
    for (let done = 0; done < length; done += STEP_BYTES) {
      // A frame may be large: the thread is handed back now and then.
      if (done > 0) await nextTask();
      this.#hash.update(taken.subarray(done, done + STEP_BYTES));
    }
    return taken;
  }

  /** @throws FORMAT_SNAPSHOT when there is more */
  async end(): Promise<void> {
    while (this.#held === 0) if (!(await this.#pull())) return;
    throw badSnapshot('more follows its end', this.#offset);
  }

  /** The source is told that nobody reads on. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  async #pull(): Promise<boolean> {
    if (this.#ended) return false;
    const step = await this.#iterator.next();
    if (step.done) {
      this.#ended = true;
      return false;
    }
    if (!(step.value instanceof Uint8Array)) throw asBadSnapshot('its source gives no bytes', this.#offset);
    this.#pieces.push(step.value);
    this.#held += step.value.length;
    return true;
  }
}
