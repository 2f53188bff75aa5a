/** Packing and unpacking texts is lossless for everything well-formed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTexts, TextPacker, unpackText } from './packed-texts.js';

test('texts come back as they were, absent ones as null', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }), { nil: null })), (texts) => {
      const packed = packTexts(texts);
      expect(texts.map((_, i) => unpackText(packed, i))).toEqual(texts);
      expect(packed.ends.length).toBe(texts.length);
    }),
  );
});

test('a packer that starts too small grows and keeps every byte', () => {
  const packer = new TextPacker(3, 1);
  const long = '€'.repeat(10_000);
  packer.push('a');
  packer.push(long);
  packer.push('🚲');
  const packed = packer.finish();
  expect([0, 1, 2].map((i) => unpackText(packed, i))).toEqual(['a', long, '🚲']);
  expect(packed.present).toBeNull();
});

test('bytes are not copied when most of the buffer is used, and trimmed when little is', () => {
  const tight = new TextPacker(1, 100);
  tight.push('x'.repeat(95));
  expect(tight.finish().bytes.buffer.byteLength).toBe(100);
  const loose = new TextPacker(1, 1000);
  loose.push('x');
  expect(loose.finish().bytes.buffer.byteLength).toBe(1);
});

test('a leading byte order mark is part of the text', () => {
  const texts = ['\ufeffwith a mark', 'without'];
  expect(texts.map((_, i) => unpackText(packTexts(texts), i))).toEqual(texts);
});
