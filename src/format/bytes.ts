/** Little-endian reading with every length checked before it is trusted, and the padding rule of all payloads. */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';

/** CRC-32C of `bytes`; passed in, because this folder does not load the core. */
export type Checksum = (bytes: Uint8Array) => number;

/** Bytes as they will lie one after another; nothing is copied until rows are cut from them. */
export interface Pieces {
  pieces: Uint8Array[];
  /** Sum of the lengths of `pieces`. */
  length: number;
}

const PADDING = new Uint8Array(3);

/** Appends `piece`, then zeros up to the next multiple of 4: typed arrays can then be laid over every section. */
export function pushPiece(to: Pieces, piece: Uint8Array): void {
  if (piece.length > 0) to.pieces.push(piece);
  const padding = -piece.length & 3;
  if (padding > 0) to.pieces.push(PADDING.subarray(0, padding));
  to.length += piece.length + padding;
}

/** The bytes under a typed array; a view, not a copy. */
export function bytesOf(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** u32 values as one piece. */
export function u32Piece(...values: number[]): Uint8Array {
  const piece = new Uint8Array(values.length * 4);
  const view = new DataView(piece.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return piece;
}

/** Writes a non-negative safe integer as u64. */
export function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 0x1_0000_0000, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** Reads a u64 that must be a safe integer. @throws FORMAT_CORRUPT */
export function getU64(view: DataView, offset: number, what: string): number {
  const value = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000;
  if (!Number.isSafeInteger(value)) throw corrupt(`${what} is not a safe integer`, { what });
  return value;
}

/** FORMAT_CORRUPT with the facts; `reason` completes "The stored bytes are damaged: ". */
export function corrupt(reason: string, details: Record<string, unknown> = {}): ChromaError {
  return kindexError('FORMAT_CORRUPT', `The stored bytes are damaged: ${reason}.`, { details });
}

/** Walks a payload from front to back. Each method names what it reads, for the error. */
export class ByteReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws FORMAT_CORRUPT when fewer than `length` bytes are left */
  #take(length: number, what: string): number {
    this.atLeast(length, what);
    const offset = this.#offset;
    this.#offset = offset + length;
    return offset;
  }

  /** For what is allocated before it is read. @throws FORMAT_CORRUPT when fewer than `length` bytes are left */
  atLeast(length: number, what: string): void {
    const left = this.#bytes.length - this.#offset;
    if (length > left)
      throw corrupt(`${what} needs ${length} bytes, ${left} are left`, { what, needed: length, left });
  }

  #skipPadding(length: number, what: string): void {
    const padding = -length & 3;
    const offset = this.#take(padding, `padding after ${what}`);
    for (let i = offset; i < offset + padding; i++) {
      if (this.#bytes[i] !== 0) throw corrupt(`padding after ${what} is not zero`, { what });
    }
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  /** A view of `length` bytes; the padding after them is passed over. */
  bytes(length: number, what: string): Uint8Array<ArrayBuffer> {
    const offset = this.#take(length, what);
    this.#skipPadding(length, what);
    return this.#bytes.subarray(offset, offset + length);
  }

  /** `count` u32 values: a view where the payload is aligned, else a copy. */
  u32Array(count: number, what: string): Uint32Array<ArrayBuffer> {
    const bytes = this.bytes(count * 4, what);
    return bytes.byteOffset % 4 === 0
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, count)
      : new Uint32Array(bytes.slice().buffer);
  }

  /** `count` f32 values: a view where the payload is aligned, else a copy. */
  f32Array(count: number, what: string): Float32Array<ArrayBuffer> {
    const bytes = this.bytes(count * 4, what);
    return bytes.byteOffset % 4 === 0
      ? new Float32Array(bytes.buffer, bytes.byteOffset, count)
      : new Float32Array(bytes.slice().buffer);
  }

  /** True when all has been read. */
  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** Everything that has not been read, as a view. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#offset);
  }

  /** @throws FORMAT_CORRUPT when bytes are left over */
  end(what: string): void {
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw corrupt(`${left} bytes follow the end of ${what}`, { what, left });
  }
}
