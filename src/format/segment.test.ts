/** Segments and manifests: what is written reads back, whatever is damaged or impossible is refused before anything is allocated. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { wholeOf } from './fixtures/pieces.js';
import { decodeManifest, encodeManifest, segmentKeysOf } from './manifest.js';
import type { Manifest } from './manifest.js';
import {
  catalogText,
  decodeCatalog,
  decodeTexts,
  decodeTombstones,
  decodeVectors,
  encodeCatalog,
  encodeTexts,
  encodeTombstones,
  encodeVectors,
} from './segment-content.js';
import { decodeSegment, encodeSegment, generationOfKey, segmentKey } from './segment.js';
import type { SegmentReference } from './segment.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);
const ID = '00000000-0000-4000-8000-00000000000a';
const CORRUPT = expect.objectContaining({ code: 'FORMAT_CORRUPT' });

/** The bytes with `change` made and their checksum put right. */
function resealed(bytes: Uint8Array<ArrayBuffer>, change: (view: DataView) => void): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(copy.length - 4, checksum(copy.subarray(0, copy.length - 4)), true);
  return copy;
}

function vectorSegment(): { value: Uint8Array<ArrayBuffer>; reference: SegmentReference } {
  const rows = Uint32Array.of(4, 5, 9);
  const payload = encodeVectors(
    { collectionId: ID, rows },
    { data: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 3, dimensions: 2 },
  );
  const name = { gen: 7, kind: 'vectors' as const, n: 2 };
  const { value, crc } = encodeSegment(name, { rows: 3, payload }, checksum);
  return { value, reference: { ...name, bytes: value.length, crc, rows: 3, firstRow: 4, lastRow: 9 } };
}

describe('segments', () => {
  test('keys sort by generation, kind and number', () => {
    const names = [
      { gen: 1, kind: 'uris' as const, n: 3 },
      { gen: 2, kind: 'ids' as const, n: 10 },
      { gen: 2, kind: 'ids' as const, n: 9 },
      { gen: 10, kind: 'catalog' as const, n: 1 },
    ];
    const keys = names.map(segmentKey);
    expect([...keys].sort()).toEqual([keys[0], keys[2], keys[1], keys[3]]);
    expect(keys.map(generationOfKey)).toEqual([1, 2, 2, 10]);
    expect(generationOfKey('of somebody else')).toBe(0);
  });

  test('the payload comes back as a view', () => {
    const { value, reference } = vectorSegment();
    const payload = decodeSegment(value, reference, checksum);
    expect(payload.buffer).toBe(value.buffer);
    const { collectionId, rows, vectors } = decodeVectors(payload, 3);
    expect([collectionId, [...rows], [...vectors.data], vectors.dimensions]).toEqual([
      ID,
      [4, 5, 9],
      [1, 2, 3, 4, 5, 6],
      2,
    ]);
  });

  test('a flip of any bit is found', () => {
    const { value, reference } = vectorSegment();
    for (let bit = 0; bit < value.length * 8; bit++) {
      const damaged = value.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeSegment(damaged, reference, checksum), `bit ${bit}`).toThrow(CORRUPT);
    }
  });

  test.each<[string, Partial<SegmentReference>]>([
    ['generation', { gen: 8 }],
    ['kind', { kind: 'uris' }],
    ['number', { n: 3 }],
    ['count of rows', { rows: 4 }],
    ['checksum', { crc: 1 }],
    ['length', { bytes: 90 }],
  ])('a sound segment of another %s than the manifest says is refused', (_, other) => {
    const { value, reference } = vectorSegment();
    expect(() => decodeSegment(value, { ...reference, ...other }, checksum)).toThrow(CORRUPT);
  });

  test('a sound segment of a newer format is FORMAT_TOO_NEW', () => {
    const { value, reference } = vectorSegment();
    const newer = resealed(value, (view) => view.setUint16(4, 9, true));
    const crc = new DataView(newer.buffer).getUint32(newer.length - 4, true);
    expect(() => decodeSegment(newer, { ...reference, crc }, checksum)).toThrow(
      expect.objectContaining({ code: 'FORMAT_TOO_NEW' }),
    );
  });
});

describe('what lies in segments', () => {
  const texts = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 }).chain((rows) =>
    fc.tuple(
      fc.constant(Uint32Array.from(rows).sort()),
      fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 9 })), {
        minLength: rows.length,
        maxLength: rows.length,
      }),
    ),
  );

  test('texts of any rows read back, consecutive ones without a list of rows', () => {
    fc.assert(
      fc.property(texts, ([rows, values]) => {
        const encoded = values.map((value) => new TextEncoder().encode(value ?? ''));
        let end = 0;
        const patch = {
          bytes: wholeOf({ pieces: encoded, length: encoded.reduce((sum, { length }) => sum + length, 0) }),
          ends: Uint32Array.from(encoded, ({ length }) => (end += length)),
          states: Uint8Array.from(values, (value) => (value === null ? 2 : 1)),
        };
        const read = decodeTexts(wholeOf(encodeTexts({ collectionId: ID, rows }, patch)), rows.length);
        expect(read).toEqual({ collectionId: ID, rows, texts: patch });
      }),
    );
    const rows = Uint32Array.from({ length: 100 }, (_, i) => 50 + i);
    const patch = { bytes: new Uint8Array(0), ends: new Uint32Array(100), states: null };
    expect(encodeTexts({ collectionId: ID, rows }, patch).length).toBe(16 + 8 + 8 + 400);
  });

  test('tombstones and the catalog read back', () => {
    const tombstones = { collectionId: ID, first: 64, words: Uint32Array.of(1, 0x8000_0001) };
    expect(decodeTombstones(wholeOf(encodeTombstones(tombstones)), 3)).toEqual(tombstones);
    const entries = [
      { type: 'tenant' as const, name: 'т' },
      { type: 'database' as const, database: { id: ID, name: 'd', tenant: 'т' } },
    ];
    expect(decodeCatalog(wholeOf(encodeCatalog(entries.map(catalogText))), 2)).toEqual(entries);
  });

  const base = wholeOf(
    encodeVectors(
      { collectionId: ID, rows: Uint32Array.of(4, 5, 9) },
      { data: new Float32Array(6), rows: 3, dimensions: 2 },
    ),
  );
  const changed = (offset: number, value: number): Uint8Array<ArrayBuffer> => {
    const copy = base.slice();
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  };

  test.each<[string, () => unknown]>([
    ['rows that do not ascend', () => decodeVectors(changed(28, 4), 3)],
    ['a layout that is unknown', () => decodeVectors(changed(16, 2), 3)],
    ['a first row beside a list', () => decodeVectors(changed(20, 1), 3)],
    ['no dimensions', () => decodeVectors(changed(36, 0), 3)],
    ['dimensions beyond the bytes', () => decodeVectors(changed(36, 0x4000_0000), 3)],
    ['more rows than bytes', () => decodeVectors(base, 0x4000_0000)],
    ['no rows', () => decodeVectors(base, 0)],
    ['consecutive rows beyond the bytes', () => decodeVectors(changed(16, 0), 0x0fff_ffff)],
    ['bytes left over', () => decodeVectors(new Uint8Array([...base, 0, 0, 0, 0]), 3)],
    [
      'tombstones that are counted wrong',
      () =>
        decodeTombstones(
          wholeOf(encodeTombstones({ collectionId: ID, first: 0, words: Uint32Array.of(3) })),
          1,
        ),
    ],
    [
      'tombstones of a crooked start',
      () =>
        decodeTombstones(
          wholeOf(encodeTombstones({ collectionId: ID, first: 3, words: Uint32Array.of(3) })),
          2,
        ),
    ],
    [
      'a catalog entry of an unknown type',
      () => decodeCatalog(Uint8Array.of(9, 0, 0, 0, 2, 0, 0, 0, 0x7b, 0x7d, 0, 0), 1),
    ],
    [
      'a catalog that is not JSON',
      () => decodeCatalog(Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0x7b, 0, 0, 0), 1),
    ],
    ['more catalog entries than bytes', () => decodeCatalog(new Uint8Array(0), 0xffff_ffff)],
  ])('%s: FORMAT_CORRUPT', (_, decode) => {
    expect(decode).toThrow(CORRUPT);
  });
});

describe('manifests', () => {
  const segment = (kind: SegmentReference['kind'], n: number): SegmentReference => ({
    gen: 5,
    kind,
    n,
    bytes: 100,
    crc: 0xffff_ffff,
    rows: 3,
    firstRow: kind === 'catalog' ? 0 : 2,
    lastRow: kind === 'catalog' ? 0 : 9,
  });
  const manifest: Manifest = {
    gen: 5,
    uuid: ID,
    checkpointSeq: 2 ** 40,
    checkpointEntry: 2 ** 33,
    clients: [
      {
        client: 'page',
        answered: 3,
        replies: [
          { n: 3, reply: '{"added":1}' },
          { n: 2 ** 33, reply: '' },
        ],
      },
    ],
    catalog: [segment('catalog', 1)],
    collections: [
      { id: ID, nextRow: 10, dimensions: 384, segments: [segment('ids', 2), segment('vectors', 3)] },
      { id: '00000000-0000-4000-8000-00000000000b', nextRow: 0, dimensions: null, segments: [] },
    ],
  };
  const value = encodeManifest(manifest, checksum);

  test('reads back', () => {
    expect(decodeManifest(value, checksum)).toEqual(manifest);
    expect(segmentKeysOf(manifest)).toHaveLength(3);
  });

  test('a flip of any bit, and any cut, is found', () => {
    for (let bit = 0; bit < value.length * 8; bit++) {
      const damaged = value.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeManifest(damaged, checksum), `bit ${bit}`).toThrow(CORRUPT);
    }
    for (let length = 0; length < value.length; length++)
      expect(() => decodeManifest(value.slice(0, length), checksum), `length ${length}`).toThrow(CORRUPT);
  });

  // Header 64, catalog entry 36, then the first collection: id 16, nextRow, dimensions, segments, and its references.
  test.each<[string, (view: DataView) => void]>([
    ['more segments than bytes', (view) => view.setUint32(56, 0xffff_ffff, true)],
    ['more collections than bytes', (view) => view.setUint32(60, 0xffff_ffff, true)],
    ['generation 0', (view) => view.setUint32(16, 0, true)],
    ['format 1', (view) => view.setUint16(4, 1, true)],
    ['a generation that is no safe integer', (view) => view.setUint32(20, 0x00ff_ffff, true)],
    ['a segment of a later generation', (view) => view.setUint32(64, 6, true)],
    ['an unknown kind', (view) => view.setUint32(72, 99, true)],
    ['a segment without bytes', (view) => view.setUint32(80, 0, true)],
    ['a segment of 2 GiB', (view) => view.setUint32(80, 0x8000_0000, true)],
    ['a first row after the last', (view) => view.setUint32(92, 1, true)],
    ['a segment twice', (view) => [136, 140].forEach((at) => view.setUint32(at, 1, true))],
    ['a catalog among columns', (view) => view.setUint32(136, 1, true)],
    ['rows beyond the next row', (view) => view.setUint32(116, 9, true)],
    ['too many dimensions', (view) => view.setUint32(120, 65_537, true)],
    ['more segments of a collection than bytes', (view) => view.setUint32(124, 0xffff_ffff, true)],
    ['reserved bytes in use', (view) => view.setUint32(12, 1, true)],
  ])('%s: FORMAT_CORRUPT though the checksum is right', (_, change) => {
    expect(() => decodeManifest(resealed(value, change), checksum)).toThrow(CORRUPT);
  });

  test('a newer format is FORMAT_TOO_NEW', () => {
    expect(() =>
      decodeManifest(
        resealed(value, (view) => view.setUint16(4, 9, true)),
        checksum,
      ),
    ).toThrow(expect.objectContaining({ code: 'FORMAT_TOO_NEW' }));
  });

  test('random bytes with a right checksum are read or refused, never anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(value.length - 5), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = resealed(value, (view) => changes.forEach(([at, byte]) => view.setUint8(at, byte)));
          try {
            decodeManifest(bytes, checksum);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^FORMAT_/) });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
