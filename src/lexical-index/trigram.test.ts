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

/** Documents by row, and a text: half the time a part of one of them, which a text by chance seldom is. */
function documentsAndPart(
  row: fc.Arbitrary<number>,
  text: fc.Arbitrary<string>,
): fc.Arbitrary<[[number, string][], string]> {
  return fc
    .uniqueArray(fc.tuple(row, text), { selector: ([at]) => at })
    .chain((given) =>
      fc.tuple(
        fc.constant(given),
        given.length === 0 ? text : fc.oneof(text, partOf(given.map(([, document]) => document))),
      ),
    );
}

/** Cut between characters. */
function partOf(documents: string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.nat(12), fc.nat(12))
    .map(([document, from, to]) => [...document].slice(Math.min(from, to), Math.max(from, to)).join(''));
}

/** Stored and read back. */
function reopened(index: TrigramIndex): TrigramIndex {
  return new TrigramIndex(bytesOf(index));
}

function bytesOf(index: TrigramIndex): Uint8Array<ArrayBuffer> {
  const steps = index.serialize();
  for (;;) {
    const step = steps.next();
    if (step.done) return new Uint8Array(Buffer.concat(step.value));
  }
}

describe('stored trigrams', () => {
  test('answer as freshly built ones, before and after more is added, and when they are stored again', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', 'é', '日'), { maxLength: 14 })
      .map((list) => list.join(''));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.oneof(fc.nat(100), fc.nat(5_000)), text), {
          selector: ([at]) => at,
          minLength: 2,
        }),
        fc.array(text, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (given, asked, cut) => {
          const sorted = given.toSorted(([a], [b]) => a - b);
          const at = cut % sorted.length;
          const fresh = indexOf(new Map(sorted));
          const index = reopened(indexOf(new Map(sorted.slice(0, at))));
          for (const [row, document] of sorted.slice(at)) index.add(row, encoder.encode(document));
          const again = reopened(index);
          for (const each of asked) {
            const expected = candidates(fresh, each, 5_001);
            expect(candidates(index, each, 5_001)).toEqual(expected);
            expect(candidates(again, each, 5_001)).toEqual(expected);
          }
          expect(Buffer.compare(bytesOf(again), bytesOf(fresh))).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('lists of many blocks, full ones too, come back whole', () => {
    const index = new TrigramIndex();
    const bytes = [1, 59, 60, 61, 119, 120, 121, 500].map((count, list) => {
      const document = encoder.encode(`x${String.fromCharCode(97 + list)}z`);
      return { count, document };
    });
    for (let row = 0; row < 500; row++)
      for (const { count, document } of bytes) if (row < count) index.add(row * 8 + bytes.length, document);
    const again = reopened(index);
    for (const { count, document } of bytes) {
      const text = new TextDecoder().decode(document);
      expect(candidates(again, text, 5000), text).toHaveLength(count);
      expect(candidates(again, text, 5000), text).toEqual(candidates(index, text, 5000));
    }
  });

  test('what is added while they are being stored is not in it', () => {
    const index = indexOf(new Map(Array.from({ length: 200 }, (_, row) => [row, `document ${row} of many`])));
    const steps = index.serialize();
    let row = 200;
    for (;;) {
      const step = steps.next();
      if (step.done) {
        const stored = new TrigramIndex(new Uint8Array(Buffer.concat(step.value)));
        expect(candidates(stored, 'document', 1000)).toEqual(Array.from({ length: 200 }, (_, i) => i));
        break;
      }
      for (let i = 0; i < 20; i++) index.add(row, encoder.encode(`document ${row++} of many`));
    }
    expect(row).toBeGreaterThan(300);
    expect(candidates(index, 'document', 1000)).toHaveLength(row);
  });

  test('damaged bytes are refused, or lead to other rows and nowhere else', () => {
    const bytes = bytesOf(
      indexOf(
        new Map([
          [1, 'some text'],
          [9, 'other text'],
          [700, 'text again'],
        ]),
      ),
    );
    const offsets = fc.oneof(fc.nat(bytes.length - 1), fc.constantFrom(0, 4, 8, 12, bytes.length - 3));
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(offsets, fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(3),
        (damage, cut) => {
          const damaged = bytes.slice(0, bytes.length - cut);
          for (const [at, value] of damage) if (at < damaged.length) damaged[at] = value;
          let index: TrigramIndex;
          try {
            index = new TrigramIndex(damaged);
          } catch (error) {
            expect(error).toMatchObject({ code: 'FORMAT_CORRUPT' });
            refused += 1;
            return;
          }
          expect(index.candidates(encoder.encode('text'), 32)).toHaveLength(32);
          index.add(0xffff_fff0, encoder.encode('text'));
          expect(index.candidates(encoder.encode('text'), 32)).toHaveLength(32);
        },
      ),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(30);
  });
});

describe('trigram candidates', () => {
  test('hold every row whose document holds the text', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', 'é', '日', '😀', '\0'), { maxLength: 12 })
      .map((list) => list.join(''));
    const row = fc.oneof(fc.nat(200), fc.nat(5_000));
    let found = 0;
    fc.assert(
      fc.property(documentsAndPart(row, text), ([given, asked]) => {
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
    expect(found).toBeGreaterThan(40);
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
