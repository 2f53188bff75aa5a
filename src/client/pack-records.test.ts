/** Columns as they cross to the store: what is refused on the way, and that nothing of the caller's is kept or moved. */
import { describe, expect, test } from 'vitest';
import { unpackText } from '../base/packed-texts.js';
import { packMetadatas } from './pack-metadatas.js';
import {
  copyMetadata,
  copyMetadatas,
  packEmbeddings,
  packTextColumn,
  packWrittenEmbeddings,
} from './pack-records.js';

const refused = (embeddings: unknown, code: string, path: string, message: RegExp): void =>
  expect(() => packEmbeddings(embeddings as never)).toThrow(
    expect.objectContaining({
      code,
      message: expect.stringMatching(message) as string,
      details: expect.objectContaining({ path }) as object,
    }),
  );

describe('embeddings', () => {
  test('C5 lists, typed arrays and a matrix give the same matrix', () => {
    const expected = { data: Float32Array.of(1, 2, 3, 4), rows: 2, dimensions: 2 };
    const forms = [
      [
        [1, 2],
        [3, 4],
      ],
      [Float32Array.of(1, 2), Float32Array.of(3, 4)],
      [Float64Array.of(1, 2), [3, 4]],
      { data: Float32Array.of(1, 2, 3, 4), rows: 2, dimensions: 2 },
    ];
    for (const form of forms) expect(packEmbeddings(form)).toEqual(expected);
  });

  test('C5 the matrix is a copy, also of a matrix', () => {
    const matrix = { data: Float32Array.of(1, 2), rows: 1, dimensions: 2 };
    const packed = packEmbeddings(matrix);
    packed.data[0] = 9;
    expect(matrix.data[0]).toBe(1);
  });

  test('C5 what is copied in slices gives the same matrix, and the same refusals', async () => {
    const rows = Array.from({ length: 4_100 }, (_, row) =>
      Array.from({ length: 384 }, (_each, d) => row + d),
    );
    const packing = packWrittenEmbeddings(rows);
    expect(packing).toBeInstanceOf(Promise);
    expect(await packing).toEqual(packEmbeddings(rows));
    const typed = rows.map((row) => Float32Array.from(row));
    expect(packWrittenEmbeddings(typed)).toEqual(packEmbeddings(rows));
    const faulty = rows.with(4_000, [1, 2]);
    await expect(packWrittenEmbeddings(faulty)).rejects.toMatchObject({
      code: 'VALUE_DIMENSION',
      details: { path: 'embeddings[4000]' },
    });
    expect(() => packWrittenEmbeddings(rows.with(0, []))).toThrow(
      expect.objectContaining({ code: 'VALUE_EMBEDDING' }),
    );
  });

  test('C5 metadata of very many records is copied in slices', async () => {
    const one = { list: [1] };
    const many = Array.from({ length: 20_001 }, () => one);
    const copying = copyMetadatas(many);
    expect(copying).toBeInstanceOf(Promise);
    const copies = await copying;
    expect(copies).toEqual(many);
    expect(copies[0]?.['list']).not.toBe(one.list);
    expect(copyMetadatas([one, null])).toEqual([one, null]);
  });

  test('C4 what is no list of vectors is refused with its place', () => {
    refused('x', 'VALUE_EMBEDDING', 'embeddings', /'embeddings' to be an array, but got string/);
    refused([], 'VALUE_EMBEDDING', 'embeddings', /at least one item/);
    refused([[1], 7], 'VALUE_EMBEDDING', 'embeddings[1]', /array of numbers, but got number/);
    refused([null], 'VALUE_EMBEDDING', 'embeddings[0]', /but got null/);
    refused([[1], []], 'VALUE_EMBEDDING', 'embeddings[1]', /empty array at index 1/);
    refused([new DataView(new ArrayBuffer(8))], 'VALUE_EMBEDDING', 'embeddings[0]', /but got object/);
    refused([[1, 2], [3]], 'VALUE_DIMENSION', 'embeddings[1]', /2 at index 0, 1 at index 1/);
    refused([[1, '2']], 'VALUE_EMBEDDING', 'embeddings[0][1]', /but got string/);
    refused([[1, null]], 'VALUE_EMBEDDING', 'embeddings[0][1]', /but got null/);
  });

  test.each([
    { data: new Float32Array(3), rows: 2, dimensions: 2 },
    { data: new Float64Array(4), rows: 2, dimensions: 2 },
    { data: new Float32Array(0), rows: 0, dimensions: 2 },
    { data: new Float32Array(0), rows: 2, dimensions: 0 },
    { data: new Float32Array(1), rows: 0.5, dimensions: 2 },
    { data: new Float32Array(1), rows: 2, dimensions: 0.5 },
    { data: new Float32Array(4), rows: -2, dimensions: -2 },
    { data: undefined, rows: 1, dimensions: 1 },
  ])('C4 a matrix that is not rows × dimensions numbers is refused: %j', (matrix) => {
    refused(matrix, 'VALUE_EMBEDDING', 'embeddings', /rows × dimensions/);
  });
});

describe('texts and metadata', () => {
  test('C4 texts are packed in order, and one that is none is refused with its place', async () => {
    const packed = await packTextColumn('documents', ['a', '', 'ü🚲']);
    expect([0, 1, 2].map((i) => unpackText(packed, i))).toEqual(['a', '', 'ü🚲']);
    await expect(packTextColumn('uris', ['a', 3 as never])).rejects.toMatchObject({
      code: 'VALUE_DOCUMENT',
      details: { path: 'uris[1]', index: 1 },
    });
  });

  test('C6 null values are kept for a change and left out of a new record', async () => {
    const metadatas = [{ a: 1, gone: null }, { gone: null }, null, undefined];
    const texts = async (keepNulls: boolean): Promise<(string | null)[]> => {
      const packed = await packMetadatas(metadatas, { keepNulls });
      return metadatas.map((_, i) => unpackText(packed, i));
    };
    expect(await texts(true)).toEqual(['{"a":1,"gone":null}', '{"gone":null}', null, null]);
    expect(await texts(false)).toEqual(['{"a":1}', null, null, null]);
    await expect(packMetadatas([{ a: 1 }, {}], { keepNulls: true })).rejects.toMatchObject({
      code: 'VALUE_METADATA',
      details: { index: 1 },
    });
  });

  test('C5 metadata is copied down to its lists, and what is no metadata is left for the check', () => {
    const given = { list: ['a'], sparse: { indices: [1], values: [2], more: 1 }, n: 1 };
    const copy = copyMetadata(given);
    given.list.push('b');
    given.sparse.values[0] = 9;
    given.n = 2;
    expect(copy).toEqual({ list: ['a'], sparse: { indices: [1], values: [2] }, n: 1 });
    for (const other of [null, undefined, 'x', 7, ['x']]) expect(copyMetadata(other as never)).toBe(other);
  });
});
