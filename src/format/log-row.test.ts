/** Log rows: cut and joined exactly, never over 48 KiB, every damaged byte found. */
import fc from 'fast-check';
import { FORMAT_VERSION } from './head.js';
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { pushPiece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { decodeRow, encodeRows, MAX_ROW_BYTES } from './log-row.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

function payloadOf(...pieces: Uint8Array[]): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  for (const piece of pieces) pushPiece(payload, piece);
  return payload;
}

function whole({ pieces }: Pieces): number[] {
  return pieces.flatMap((piece) => [...piece]);
}

const FIRST = { seq: 5, entry: 3, epoch: 2 };

describe('log rows', () => {
  test('pieces of any lengths come back in order, from rows with buffers of their own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 40_000, max: 120_000 })), { maxLength: 4 }),
        (lengths) => {
          const payload = payloadOf(
            ...lengths.map((length, n) => new Uint8Array(length).map((_, i) => (i * 7 + n) & 255)),
          );
          const flags = lengths.length % 2;
          const rows = encodeRows({ op: 4, ...(flags === 1 && { flags }), payload }, FIRST, checksum);
          expect(rows.length).toBe(Math.max(1, Math.ceil(payload.length / (MAX_ROW_BYTES - 52))));
          const back: number[] = [];
          rows.forEach((row, part) => {
            expect(row.length).toBeLessThanOrEqual(MAX_ROW_BYTES);
            expect(row.buffer.byteLength).toBe(row.length);
            const { payload: bytes, ...header } = decodeRow(row, checksum);
            expect(header).toEqual({
              op: 4,
              flags,
              seq: 5 + part,
              entry: 3,
              epoch: 2,
              part,
              parts: rows.length,
            });
            for (const byte of bytes) back.push(byte);
          });
          expect(Buffer.from(back).equals(Buffer.from(whole(payload)))).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an empty payload is one row', () => {
    const rows = encodeRows({ op: 6, payload: payloadOf() }, FIRST, checksum);
    expect(rows).toHaveLength(1);
    expect(decodeRow(rows[0]!, checksum).payload.length).toBe(0);
  });

  test('any flipped bit is FORMAT_CORRUPT', () => {
    const [row] = encodeRows({ op: 4, payload: payloadOf(new Uint8Array([1, 2, 3, 4, 5])) }, FIRST, checksum);
    for (let bit = 0; bit < row!.length * 8; bit++) {
      const damaged = row!.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeRow(damaged, checksum), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    }
  });

  test('any other length is FORMAT_CORRUPT', () => {
    const [row] = encodeRows({ op: 4, payload: payloadOf(new Uint8Array(8)) }, FIRST, checksum);
    for (const damaged of [
      new Uint8Array(0),
      row!.slice(0, -1),
      row!.slice(0, 20),
      new Uint8Array([...row!, 0]),
      new Uint8Array(MAX_ROW_BYTES + 1),
    ]) {
      expect(() => decodeRow(damaged, checksum)).toThrow(
        expect.objectContaining({
          code: 'FORMAT_CORRUPT',
          details: expect.objectContaining({ what: 'row length' }) as object,
        }),
      );
    }
  });

  const resealed = (change: (view: DataView) => void): Uint8Array<ArrayBuffer> => {
    const row = encodeRows({ op: 4, payload: payloadOf(new Uint8Array(8)) }, FIRST, checksum)[0]!;
    const view = new DataView(row.buffer);
    change(view);
    view.setUint32(row.length - 4, checksum(row.subarray(0, -4)), true);
    return row;
  };

  test('a sound row of a newer format is FORMAT_TOO_NEW', () => {
    expect(() =>
      decodeRow(
        resealed((view) => view.setUint16(4, FORMAT_VERSION + 1, true)),
        checksum,
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'FORMAT_TOO_NEW',
        details: { format: FORMAT_VERSION + 1, reads: FORMAT_VERSION },
      }),
    );
  });

  test.each<[string, (view: DataView) => void]>([
    ['format 0', (view) => view.setUint16(4, 0, true)],
    ['a part beyond its parts', (view) => view.setUint32(12, 1, true)],
    ['no parts', (view) => view.setUint32(16, 0, true)],
    ['an unknown flag', (view) => view.setUint8(7, 2)],
    [
      'a flag that its format does not have',
      (view) => {
        view.setUint16(4, 2, true);
        view.setUint8(7, 1);
      },
    ],
    ['a reserved word in use', (view) => view.setUint32(20, 1, true)],
    ['a sequence number beyond 2^53', (view) => view.setUint32(28, 0x0020_0000, true)],
  ])('a checksummed row with %s is FORMAT_CORRUPT', (_, change) => {
    expect(() => decodeRow(resealed(change), checksum)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });
});
