/** What a store's rows say when they are read past the package: its epoch, and the segments that its manifests name (FORMAT.md §2, §8). */

/** @typedef {[key: string, base64: string]} Row of `rawDump` */

/** @param {Row[]} meta rows of `meta` @returns {number} how many owners the store has had @throws Error without a head */
export function epochOf(meta) {
  const head = meta.find(([key]) => key === 'head');
  if (!head) throw new Error('the store has no head');
  return Number(Buffer.from(head[1], 'base64').readBigUInt64LE(32));
}

const HEADER_BYTES = 64;
const COLLECTION_BYTES = 28;
const REFERENCE_BYTES = 36;

/** @param {Row[]} manifests @returns {Set<string>} keys of all segments that any of them names */
export function namedSegments(manifests) {
  /** @type {Set<string>} */
  const keys = new Set();
  for (const [, base64] of manifests) {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.toString('latin1', 0, 4) !== 'KXMF') throw new Error('a manifest does not begin with KXMF');
    let at = HEADER_BYTES;
    const references = (/** @type {number} */ count) => {
      for (; count > 0; count--, at += REFERENCE_BYTES) {
        const [gen, kind, n] = [
          bytes.readBigUInt64LE(at),
          bytes.readUInt32LE(at + 8),
          bytes.readUInt32LE(at + 12),
        ];
        keys.add(
          `${String(gen).padStart(16, '0')}.${String(kind).padStart(3, '0')}.${String(n).padStart(8, '0')}`,
        );
      }
    };
    const collections = bytes.readUInt32LE(60);
    references(bytes.readUInt32LE(56));
    for (let i = 0; i < collections; i++) {
      const count = bytes.readUInt32LE(at + COLLECTION_BYTES - 4);
      at += COLLECTION_BYTES;
      references(count);
    }
  }
  return keys;
}
