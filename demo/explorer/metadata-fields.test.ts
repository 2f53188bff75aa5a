import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metadata } from 'kindex';
import { changesOf, parseFields, toFields, type Field } from './metadata-fields.js';

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0 || 0);
const value = fc.oneof(
  fc.string(),
  number,
  fc.boolean(),
  fc.array(fc.string(), { minLength: 1 }),
  fc.array(number, { minLength: 1 }),
  fc.array(fc.boolean(), { minLength: 1 }),
  fc.constant({ indices: [1, 5], values: [0.5, 2] }),
);
const metadata: fc.Arbitrary<Metadata> = fc
  .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), value), { selector: ([key]) => key, minLength: 1 })
  .map((entries) => Object.fromEntries(entries) as Metadata);

test('metadata comes back from the form as it went in', () => {
  fc.assert(
    fc.property(metadata, (given) => {
      expect(parseFields(toFields(given))).toEqual(given);
    }),
  );
});

test('the changes, merged as update merges them, make the one out of the other', () => {
  fc.assert(
    fc.property(fc.option(metadata), fc.option(metadata), (before, after) => {
      const changes = changesOf(before, after);
      const merged = new Map(Object.entries(before ?? {}));
      for (const [key, change] of Object.entries(changes ?? {})) {
        if (change === null) merged.delete(key);
        else merged.set(key, change);
      }
      expect(Object.fromEntries(merged)).toEqual({ ...after });
      if (changes) expect(Object.keys(changes).length).toBeGreaterThan(0);
    }),
  );
});

describe('what cannot be read is told with its place', () => {
  test.each<[Field, RegExp]>([
    [{ key: '', type: 'text', text: 'a' }, /key is missing/],
    [{ key: 'a', type: 'text', text: 'again' }, /“a” is there twice/],
    [{ key: 'n', type: 'number', text: 'three' }, /“three” is not a finite number/],
    [{ key: 'n', type: 'number', text: ' ' }, /not a finite number/],
    [{ key: 'b', type: 'boolean', text: 'yes' }, /neither true nor false/],
    [{ key: 'l', type: 'texts', text: '' }, /at least one element/],
    [{ key: 'l', type: 'texts', text: '[1]' }, /JSON list of texts/],
    [{ key: 'l', type: 'numbers', text: '1\ntwo' }, /“two” is not a finite number/],
    [{ key: 's', type: 'sparse', text: '{' }, /not valid JSON/],
    [{ key: 's', type: 'sparse', text: '[1]' }, /A sparse vector is JSON/],
  ])('%j', (field, message) => {
    const fields: Field[] = [{ key: 'a', type: 'text', text: '' }, field];
    expect(() => parseFields(fields)).toThrow(message);
    expect(() => parseFields(fields)).toThrow(expect.objectContaining({ index: 1 }) as Error);
  });
});

test('no fields are no metadata', () => {
  expect(toFields(null)).toEqual([]);
  expect(parseFields([])).toBeNull();
});
