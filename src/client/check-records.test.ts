/** The checks one by one, at their edges; that a collection makes them stands in client.contract.ts. */
import { describe, expect, test } from 'vitest';
import { ChromaError } from '../base/errors.js';
import { checkMetadata, validateMetadata } from './check-metadata.js';
import {
  checkIds,
  checkInclude,
  checkLengths,
  checkLimit,
  checkResultCount,
  checkText,
  shorten,
} from './check-records.js';

function refusal(act: () => void): Pick<ChromaError, 'code' | 'message' | 'details'> {
  try {
    act();
  } catch (error) {
    if (error instanceof ChromaError) {
      return { code: error.code, message: error.message, details: error.details };
    }
    throw error;
  }
  throw new Error('Nothing was refused.');
}

test('what is longer than 80 characters is shown by its beginning', () => {
  expect(shorten('x'.repeat(80))).toBe('x'.repeat(80));
  expect(shorten('x'.repeat(81))).toBe(`${'x'.repeat(80)}…`);
});

describe('ids', () => {
  test('C4 up to five duplicates are all named, of more the first and the last five', () => {
    const twice = (count: number): string[] => {
      const ids = Array.from({ length: count }, (_, i) => `id${i}`);
      return [...ids, ...ids];
    };
    expect(refusal(() => checkIds(twice(5))).message).toBe(
      'Expected IDs to be unique, but found duplicates of id0, id1, id2, id3, id4',
    );
    expect(refusal(() => checkIds(twice(6))).message).toBe(
      'Expected IDs to be unique, but found duplicates of id0, id1, id2, id3, id4, ..., id1, id2, id3, id4, id5',
    );
    expect(refusal(() => checkIds(twice(12))).message).toBe(
      'Expected IDs to be unique, but found duplicates of id0, id1, id2, id3, id4, ..., id7, id8, id9, id10, id11',
    );
    expect(refusal(() => checkIds(twice(300))).details['duplicates']).toHaveLength(100);
  });

  test('C4 what is no list of strings is told with every place', () => {
    expect(refusal(() => checkIds('a')).code).toBe('VALUE_IDS');
    expect(refusal(() => checkIds([])).code).toBe('VALUE_IDS');
    expect(refusal(() => checkIds(['a', 1, 'b', null]))).toMatchObject({
      message: 'Found non-string IDs at 1, 3',
      details: { indexes: [1, 3] },
    });
    expect(refusal(() => checkIds(['a', '']))).toMatchObject({
      code: 'VALUE_EMPTY_ID',
      details: { index: 1 },
    });
  });

  test.each([
    ['\ud800', 0],
    ['ab\udc00', 2],
    ['a🚲\ud83d', 3],
  ])('C4 the lone surrogate of %j is placed', (text, at) => {
    expect(refusal(() => checkIds(['fine', text]))).toMatchObject({
      code: 'VALUE_ILL_FORMED_TEXT',
      details: { path: 'ids[1]', index: 1, at },
    });
    expect(refusal(() => checkText('uris', 4, text)).details).toEqual({ path: 'uris[4]', index: 4, at });
  });

  test('C4 a pair of surrogates is a character like any other', () => {
    expect(() => checkIds(['🚲', 'é', ' ', '5'.repeat(5000)])).not.toThrow();
  });
});

describe('columns', () => {
  test('C4 an empty column, unequal columns and what is no list are refused by name', () => {
    expect(refusal(() => checkLengths({ ids: ['a'], documents: [], uris: [] })).message).toBe(
      'Non-empty lists are required for documents, uris',
    );
    expect(refusal(() => checkLengths({ ids: ['a'], documents: ['x', 'y'] }))).toMatchObject({
      code: 'VALUE_LENGTHS',
      message: 'Unequal lengths for fields ids, documents',
      details: { ids: 1, documents: 2 },
    });
    expect(refusal(() => checkLengths({ ids: 'a' as never }))).toMatchObject({
      code: 'VALUE_ARGUMENT',
      message: "Expected 'ids' to be an array, but got string",
    });
    const matrix = { data: new Float32Array(4), rows: 2, dimensions: 2 };
    expect(() => checkLengths({ ids: ['a', 'b'], embeddings: matrix })).not.toThrow();
    expect(refusal(() => checkLengths({ ids: ['a'], embeddings: matrix })).code).toBe('VALUE_LENGTHS');
  });

  test('C4 a document or uri is a string, told by its kind and place', () => {
    expect(refusal(() => checkText('documents', 2, null)).message).toBe(
      'Expected each document to be a string, but got null (documents[2])',
    );
    expect(refusal(() => checkText('uris', 0, ['a'])).message).toBe(
      'Expected each uri to be a string, but got array (uris[0])',
    );
    expect(() => checkText('documents', 0, '')).not.toThrow();
  });
});

describe('metadata', () => {
  test.each([
    ['text', 'string'],
    [7, 'number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1], 'array'],
  ])('C4 %j is no metadata', (metadata, kind) => {
    expect(refusal(() => checkMetadata(metadata, { path: 'metadatas[3]', index: 3 }))).toMatchObject({
      code: 'VALUE_METADATA',
      message: `Expected metadata to be an object, but got ${kind} (metadatas[3])`,
      details: { path: 'metadatas[3]', index: 3 },
    });
  });

  test.each(['', '#a', '$a', 'chroma:document', 'a\ud800'])('C4 the key %j is refused', (key) => {
    expect(refusal(() => checkMetadata({ fine: 1, [key]: 1 }))).toMatchObject({
      code: 'VALUE_METADATA_KEY',
      details: { key },
    });
  });

  test.each<[string, unknown, string]>([
    ['an object', { b: 1 }, 'VALUE_METADATA'],
    ['a function', () => 1, 'VALUE_METADATA'],
    ['a big integer', 1n, 'VALUE_METADATA'],
    ['an empty list', [], 'VALUE_METADATA'],
    ['a mixed list', [1, '2'], 'VALUE_METADATA'],
    ['a list of null', [null], 'VALUE_METADATA'],
    ['a list of lists', [[1]], 'VALUE_METADATA'],
    ['NaN', NaN, 'VALUE_METADATA_NUMBER'],
    ['Infinity in a list', [1, -Infinity], 'VALUE_METADATA_NUMBER'],
    ['indices without values', { indices: [1], values: [] }, 'VALUE_METADATA'],
    ['repeated indices', { indices: [1, 1], values: [1, 1] }, 'VALUE_METADATA'],
    ['falling indices', { indices: [2, 1], values: [1, 1] }, 'VALUE_METADATA'],
    ['a negative index', { indices: [-1], values: [1] }, 'VALUE_METADATA'],
    ['a fractional index', { indices: [0.5], values: [1] }, 'VALUE_METADATA'],
    ['an index beyond u32', { indices: [2 ** 32], values: [1] }, 'VALUE_METADATA'],
    ['an infinite weight', { indices: [1], values: [Infinity] }, 'VALUE_METADATA'],
    ['values that are no list', { indices: [1], values: 'x' }, 'VALUE_METADATA'],
  ])('C4 %s is no metadata value', (_, value, code) => {
    expect(refusal(() => checkMetadata({ k: value }))).toMatchObject({ code, details: { key: 'k' } });
  });

  test('C4 every kind of value Chroma takes is taken, at its edges', () => {
    expect(() =>
      checkMetadata({
        text: '',
        whole: 0,
        part: -0.5,
        flag: false,
        gone: null,
        absent: undefined,
        texts: ['a', 'a'],
        numbers: [1, 2.5],
        flags: [true],
        sparse: { indices: [0, 1, 0xffff_ffff], values: [0, -1, 1] },
        none: { indices: [], values: [] },
        '1$#': 1,
      }),
    ).not.toThrow();
  });
});

describe('validateMetadata', () => {
  test('C4 takes what is nothing, and is the check of records for all else', () => {
    for (const nothing of [undefined, null]) expect(() => validateMetadata(nothing)).not.toThrow();
    expect(refusal(() => validateMetadata({ k: {} } as never))).toMatchObject({
      code: 'VALUE_METADATA',
      details: { path: 'metadata.k', key: 'k' },
    });
  });
});

describe('arguments of reads', () => {
  test.each([0, -1, 1.5, NaN, Infinity, 0x8000_0000, '3', null])('C4 nResults %j is refused', (nResults) => {
    expect(refusal(() => checkResultCount(nResults)).code).toBe('VALUE_N_RESULTS');
  });

  test('C4 nResults that is not positive is told so, and its ends are allowed', () => {
    expect(refusal(() => checkResultCount(0)).message).toBe(
      'Number of requested results has to be positive, got 0',
    );
    expect(refusal(() => checkResultCount(1.5)).message).toContain(
      'an integer from 1 to 2147483647, got 1.5',
    );
    for (const nResults of [1, 0x7fff_ffff]) expect(() => checkResultCount(nResults)).not.toThrow();
  });

  test.each([-1, 0.5, NaN, 2 ** 53, '1', null])('C4 limit %j is refused', (limit) => {
    expect(refusal(() => checkLimit('limit', limit)).code).toBe('VALUE_LIMIT');
    expect(refusal(() => checkLimit('offset', limit)).message).toContain('offset must be');
  });

  test('C4 limit and offset may be left out, be 0, or be large', () => {
    for (const limit of [undefined, 0, 2 ** 53 - 1]) expect(() => checkLimit('limit', limit)).not.toThrow();
  });

  test('C4 include names what there is, and distances in query only', () => {
    const all = ['distances', 'documents', 'embeddings', 'metadatas', 'uris'];
    expect(() => checkInclude(all, { allowDistances: true })).not.toThrow();
    expect(() => checkInclude([], { allowDistances: false })).not.toThrow();
    for (const include of ['documents', ['data'], [1], null, all]) {
      expect(refusal(() => checkInclude(include, { allowDistances: false })).code).toBe('VALUE_INCLUDE');
    }
    expect(refusal(() => checkInclude([1], { allowDistances: true })).message).toContain('to be strings');
  });
});
