/**
 * What the bytes of a snapshot say, read by src/format/SNAPSHOT.md and nothing of the package: the judge of what was imported. It
 * takes for granted what the package has to check; of a snapshot that should have been refused it may say anything, or throw.
 */

/** @typedef {{ name: string, metadata: Record<string, unknown> | null, rows: [id: string, vector: number[], document: string | null, metadata: unknown, uri: string | null][] }} Said */

const HEADER = 16;
const FRAME = 12;
const [COLLECTION, RECORDS] = [1, 2];

const padded = (/** @type {number} */ length) => (length + 3) & ~3;
const utf8 = (/** @type {Buffer} */ bytes) => bytes.toString('utf8');

class Reader {
  at = 0;
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
  u32() {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }
  /** @param {number} length */
  section(length) {
    const from = this.at;
    this.at += padded(length);
    if (this.at > this.bytes.length) throw new Error('a section is longer than its frame');
    return this.bytes.subarray(from, from + length);
  }
  /** @param {number} count @returns {(string | null)[]} */
  texts(count) {
    const length = this.u32();
    const stated = this.u32() === 1;
    const ends = Array.from({ length: count }, () => this.u32());
    const states = stated ? [...this.section(count)] : null;
    const bytes = this.section(length);
    return ends.map((end, i) =>
      states !== null && states[i] !== 1 ? null : utf8(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)),
    );
  }
}

/** @param {Uint8Array} snapshot @returns {Said[]} by name */
export function readSnapshot(snapshot) {
  const file = Buffer.from(snapshot.buffer, snapshot.byteOffset, snapshot.length);
  /** @type {Said[]} */
  const said = [];
  for (let at = HEADER; at < file.length;) {
    const kind = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    const frame = new Reader(file.subarray(at + FRAME, at + FRAME + length));
    at += FRAME + length + 4;
    if (kind === COLLECTION) {
      frame.at = 8;
      const { name, metadata } = JSON.parse(utf8(frame.section(frame.u32())));
      said.push({ name, metadata: metadata ?? null, rows: [] });
    } else if (kind === RECORDS) {
      const [n, dimensions, columns] = [frame.u32(), frame.u32(), frame.u32()];
      const ids = frame.texts(n);
      const vectors = frame.section(4 * n * dimensions);
      const column = (/** @type {number} */ bit) =>
        columns & bit ? frame.texts(n) : Array.from({ length: n }, () => null);
      const [documents, metadatas, uris] = [column(1), column(2), column(4)];
      for (const [i, id] of ids.entries()) {
        const vector = Array.from({ length: dimensions }, (_, d) =>
          vectors.readFloatLE(4 * (i * dimensions + d)),
        );
        const metadata = JSON.parse(metadatas[i] ?? 'null');
        said.at(-1)?.rows.push([String(id), vector, documents[i] ?? null, metadata, uris[i] ?? null]);
      }
    }
  }
  return said.sort((a, b) => (a.name < b.name ? -1 : 1));
}
