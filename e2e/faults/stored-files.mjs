/**
 * Reads the files in which Chromium keeps IndexedDB, LevelDB's and SQLite's, as far as is needed to say which bytes hold the rows
 * that are there now: neither older versions of a row, nor pages and blocks that nothing refers to any more. Lists them, with what
 * LevelDB says it did, for a store that was lost.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ file: string, from: number, to: number }} Span bytes of a file */

const LOG_BLOCK = 32_768;
const LOG_HEADER = 7;
/** Where in a stored value its bytes begin, at most: before them are a version, a type, a length, in SQLite the key. */
const PREFIX_BYTES = 512;
/** Chromium marks values that it has compressed. */
const COMPRESSED = Buffer.from([0xff, 0x11, 0x02]);

/** @param {Buffer} bytes @param {number} at @returns {[value: number, next: number]} a number of 7 bits per byte, low ones first */
function varint(bytes, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 128) return [value, at];
  }
}

/** Raw Snappy. @param {Buffer} bytes @returns {Buffer | null} null: it is none */
function unsnap(bytes) {
  const [length, start] = varint(bytes, 0);
  if (length > 64 * 1024 ** 2) return null;
  const out = Buffer.alloc(length);
  let to = 0;
  for (let at = start; at < bytes.length && to < length;) {
    const tag = bytes[at++] ?? 0;
    if ((tag & 3) === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const more = size - 60;
        if (at + more > bytes.length) return null;
        size = bytes.readUIntLE(at, more) + 1;
        at += more;
      }
      to += bytes.copy(out, to, at, at + size);
      at += size;
      continue;
    }
    const wide = tag & 3;
    if (at + (wide === 1 ? 1 : wide === 2 ? 2 : 4) > bytes.length) return null;
    const size = wide === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back =
      wide === 1
        ? ((tag >> 5) << 8) | (bytes[at] ?? 0)
        : wide === 2
          ? bytes.readUInt16LE(at)
          : bytes.readUInt32LE(at);
    at += wide === 1 ? 1 : wide === 2 ? 2 : 4;
    if (back === 0 || back > to) return null;
    for (let i = 0; i < size && to < length; i++, to++) out[to] = out[to - back] ?? 0;
  }
  return to === length ? out : null;
}

/**
 * The row that a stored value holds: every one but the reserve begins with a magic and says how long it is.
 * @param {Buffer} value
 * @returns {string | null} its bytes as latin1
 */
function rowIn(value) {
  const start = value.subarray(0, PREFIX_BYTES);
  const at = start.toString('latin1').search(/KX(HD|LR|MF|SG)/);
  if (at >= 0 && at + 12 <= value.length) {
    const length = value.readUInt32LE(at + 8);
    if (at + length <= value.length) return value.toString('latin1', at, at + length);
  }
  const packed = start.indexOf(COMPRESSED);
  if (packed < 0) return null;
  const plain = unsnap(value.subarray(packed + COMPRESSED.length));
  return plain && plain.indexOf(COMPRESSED) !== 0 ? rowIn(plain) : null;
}

/** @typedef {{ key: string, order: bigint, value: Buffer | null, spans: Span[] }} Entry `value` null: deleted */

/** @param {string} file @returns {Entry[]} */
function logEntries(file) {
  const bytes = readFileSync(file);
  /** @type {Entry[]} */
  const entries = [];
  /** Of the record that is being put together: its bytes, and where each piece lies. @type {{ from: number, at: number, size: number }[]} */
  let pieces = [];
  let size = 0;
  for (let at = 0; at + LOG_HEADER <= bytes.length;) {
    const left = LOG_BLOCK - (at % LOG_BLOCK);
    if (left < LOG_HEADER) {
      at += left;
      continue;
    }
    const length = bytes.readUInt16LE(at + 4);
    const type = bytes[at + 6] ?? 0;
    // Room that was set aside, or the end.
    if (type === 0 || at + LOG_HEADER + length > bytes.length) break;
    if (type === 1 || type === 2) {
      pieces = [];
      size = 0;
    }
    pieces.push({ from: at + LOG_HEADER, at: size, size: length });
    size += length;
    at += LOG_HEADER + length;
    if (type === 2 || type === 3) continue;
    const record = Buffer.concat(pieces.map((piece) => bytes.subarray(piece.from, piece.from + piece.size)));
    const spansOf = (/** @type {number} */ from, /** @type {number} */ to) =>
      pieces
        .map((piece) => ({
          file,
          from: piece.from + Math.max(0, from - piece.at),
          to: piece.from + Math.min(piece.size, to - piece.at),
        }))
        .filter((span) => span.to > span.from);
    entries.push(...batchEntries(record, spansOf));
  }
  return entries;
}

/** @param {Buffer} record @param {(from: number, to: number) => Span[]} spansOf @returns {Entry[]} */
function batchEntries(record, spansOf) {
  const entries = [];
  if (record.length < 12) return [];
  let order = record.readBigUInt64LE(0);
  for (let at = 12; at < record.length; order++) {
    const type = record[at++];
    const [keyLength, keyAt] = varint(record, at);
    const key = record.toString('latin1', keyAt, keyAt + keyLength);
    at = keyAt + keyLength;
    if (type !== 1) {
      entries.push({ key, order, value: null, spans: [] });
      continue;
    }
    const [length, valueAt] = varint(record, at);
    at = valueAt + length;
    entries.push({ key, order, value: record.subarray(valueAt, at), spans: spansOf(valueAt, at) });
  }
  return entries;
}

/** @param {Buffer} bytes @param {number} offset @param {number} size @returns {Buffer} contents of a block of a table */
function blockAt(bytes, offset, size) {
  const block = bytes.subarray(offset, offset + size);
  return bytes[offset + size] === 1 ? (unsnap(block) ?? Buffer.alloc(0)) : block;
}

/** @param {Buffer} block @returns {{ key: Buffer, value: Buffer }[]} */
function blockEntries(block) {
  if (block.length < 4) return [];
  const end = block.length - 4 - 4 * block.readUInt32LE(block.length - 4);
  const entries = [];
  let before = Buffer.alloc(0);
  for (let at = 0; at < end;) {
    const [shared, a] = varint(block, at);
    const [own, b] = varint(block, a);
    const [length, c] = varint(block, b);
    const key = Buffer.concat([before.subarray(0, shared), block.subarray(c, c + own)]);
    at = c + own + length;
    entries.push({ key, value: block.subarray(c + own, at) });
    before = key;
  }
  return entries;
}

/** Of a row in a table, the whole block counts: it is read, and proved, as one. @param {string} file @returns {Entry[]} */
function tableEntries(file) {
  const bytes = readFileSync(file);
  if (bytes.length < 48) return [];
  const footer = bytes.subarray(-48);
  const [, metaSize] = varint(footer, 0);
  const [, indexAt] = varint(footer, metaSize);
  const [indexOffset, sizeAt] = varint(footer, indexAt);
  const [indexSize] = varint(footer, sizeAt);
  const entries = [];
  for (const { value: handle } of blockEntries(blockAt(bytes, indexOffset, indexSize))) {
    const [offset, next] = varint(handle, 0);
    const [size] = varint(handle, next);
    const spans = [{ file, from: offset, to: offset + size }];
    for (const { key, value } of blockEntries(blockAt(bytes, offset, size))) {
      const tag = key.readBigUInt64LE(key.length - 8);
      entries.push({
        key: key.toString('latin1', 0, key.length - 8),
        order: tag >> 8n,
        value: (tag & 0xffn) === 1n ? value : null,
        spans,
      });
    }
  }
  return entries;
}

/**
 * @param {string[]} files of one origin, with its files of single values
 * @param {Set<string>} live rows, as `rowIn` gives them
 * @param {(file: string) => boolean} isValue whether a file holds one value
 * @returns {Span[]}
 */
export function spansInLevelDb(files, live, isValue) {
  /** @type {Map<string, Entry>} */
  const newest = new Map();
  for (const file of files) {
    const entries = file.endsWith('.log')
      ? logEntries(file)
      : file.endsWith('.ldb')
        ? tableEntries(file)
        : [];
    for (const entry of entries) {
      const known = newest.get(entry.key);
      if (!known || known.order < entry.order) newest.set(entry.key, entry);
    }
  }
  /** Blocks hold several rows. @type {Map<string, Span>} */
  const spans = new Map();
  const add = (/** @type {Span} */ span) => spans.set(`${span.file} ${span.from}`, span);
  for (const { value, spans: own } of newest.values()) {
    if (value && live.has(rowIn(value) ?? '')) for (const span of own) add(span);
  }
  for (const file of files.filter(isValue)) {
    const bytes = readFileSync(file);
    if (live.has(rowIn(bytes) ?? '')) add({ file, from: 0, to: bytes.length });
  }
  return [...spans.values()];
}

/** @typedef {{ bytes: Buffer, file: string, from: number }} Page */

/** The pages of a database as they are with its log: the last one written and committed counts. @param {string} file @param {string | undefined} log */
function pagesOf(file, log) {
  const bytes = readFileSync(file);
  const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
  /** @type {Map<number, Page>} */
  const pages = new Map();
  for (let n = 1; n * size <= bytes.length; n++)
    pages.set(n, { bytes: bytes.subarray((n - 1) * size, n * size), file, from: (n - 1) * size });
  const usable = () => size - (pages.get(1)?.bytes[20] ?? 0);
  if (log === undefined) return { pages, usable: usable() };
  const frames = readFileSync(log);
  /** @type {[number, Page][]} */
  let open = [];
  for (let at = 32; at + 24 + size <= frames.length; at += 24 + size) {
    if (frames.compare(frames, 16, 24, at + 8, at + 16) !== 0) break;
    const from = at + 24;
    open.push([frames.readUInt32BE(at), { bytes: frames.subarray(from, from + size), file: log, from }]);
    if (frames.readUInt32BE(at + 4) === 0) continue;
    for (const [number, page] of open) pages.set(number, page);
    open = [];
  }
  return { pages, usable: usable() };
}

/** @param {Buffer} bytes @param {number} at @returns {[value: number, next: number]} SQLite's: high bits first, 9 bytes at most */
function sqliteVarint(bytes, at) {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at++] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 128) return [value, at];
  }
  return [value * 256 + (bytes[at] ?? 0), at + 1];
}

/** @typedef {{ payload: Buffer, spans: Span[] }} Cell */

/**
 * Every cell of a tree, tables and indexes alike.
 * @param {ReturnType<typeof pagesOf>} database @param {number} root @returns {Generator<Cell>}
 */
function* cellsOf({ pages, usable }, root) {
  const page = pages.get(root);
  if (!page) return;
  const { bytes } = page;
  const start = root === 1 ? 100 : 0;
  const type = bytes[start] ?? 0;
  const isTable = type === 5 || type === 13;
  const isInner = type === 2 || type === 5;
  if (!isTable && type !== 2 && type !== 10) return;
  const count = bytes.readUInt16BE(start + 3);
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  for (let i = 0; i < count; i++) {
    let at = bytes.readUInt16BE(start + (isInner ? 12 : 8) + 2 * i);
    if (isInner) {
      yield* cellsOf({ pages, usable }, bytes.readUInt32BE(at));
      at += 4;
    }
    if (type === 5) continue;
    const [size, next] = sqliteVarint(bytes, at);
    at = type === 13 ? sqliteVarint(bytes, next)[1] : next;
    const rest = least + ((size - least) % (usable - 4));
    const local = size <= most ? size : rest <= most ? rest : least;
    const parts = [bytes.subarray(at, at + local)];
    const spans = [{ file: page.file, from: page.from + at, to: page.from + at + local }];
    let missing = size - local;
    for (let n = missing > 0 ? bytes.readUInt32BE(at + local) : 0; missing > 0;) {
      const more = pages.get(n);
      if (!more) break;
      const length = Math.min(missing, usable - 4);
      parts.push(more.bytes.subarray(4, 4 + length));
      spans.push({ file: more.file, from: more.from + 4, to: more.from + 4 + length });
      missing -= length;
      n = more.bytes.readUInt32BE(0);
    }
    yield { payload: Buffer.concat(parts), spans };
  }
  if (isInner) yield* cellsOf({ pages, usable }, bytes.readUInt32BE(start + 8));
}

/** Roots of all trees, from the table of tables: type, name, table, root, text. @param {ReturnType<typeof pagesOf>} database */
function rootsOf(database) {
  const roots = [];
  for (const { payload } of cellsOf(database, 1)) {
    let [end, at] = sqliteVarint(payload, 0);
    const types = [];
    for (; at < end;) {
      const [type, next] = sqliteVarint(payload, at);
      types.push(type);
      at = next;
    }
    const lengthOf = (/** @type {number} */ type) =>
      type >= 12 ? Math.floor((type - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8][type] ?? 0);
    for (const type of types.slice(0, 3)) end += lengthOf(type);
    const length = lengthOf(types[3] ?? 0);
    if (length > 0) roots.push(payload.readIntBE(end, Math.min(6, length)));
    else if (types[3] === 9) roots.push(1);
  }
  return roots;
}

/** @param {string[]} files of one origin @param {Set<string>} live rows, as `rowIn` gives them @returns {Span[]} */
export function spansInSqlite(files, live) {
  const spans = [];
  for (const file of files) {
    if (readFileSync(file).toString('latin1', 0, 15) !== 'SQLite format 3') continue;
    const database = pagesOf(
      file,
      files.find((one) => one === `${file}-wal`),
    );
    for (const root of rootsOf(database)) {
      for (const { payload, spans: own } of cellsOf(database, root))
        if (live.has(rowIn(payload) ?? '')) spans.push(...own);
    }
  }
  return spans;
}

/** @param {string} folder @returns {string[]} every file below it */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile() && !path.endsWith('/LOCK'));
}

/** Which files of IndexedDB there are, and what LevelDB says it did. @param {string} folder a profile, or a folder in it @returns {string} */
export function storyOf(folder) {
  const files = filesBelow(folder).filter((path) => /indexeddb/i.test(path));
  const sizes = files.map((path) => `${path} ${lstatSync(path).size}`);
  const logs = files
    .filter((path) => /\/LOG(\.old)?$/.test(path))
    .map((path) => `${path}: ${readFileSync(path, 'utf8')}`);
  // A record says nothing of where a profile lay.
  return `${sizes.join(', ')}; ${logs.join('; ')}`.replaceAll(`${folder}/`, '');
}
