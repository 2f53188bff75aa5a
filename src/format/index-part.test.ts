/** Parts of stored indexes: what is written reads back, and what is damaged or impossible is refused. */
import { describe, expect, test } from 'vitest';
import { wholeOf } from './fixtures/pieces.js';
import { decodeChangedRows, encodeChangedRows } from './changed-rows.js';
import { decodeIndexPart, encodeIndexPart } from './index-part.js';

const ID = '00000000-0000-4000-8000-00000000000a';
const PART = {
  collectionId: ID,
  end: 90,
  parameters: [384, 2, 16],
  totalBytes: 12,
  parts: 3,
  part: 1,
  bytes: Uint8Array.of(1, 2, 3, 4, 5),
};

describe('a part of an index', () => {
  test('comes back with its tag', () => {
    expect(decodeIndexPart(wholeOf(encodeIndexPart(PART)))).toEqual(PART);
    const empty = { ...PART, parameters: [], bytes: new Uint8Array(0) };
    expect(decodeIndexPart(wholeOf(encodeIndexPart(empty)))).toEqual(empty);
  });

  test('is refused when it is cut at any byte, or longer', () => {
    const bytes = wholeOf(encodeIndexPart(PART));
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeIndexPart(bytes.slice(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    expect(() => decodeIndexPart(new Uint8Array([...bytes, 0]))).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });

  test('is refused when it is beyond the last part, or claims many parameters', () => {
    expect(() => decodeIndexPart(wholeOf(encodeIndexPart({ ...PART, part: 3 })))).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ what: 'index part', part: 3 }) }),
    );
    const parameters = Array.from({ length: 17 }, () => 1);
    expect(() => decodeIndexPart(wholeOf(encodeIndexPart({ ...PART, parameters })))).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });
});

describe('changed rows', () => {
  test('come back', () => {
    const rows = Uint32Array.of(0, 7, 4_000_000_000);
    expect(decodeChangedRows(wholeOf(encodeChangedRows(ID, rows)), 3)).toEqual({ collectionId: ID, rows });
  });

  test('are refused when another number is told, or they are not ascending', () => {
    const bytes = wholeOf(encodeChangedRows(ID, Uint32Array.of(3, 4)));
    for (const count of [1, 3])
      expect(() => decodeChangedRows(bytes, count)).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    for (const rows of [
      [4, 3],
      [3, 3],
    ])
      expect(() => decodeChangedRows(wholeOf(encodeChangedRows(ID, Uint32Array.from(rows))), 2)).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
  });
});
