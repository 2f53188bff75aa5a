/** Merging metadata: what needs no merging passes as it came, everything else equals the definition on plain objects. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packTexts } from '../base/packed-texts.js';
import { TEXT_CLEAR, TEXT_KEEP, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import { mergeMetadatas } from './merge-metadata.js';

function results({ bytes, ends, states }: TextPatch): { state: number; value: unknown }[] {
  return Array.from(ends, (end, i) => {
    const text = Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)).toString();
    return { state: states?.[i] ?? TEXT_SET, value: text === '' ? null : (JSON.parse(text) as unknown) };
  });
}

const value = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.string(),
  fc.constantFrom('null', '{"x":null}', [1, 2], { tokens: null }),
);
const object = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'null', '__proto__'), fc.string()), value);
const given = fc.option(object);
const stored = fc.option(
  object.filter((each) => Object.keys(each).length > 0 && Object.values(each).every((item) => item !== null)),
);

describe('merging metadata', () => {
  test('texts that replace and delete nothing are neither copied nor parsed', () => {
    const texts = packTexts(['{"a":1}', '{not json}', null]);
    const patch = mergeMetadatas(texts, () => null);
    expect(patch.bytes).toBe(texts.bytes);
    expect(patch.ends).toBe(texts.ends);
    expect(patch.states).toBe(texts.present);
  });

  test('S9 equals the definition: keys of both, the given one wins, null deletes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(given, stored), { minLength: 1, maxLength: 6 }), (pairs) => {
        const texts = packTexts(pairs.map(([each]) => (each === null ? null : JSON.stringify(each))));
        const patch = mergeMetadatas(texts, (i) =>
          pairs[i]![1] === null ? null : JSON.stringify(pairs[i]![1]),
        );
        expect(results(patch)).toEqual(
          pairs.map(([change, held]) => {
            if (change === null) return { state: TEXT_KEEP, value: null };
            const merged = new Map(
              [...Object.entries(held ?? {}), ...Object.entries(change)].filter(
                ([key]) => change[key] !== null || !Object.hasOwn(change, key),
              ),
            );
            if (merged.size === 0) return { state: held === null ? TEXT_KEEP : TEXT_CLEAR, value: null };
            return {
              state: TEXT_SET,
              value: JSON.parse(JSON.stringify(Object.fromEntries(merged))) as unknown,
            };
          }),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('a text that has to be parsed and is not JSON is VALUE_METADATA with its place', () => {
    const error = expect.objectContaining({ code: 'VALUE_METADATA', details: { index: 1 } }) as Error;
    expect(() => mergeMetadatas(packTexts(['{"a":1}', '{null}']), () => null)).toThrow(error);
  });
});
