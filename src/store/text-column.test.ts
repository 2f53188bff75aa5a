/** Text columns: equal to a Map of strings whatever is written, and never holding much more than is alive. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packTexts } from '../base/packed-texts.js';
import { TEXT_CLEAR, TEXT_KEEP, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import { TextColumn } from './text-column.js';

/** String: set. Null: clear. Undefined: keep. */
type Change = string | null | undefined;

function patchOf(changes: Change[]): TextPatch {
  const { bytes, ends } = packTexts(changes.map((change) => change ?? ''));
  const state = (change: Change): number =>
    change === undefined ? TEXT_KEEP : change === null ? TEXT_CLEAR : TEXT_SET;
  return { bytes, ends, states: Uint8Array.from(changes, state) };
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
  fc.constantFrom('', '\ufeffmark', 'y'.repeat(70_000), 'z'.repeat(300_000)),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: text },
  fc.constant(null),
  fc.constant(undefined),
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.uniqueArray(fc.tuple(fc.nat(40), change), {
      selector: ([row]) => row,
      minLength: 1,
      maxLength: 8,
    }),
  },
  { weight: 1, arbitrary: fc.uniqueArray(fc.nat(60), { maxLength: 20 }) },
);

describe('text column', () => {
  test('reads like a Map of strings after any changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const column = new TextColumn();
        const model = new Map<number, string>();
        for (const each of steps) {
          if (each.every((item) => typeof item === 'number')) {
            column.clear(Uint32Array.from(each));
            for (const row of each) model.delete(row);
            continue;
          }
          const changes = each;
          column.apply(
            Uint32Array.from(changes, ([row]) => row),
            patchOf(changes.map(([, to]) => to)),
          );
          for (const [row, to] of changes) {
            if (to === null) model.delete(row);
            else if (to !== undefined) model.set(row, to);
          }
        }
        for (let row = 0; row < 64; row++) expect(column.text(row) === (model.get(row) ?? null)).toBe(true);
        // Together as each alone: of all, and of few, which may be ASCII only.
        for (const rows of [Array.from({ length: 64 }, (_, row) => 63 - row), [7, 3, 3, 60], [1], []]) {
          const together = column.texts(rows);
          expect(together.length).toBe(rows.length);
          expect(together.every((each, i) => each === (model.get(rows[i]!) ?? null))).toBe(true);
        }
        const bytes = [...model.values()].reduce(
          (sum, each) => sum + new TextEncoder().encode(each).length,
          0,
        );
        expect(column.bytes.live).toBe(bytes);
        expect(column.bytes.held).toBeLessThanOrEqual(bytes + Math.max(1024 * 1024, bytes));
      }),
      { numRuns: 60 },
    );
  });

  test('a large patch is kept in the buffer it came in, a small or borrowed one is copied', () => {
    const column = new TextColumn();
    const large = packTexts(['a'.repeat(100_000), 'b'.repeat(100_000)]);
    column.apply(Uint32Array.of(0, 1), { ...large, states: null });
    expect(column.read(1)!.buffer).toBe(large.bytes.buffer);
    const small = packTexts(['c']);
    column.apply(Uint32Array.of(2), { ...small, states: null });
    expect(column.read(2)!.buffer).not.toBe(small.bytes.buffer);
    const borrowed = new Uint8Array(1_000_000).subarray(0, 100_000);
    column.apply(Uint32Array.of(3), { bytes: borrowed, ends: Uint32Array.of(100_000), states: null });
    expect(column.read(3)!.buffer).not.toBe(borrowed.buffer);
  });

  test('ten thousand small texts lie in a handful of blocks', () => {
    const column = new TextColumn();
    const buffers = new Set<ArrayBuffer>();
    for (let row = 0; row < 10_000; row++)
      column.apply(Uint32Array.of(row), { ...packTexts([`text number ${row}`]), states: null });
    for (let row = 0; row < 10_000; row++) {
      expect(column.text(row)).toBe(`text number ${row}`);
      buffers.add(column.read(row)!.buffer);
    }
    expect(buffers.size).toBe(1);
  });

  test('texts of a reply are what each is alone: ASCII, with others among them, absent, too long', () => {
    const column = new TextColumn();
    const texts = ['one', '', 'two', null, 'ünï', '\ufeffmark', '\u0000', 'x'.repeat(20_000)];
    column.apply(Uint32Array.from(texts.keys()), patchOf(texts));
    expect(column.texts([2, 0, 1, 3, 0, 6, 99])).toEqual(['two', 'one', '', null, 'one', '\u0000', null]);
    expect(column.texts([0, 4, 5, 2])).toEqual(['one', 'ünï', '\ufeffmark', 'two']);
    expect(column.texts([0, 7])).toEqual(['one', 'x'.repeat(20_000)]);
    expect(column.texts([])).toEqual([]);
  });

  test('rewriting a text many times does not pile up the old ones', () => {
    const column = new TextColumn();
    for (let n = 0; n < 200; n++)
      column.apply(Uint32Array.of(0), { ...packTexts([`${n}`.padEnd(200_000, '.')]), states: null });
    expect(column.bytes.live).toBe(200_000);
    expect(column.bytes.held).toBeLessThan(2_000_000);
    expect(column.text(0)).toBe('199'.padEnd(200_000, '.'));
  });
});
