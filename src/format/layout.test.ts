/** Bytes that may never change, written out by hand: a test that only reads what it wrote would follow any change. */
import { expect, test } from 'vitest';
import { encodeEntry, type LogEntry } from './entry.js';
import { encodeHead, FORMAT_VERSION, HEAD_KEY } from './head.js';
import { encodeRows, MAX_ROW_BYTES } from './log-row.js';
import type { StoredCollection } from './stored-collection.js';

const ID = '01234567-89ab-4cde-8f01-23456789abcd';
const ID_BYTES = '0123456789ab4cde8f0123456789abcd';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const checksum = (): number => 0x04030201;

const collection: StoredCollection = {
  id: ID,
  name: 'notes',
  tenant: 't',
  database: 'd',
  metadata: null,
  configuration: {
    index: {
      space: 'l2',
      efConstruction: 1,
      efSearch: 2,
      maxNeighbors: 3,
      resizeFactor: 1.2,
      syncThreshold: 5,
    },
    embeddingFunction: null,
  },
};

test('the head lies at its key, field by field', () => {
  const head = {
    format: 3,
    minReader: 2,
    uuid: ID,
    epoch: 7,
    lastSeq: 2 ** 32 + 8,
    lastEntry: 9,
    extra: Uint8Array.of(0xee),
  };
  expect(HEAD_KEY).toBe('head');
  expect(hex(encodeHead(head, checksum))).toBe(
    [
      '4b584844', // KXHD
      '0300',
      '0200',
      '3d000000', // 56 bytes, one of a newer format, the checksum
      '00000000',
      ID_BYTES,
      '0700000000000000',
      '0800000001000000',
      '0900000000000000',
      'ee',
      '01020304',
    ].join(''),
  );
});

test('a log row is its header, its payload and its checksum, 48 KiB at most', () => {
  expect(MAX_ROW_BYTES).toBe(49_152);
  const payload = { pieces: [Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd)], length: 4 };
  const rows = encodeRows({ op: 4, payload }, { seq: 5, entry: 6, epoch: 7 }, checksum);
  expect(rows.map(hex)).toEqual([
    [
      '4b584c52', // KXLR
      `0${FORMAT_VERSION}00`,
      '04',
      '00',
      '38000000',
      '00000000',
      '01000000',
      '00000000',
      '0500000000000000',
      '0600000000000000',
      '0700000000000000',
      'aabbccdd',
      '01020304',
    ].join(''),
  ]);
});

const NUMBERS: Record<LogEntry['op'], number> = {
  createCollection: 1,
  modifyCollection: 2,
  deleteCollection: 3,
  write: 4,
  deleteRows: 5,
  reset: 6,
  createTenant: 7,
  createDatabase: 8,
  deleteDatabase: 9,
  forkCollection: 10,
};

/** One entry of each kind, with the bytes it begins with. */
const ENTRIES: [LogEntry, string][] = [
  [{ op: 'createCollection', collection }, ''],
  [{ op: 'modifyCollection', collection }, ''],
  [{ op: 'deleteCollection', collectionId: ID }, ID_BYTES],
  [
    {
      op: 'write',
      write: {
        collectionId: ID,
        rows: Uint32Array.of(3),
        ids: ['a'],
        vectors: { data: Float32Array.of(1, -2), rows: 1, dimensions: 2 },
        documents: null,
        metadatas: { bytes: new Uint8Array(0), ends: Uint32Array.of(0), states: Uint8Array.of(2) },
        uris: { bytes: Uint8Array.of(0x75), ends: Uint32Array.of(1), states: null },
      },
    },
    [
      ID_BYTES,
      '010000000200000006000000', // one record, two dimensions, metadatas and uris
      '03000000',
      '01000000000000000100000061000000', // id "a"
      '0000803f000000c0',
      '00000000010000000000000002000000', // metadata cleared
      '01000000000000000100000075000000', // uri "u"
    ].join(''),
  ],
  [{ op: 'deleteRows', collectionId: ID, rows: Uint32Array.of(258) }, `${ID_BYTES}0100000002010000`],
  [{ op: 'reset' }, ''],
  [{ op: 'createTenant', name: 'x' }, `0c000000${Buffer.from('{"name":"x"}').toString('hex')}`],
  [{ op: 'createDatabase', database: { id: ID, name: 'x', tenant: 'y' } }, ''],
  [{ op: 'deleteDatabase', databaseId: ID }, ID_BYTES],
  [{ op: 'forkCollection', sourceId: ID, collection }, ID_BYTES],
];

test('every operation has its number', () => {
  expect(Object.fromEntries(ENTRIES.map(([entry]) => [entry.op, encodeEntry(entry).op]))).toEqual(NUMBERS);
});

test.each(ENTRIES.filter(([, begin]) => begin !== ''))('$0.op begins as it always has', (entry, begin) => {
  const { pieces } = encodeEntry(entry).payload;
  expect(hex(Buffer.concat(pieces)).slice(0, begin.length)).toBe(begin);
});

test('a payload of JSON is padded to whole words, and its length does not count the padding', () => {
  const { pieces, length } = encodeEntry({ op: 'createTenant', name: 'xy' }).payload;
  const bytes = Buffer.concat(pieces);
  expect(bytes).toHaveLength(length);
  expect(length % 4).toBe(0);
  expect(bytes.readUInt32LE(0)).toBe(13);
});
