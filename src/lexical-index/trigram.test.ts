import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TrigramIndex } from './trigram.js';

const encoder = new TextEncoder();

function indexOf(documents: ReadonlyMap<number, string>): TrigramIndex {
  const index = new TrigramIndex();
  for (const [row, document] of documents) index.add(row, encoder.encode(document));
  return index;
}

/** null: the text cannot tell. */
function candidates(index: TrigramIndex, text: string, rowEnd: number): number[] | null {
  const bits = index.candidates(encoder.encode(text), (rowEnd + 31) >>> 5);
  if (bits === null) return null;
  return Array.from({ length: bits.length * 32 }, (_, row) => row).filter(
    (row) => (bits[row >>> 5]! & (1 << (row & 31))) !== 0,
  );
}

describe('trigram candidates', () => {
  test('hold every row whose document holds the text', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', 'é', '日', '😀', '\0'), { maxLength: 12 })
      .map((list) => list.join(''));
    const row = fc.oneof(fc.nat(200), fc.nat(5_000));
    let found = 0;
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(row, text), { selector: ([at]) => at }), text, (given, asked) => {
        const documents = new Map(given.toSorted(([a], [b]) => a - b));
        const rows = candidates(indexOf(documents), asked, 5_001);
        if (encoder.encode(asked).length < 3) {
          expect(rows).toBeNull();
          return;
        }
        for (const [at, document] of documents) {
          if (!document.includes(asked)) continue;
          expect(rows).toContain(at);
          found += 1;
        }
      }),
      { numRuns: 400 },
    );
    expect(found).toBeGreaterThan(20);
  });

  test('leave out rows whose document lacks the text', () => {
    const index = indexOf(
      new Map([
        [3, 'the river was quiet'],
        [70, 'a quiet garden'],
        [71, ''],
        [500, '静かな川 🏞'],
      ]),
    );
    expect(candidates(index, 'river', 501)).toEqual([3]);
    expect(candidates(index, 'quiet', 501)).toEqual([3, 70]);
    expect(candidates(index, '川', 501)).toEqual([500]);
    expect(candidates(index, '🏞', 501)).toEqual([500]);
    expect(candidates(index, 'mountain', 501)).toEqual([]);
  });

  test('lists grow over many blocks, with rows far apart and close together', () => {
    const documents = new Map<number, string>();
    for (let i = 0; i < 5_000; i++) documents.set(i * (i % 97), 'common');
    for (let i = 0; i < 5_000; i++) documents.set(600_000 + i, i % 50 === 0 ? 'common, seldom' : 'common');
    const sorted = new Map([...documents].toSorted(([a], [b]) => a - b));
    const index = indexOf(sorted);
    expect(candidates(index, 'common', 700_000)).toEqual([...sorted.keys()]);
    expect(candidates(index, 'common, seldom', 700_000)).toEqual(
      Array.from({ length: 100 }, (_, i) => 600_000 + i * 50),
    );
    expect(index.bytes).toBeGreaterThan(1 << 20);
  });

  test('memory grows with what is added, and keeps what was there', () => {
    let seed = 1;
    const letter = (): string => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return String.fromCharCode(33 + ((seed >>> 16) % 94));
    };
    const documents = new Map(
      Array.from({ length: 30 }, (_, row) => [row, Array.from({ length: 2_000 }, letter).join('')]),
    );
    const index = indexOf(documents);
    expect(index.bytes).toBeGreaterThan(3 << 20);
    for (const [row, document] of documents)
      expect(candidates(index, document.slice(700, 712), 30)).toEqual([row]);
  });

  test('the highest rows there can be are listed too', () => {
    const index = new TrigramIndex();
    const last = 0xffff_fffe;
    index.add(5, encoder.encode('abc'));
    index.add(last, encoder.encode('abc'));
    // Bits of all rows would take half a gigabyte: writes beyond the words are ignored.
    expect(candidates(index, 'abc', 64)).toEqual([5]);
  });
});
