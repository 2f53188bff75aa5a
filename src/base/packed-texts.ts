/** Texts into one UTF-8 buffer and back (`PackedTexts` of types.ts). The packer grows by doubling, so it can be fed in slices. */
import type { PackedTexts } from './types.js';

const encoder: TextEncoder = new TextEncoder();
/** A text may begin with U+FEFF; a decoder would take it for a mark and drop it. */
const decoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Collects texts one after the other; `finish` gives them packed, without a copy of the bytes where they fit exactly. */
export class TextPacker {
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  #count = 0;
  readonly #ends: Uint32Array<ArrayBuffer>;
  #present: Uint8Array<ArrayBuffer> | null = null;

  /** `count`: texts that will be pushed. `expectedBytes`: a guess, only a matter of speed. */
  constructor(count: number, expectedBytes: number) {
    this.#ends = new Uint32Array(count);
    this.#bytes = new Uint8Array(Math.max(64, expectedBytes));
  }

  /** Appends `text`, or an absent entry for null. The caller has checked that the text is well-formed. */
  push(text: string | null): void {
    const index = this.#count++;
    if (text === null) {
      this.#present ??= new Uint8Array(this.#ends.length).fill(1);
      this.#present[index] = 0;
    } else {
      this.#write(text);
    }
    this.#ends[index] = this.#used;
  }

  finish(): PackedTexts {
    const bytes = this.#bytes.subarray(0, this.#used);
    // A transfer moves the whole buffer: do not drag along more than a quarter of unused room.
    const packed = this.#used * 1.25 < this.#bytes.length ? bytes.slice() : bytes;
    return { bytes: packed, ends: this.#ends, present: this.#present };
  }

  #write(text: string): void {
    let from = 0;
    for (;;) {
      const rest = from === 0 ? text : text.slice(from);
      const { read, written } = encoder.encodeInto(rest, this.#bytes.subarray(this.#used));
      this.#used += written;
      from += read;
      if (from >= text.length) return;
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + (text.length - from) * 3));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
  }
}

export function packTexts(texts: readonly (string | null)[]): PackedTexts {
  const packer = new TextPacker(
    texts.length,
    texts.reduce((sum, text) => sum + (text?.length ?? 0), 0),
  );
  for (const text of texts) packer.push(text);
  return packer.finish();
}

/** Text `index`, or null where it is absent. */
export function unpackText(texts: PackedTexts, index: number): string | null {
  if (texts.present && texts.present[index] === 0) return null;
  const start = index === 0 ? 0 : (texts.ends[index - 1] ?? 0);
  return decoder.decode(texts.bytes.subarray(start, texts.ends[index]));
}
