import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { ChromaError } from '../base/errors.js';
import { parseModelTable } from './model-table.js';

/** A table of 4 dimensions; row 1 is the unknown one. Values are (nibble − 7.5) · scale. */
function makeTable(
  rows: { scale: number; nibbles: [number, number, number, number] }[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64 + rows.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('KXSE'));
  view.setUint16(4, 1, true);
  view.setUint16(6, 64, true);
  view.setUint32(8, rows.length, true);
  view.setUint16(12, 4, true);
  view.setUint8(14, 4);
  view.setUint8(15, 1);
  view.setUint32(16, 4, true);
  view.setUint32(20, 64, true);
  view.setUint32(24, 1, true);
  for (const [row, { scale, nibbles }] of rows.entries()) {
    const [a, b, c, d] = nibbles;
    view.setUint16(64 + row * 4, scale, true);
    view.setUint8(66 + row * 4, a | (b << 4));
    view.setUint8(67 + row * 4, c | (d << 4));
  }
  return bytes;
}

const HALF_ONE = 0x3c00;
const HALF_TWO = 0x4000;
const HALF_INFINITY = 0x7c00;
const HALF_NAN = 0x7e00;
const HALF_SMALLEST = 0x0001;

const zero = { scale: 0, nibbles: [0, 0, 0, 0] } satisfies Parameters<typeof makeTable>[0][number];
const unknown = { scale: HALF_ONE, nibbles: [15, 0, 7, 8] } satisfies Parameters<typeof makeTable>[0][number];
const twice = { scale: HALF_TWO, nibbles: [8, 8, 0, 15] } satisfies Parameters<typeof makeTable>[0][number];

describe('a model table', () => {
  let bytes: Uint8Array<ArrayBuffer>;
  beforeEach(() => {
    bytes = makeTable([zero, unknown, twice]);
  });

  test('sums rows by their scales and makes the sum unit length', () => {
    const table = parseModelTable(bytes);
    expect(table).toMatchObject({ rows: 3, dimensions: 4, unknownRow: 1 });
    const sum = [7.5 + 1, -7.5 + 1, -0.5 - 15, 0.5 + 15];
    const out = new Float32Array(4);
    expect(table.sumInto([1, 2], out)).toBe(true);
    for (const [d, value] of out.entries())
      expect(value).toBeCloseTo((sum[d] ?? NaN) / Math.hypot(...sum), 6);
  });

  test('sums an odd number of rows, and a row as often as it is named', () => {
    const table = parseModelTable(bytes);
    const three = new Float32Array(4);
    const one = new Float32Array(4);
    table.sumInto([2, 2, 2], three);
    table.sumInto([2], one);
    expect(three).toEqual(one);
  });

  test('uses the leading dimensions alone when the result is shorter', () => {
    const out = new Float32Array(2);
    parseModelTable(bytes).sumInto([1], out);
    expect(out[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(out[1]).toBeCloseTo(-Math.SQRT1_2, 6);
  });

  test('has no direction for no rows and for rows of zeros, and then writes nothing', () => {
    const table = parseModelTable(bytes);
    const out = new Float32Array(4).fill(3);
    expect(table.sumInto([], out)).toBe(false);
    expect(table.sumInto([0, 0], out)).toBe(false);
    expect([...out]).toEqual([3, 3, 3, 3]);
  });

  test('reads scales below the normal range of half precision', () => {
    const table = parseModelTable(makeTable([zero, { ...unknown, scale: HALF_SMALLEST }]));
    expect(table.sumInto([1], new Float32Array(4))).toBe(true);
  });
});

describe('damaged table bytes', () => {
  const damage: [string, (view: DataView) => void, string][] = [
    ['another magic', (view) => view.setUint8(0, 0), 'KXSE'],
    ['another version', (view) => view.setUint16(4, 2, true), 'version is 2, not 1'],
    ['another header size', (view) => view.setUint16(6, 32, true), 'header size'],
    ['more rows than there are', (view) => view.setUint32(8, 4, true), 'size in bytes is 76, not 80'],
    ['a row count that overflows', (view) => view.setUint32(8, 0xffffffff, true), 'size in bytes'],
    ['no dimensions', (view) => view.setUint16(12, 0, true), '0 dimensions'],
    ['an odd number of dimensions', (view) => view.setUint16(12, 3, true), '3 dimensions'],
    ['other dimensions', (view) => view.setUint16(12, 6, true), 'bytes per row is 4, not 5'],
    ['8 bits', (view) => view.setUint8(14, 8), 'bits per value is 8, not 4'],
    ['another scale type', (view) => view.setUint8(15, 0), 'scale type'],
    ['another row offset', (view) => view.setUint32(20, 66, true), 'offset of the first row'],
    ['an unknown row outside', (view) => view.setUint32(24, 3, true), 'unknown row 3'],
    ['an unknown row of zeros', (view) => view.setUint32(24, 0, true), 'unknown row 0 is zero'],
    [
      'an infinite scale',
      (view) => view.setUint16(64 + 8, HALF_INFINITY, true),
      'scale of row 2 is Infinity',
    ],
    ['a scale that is no number', (view) => view.setUint16(64 + 8, HALF_NAN, true), 'scale of row 2 is NaN'],
  ];
  test.each(damage)('with %s are refused', (_, apply, message) => {
    const bytes = makeTable([zero, unknown, twice]);
    apply(new DataView(bytes.buffer));
    expect(() => parseModelTable(bytes)).toThrow(
      expect.objectContaining({ code: 'EMBED_INTEGRITY', message: expect.stringContaining(message) }),
    );
  });

  test('of any length but the right one are refused', () => {
    const whole = makeTable([zero, unknown, twice]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseModelTable(whole.slice(0, length))).toThrow(
        expect.objectContaining({ code: 'EMBED_INTEGRITY' }),
      );
    }
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(() => parseModelTable(longer)).toThrow(expect.objectContaining({ code: 'EMBED_INTEGRITY' }));
  });

  test('never give anything but a table or a typed error, whichever header byte is changed', () => {
    const real = new Uint8Array(
      readFileSync(new URL('../../models/kindex-static-en/kindex-static-en.int4.bin', import.meta.url)),
    );
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const before = real[at] ?? 0;
        real[at] = value;
        try {
          expect(parseModelTable(real).rows).toBe(22_000);
        } catch (error) {
          if (!(error instanceof ChromaError)) throw error;
          expect(error.code).toBe('EMBED_INTEGRITY');
        } finally {
          real[at] = before;
        }
      }),
      { numRuns: 60 },
    );
  });
});
