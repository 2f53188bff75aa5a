/** Log entries: exact round trips, and no bytes that make the reader do anything but refuse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packTexts } from '../base/packed-texts.js';
import type { ChromaError } from '../base/errors.js';
import type { Metadata } from '../base/types.js';
import { decodeEntry, encodeEntry } from './entry.js';
import type { LogEntry } from './entry.js';
import type { StoredCollection } from './stored-collection.js';
import { TEXT_CLEAR, TEXT_KEEP, TEXT_SET } from './write-entry.js';
import type { TextPatch, WriteEntry } from './write-entry.js';

const ID = '01234567-89ab-4cde-8f01-23456789abcd';

function encoded(entry: LogEntry): { op: number; payload: Uint8Array<ArrayBuffer> } {
  const { op, payload } = encodeEntry(entry);
  const bytes = new Uint8Array(Buffer.concat(payload.pieces));
  expect(bytes.length).toBe(payload.length);
  expect(bytes.length % 4).toBe(0);
  return { op, payload: bytes };
}

function roundTrip(entry: LogEntry): LogEntry {
  const { op, payload } = encoded(entry);
  return decodeEntry(op, payload);
}

const COLLECTION: StoredCollection = {
  id: ID,
  name: 'notes',
  tenant: 'default_tenant',
  database: 'default_database',
  metadata: { ключ: 'значение', list: [1, 2.5], flag: true },
  configuration: {
    index: {
      space: 'cosine',
      efConstruction: 100,
      efSearch: 100,
      maxNeighbors: 16,
      resizeFactor: 1.2,
      syncThreshold: 1000,
    },
    embeddingFunction: { type: 'known', name: 'kindex-static', config: { revision: 'r1' } },
  },
};

const patchArbitrary = (count: number): fc.Arbitrary<TextPatch> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom(TEXT_KEEP, TEXT_SET, TEXT_CLEAR),
        fc.string({ unit: 'grapheme', maxLength: 20 }),
      ),
      { minLength: count, maxLength: count },
    )
    .map((texts) => {
      const { bytes, ends } = packTexts(texts.map(([state, text]) => (state === TEXT_SET ? text : '')));
      return { bytes, ends, states: Uint8Array.from(texts, ([state]) => state) };
    });

const writeArbitrary: fc.Arbitrary<WriteEntry> = fc
  .record({
    count: fc.integer({ min: 1, max: 9 }),
    dimensions: fc.integer({ min: 0, max: 5 }),
    columns: fc.nat(7),
  })
  .chain(({ count, dimensions, columns }) =>
    fc.record({
      collectionId: fc.constant(ID),
      rows: fc
        .uniqueArray(fc.nat(0xffff_fffe), { minLength: count, maxLength: count })
        .map((rows) => Uint32Array.from(rows)),
      ids: fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), {
        minLength: count,
        maxLength: count,
      }),
      vectors:
        dimensions === 0
          ? fc.constant(null)
          : fc
              .array(fc.float(), { minLength: count * dimensions, maxLength: count * dimensions })
              .map((numbers) => ({ data: new Float32Array(numbers), rows: count, dimensions })),
      documents: columns & 1 ? patchArbitrary(count) : fc.constant(null),
      metadatas: columns & 2 ? patchArbitrary(count) : fc.constant(null),
      uris:
        columns & 4
          ? fc
              .constant({ ...packTexts(Array.from({ length: count }, (_, i) => `uri:${i}`)), states: null })
              .map(({ bytes, ends, states }) => ({ bytes, ends, states }))
          : fc.constant(null),
    }),
  );

describe('log entries', () => {
  test.each<LogEntry>([
    { op: 'createCollection', collection: COLLECTION },
    {
      op: 'modifyCollection',
      collection: {
        ...COLLECTION,
        metadata: null,
        configuration: { ...COLLECTION.configuration, embeddingFunction: null },
      },
    },
    {
      op: 'modifyCollection',
      collection: {
        ...COLLECTION,
        configuration: { ...COLLECTION.configuration, embeddingFunction: { type: 'legacy' } },
      },
    },
    { op: 'deleteCollection', collectionId: ID },
    { op: 'deleteRows', collectionId: ID, rows: Uint32Array.of(1, 5, 0xffff_fffe) },
    { op: 'reset' },
  ])('$op comes back as it was', (entry) => {
    expect(roundTrip(entry)).toEqual(entry);
  });

  test('metadata keys like __proto__ stay own keys', () => {
    const metadata = JSON.parse('{"__proto__":1,"constructor":2}') as Metadata;
    const back = roundTrip({ op: 'createCollection', collection: { ...COLLECTION, metadata } });
    expect(back.op === 'createCollection' && Object.keys(back.collection.metadata!)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  test('a write comes back column for column', () => {
    fc.assert(
      fc.property(writeArbitrary, (write) => {
        expect(roundTrip({ op: 'write', write })).toEqual({ op: 'write', write });
      }),
    );
  });

  test('a write is read the same from unaligned bytes', () => {
    const write: WriteEntry = {
      collectionId: ID,
      rows: Uint32Array.of(3, 9),
      ids: ['a', 'b'],
      vectors: { data: Float32Array.of(1, 2, 3, 4), rows: 2, dimensions: 2 },
      documents: null,
      metadatas: null,
      uris: null,
    };
    const { op, payload } = encoded({ op: 'write', write });
    const shifted = new Uint8Array(payload.length + 1);
    shifted.set(payload, 1);
    expect(decodeEntry(op, shifted.subarray(1))).toEqual({ op: 'write', write });
  });

  test('truncated or overlong entries are FORMAT_CORRUPT at every length', () => {
    const entries: LogEntry[] = [
      { op: 'createCollection', collection: COLLECTION },
      { op: 'deleteCollection', collectionId: ID },
      { op: 'deleteRows', collectionId: ID, rows: Uint32Array.of(1, 2) },
      { op: 'write', write: fc.sample(writeArbitrary, { numRuns: 1, seed: 3 })[0]! },
    ];
    for (const entry of entries) {
      const { op, payload } = encoded(entry);
      for (let length = 0; length < payload.length; length++) {
        expect(() => decodeEntry(op, payload.slice(0, length)), `${entry.op} ${length}`).toThrow(
          expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
        );
      }
      expect(() => decodeEntry(op, new Uint8Array([...payload, 0, 0, 0, 0]))).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    }
  });

  test('bytes that are anything else are refused or read within their bounds, never allocated by what they claim', () => {
    const seed = encoded({
      op: 'write',
      write: fc.sample(writeArbitrary, { numRuns: 1, seed: 5 })[0]!,
    }).payload;
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (op, changes) => {
          const bytes = seed.slice();
          for (const [at, value] of changes) bytes[at] = value;
          try {
            const entry = decodeEntry(op, bytes);
            if (entry.op === 'write') expect(entry.write.rows.length * 4).toBeLessThan(bytes.length);
          } catch (error) {
            expect((error as ChromaError).code).toBe('FORMAT_CORRUPT');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  /** Three records with documents `one`, `` and `zwei`: where the parts of the documents lie is counted from the end. */
  const withDocuments = (change: (payload: DataView, end: number) => void): (() => LogEntry) => {
    const { bytes, ends } = packTexts(['one', '', 'zwei']);
    const write: WriteEntry = {
      collectionId: ID,
      rows: Uint32Array.of(0, 1, 2),
      ids: ['a', 'b', 'c'],
      vectors: null,
      documents: { bytes, ends, states: Uint8Array.of(TEXT_SET, TEXT_SET, TEXT_SET) },
      metadatas: null,
      uris: null,
    };
    const { op, payload } = encoded({ op: 'write', write });
    // … u32 bytes, u32 states, u32 [3] ends, u8 [3] states, 0, 7 bytes of text, 0
    change(new DataView(payload.buffer), payload.length);
    return () => decodeEntry(op, payload);
  };

  test.each<[string, (payload: DataView, end: number) => void, string]>([
    ['an end before its start', (view, end) => view.setUint32(end - 24, 5, true), 'documents'],
    ['an end beyond the bytes', (view, end) => view.setUint32(end - 16, 8, true), 'documents'],
    ['bytes that belong to no text', (view, end) => view.setUint32(end - 16, 6, true), 'documents'],
    ['an unknown state', (view, end) => view.setUint8(end - 11, 3), 'documents'],
    ['a kept text that has bytes', (view, end) => view.setUint8(end - 12, TEXT_KEEP), 'documents'],
    ['an unknown layout', (view, end) => view.setUint32(end - 28, 2, true), 'documents'],
    ['padding that is not zero', (view, end) => view.setUint8(end - 1, 1), 'documents'],
    ['padding of states that is not zero', (view, end) => view.setUint8(end - 9, 1), 'documents states'],
    ['unknown columns', (view) => view.setUint32(24, 9, true), 'write header'],
    ['no records', (view) => view.setUint32(16, 0, true), 'write header'],
  ])('a write with %s is FORMAT_CORRUPT', (_, change, what) => {
    expect(withDocuments(() => {})().op).toBe('write');
    expect(withDocuments(change)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_CORRUPT',
        details: expect.objectContaining({ what }) as object,
      }),
    );
  });

  test('an id that is not UTF-8 is FORMAT_CORRUPT', () => {
    const damaged = withDocuments((view) => view.setUint8(60, 0xff));
    expect(damaged).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', details: { what: 'ids', position: 0 } }),
    );
  });

  test('an unknown operation is FORMAT_CORRUPT', () => {
    expect(() => decodeEntry(99, new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', details: { what: 'operation', op: 99 } }),
    );
  });

  test.each<[string, (collection: Record<string, unknown>) => unknown]>([
    ['shape', () => []],
    ['id', (collection) => ({ ...collection, id: 'x' })],
    ['name', (collection) => ({ ...collection, name: 5 })],
    ['metadata', (collection) => ({ ...collection, metadata: [] })],
    ['configuration', (collection) => ({ ...collection, configuration: null })],
    ['configuration.index', (collection) => ({ ...collection, configuration: {} })],
    [
      'configuration.index.space',
      (collection) => ({
        ...collection,
        configuration: { index: { space: 'dot' }, embeddingFunction: null },
      }),
    ],
    [
      'configuration.index.efConstruction',
      (collection) => ({ ...collection, configuration: { index: { space: 'l2' }, embeddingFunction: null } }),
    ],
    ...['vectors', 'precision'].map((key): [string, (collection: Record<string, unknown>) => unknown] => [
      `configuration.index.${key}`,
      (collection) => ({
        ...collection,
        configuration: {
          ...COLLECTION.configuration,
          index: { ...COLLECTION.configuration.index, [key]: 'f16' },
        },
      }),
    ]),
    [
      'configuration.embeddingFunction',
      (collection) => ({
        ...collection,
        configuration: { ...COLLECTION.configuration, embeddingFunction: { type: 'known' } },
      }),
    ],
  ])('a collection with a bad %s is FORMAT_CORRUPT', (field, change) => {
    const collection = change({ ...COLLECTION }) as StoredCollection;
    const { op, payload } = encoded({ op: 'createCollection', collection });
    expect(() => decodeEntry(op, payload)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', details: { what: 'collection', field } }),
    );
  });

  test('a collection that is not JSON is FORMAT_CORRUPT', () => {
    const payload = new Uint8Array([4, 0, 0, 0, 0x7b, 0x7b, 0x7b, 0x7b]);
    expect(() => decodeEntry(1, payload)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', details: { what: 'collection JSON' } }),
    );
  });
});
