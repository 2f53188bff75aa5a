import { describe, expect, test } from 'vitest';
import { testEmbeddingFunction } from './embedding-function.contract.js';
import { HashingEmbeddingFunction } from './hashing.js';

describe('the hashing embedding function', () => {
  testEmbeddingFunction(() => new HashingEmbeddingFunction());

  test('gives 64 dimensions, or as many as asked', async () => {
    expect((await new HashingEmbeddingFunction().generate(['a']))[0]).toHaveLength(64);
    expect((await new HashingEmbeddingFunction({ dimensions: 5 }).generate(['a']))[0]).toHaveLength(5);
  });

  test('gives these numbers for ever', async () => {
    const vectors = await new HashingEmbeddingFunction({ dimensions: 4 }).generate(['cat', 'cat dog', '']);
    expect(vectors.map((vector) => vector.map((value) => Math.round(value * 1e4)))).toEqual([
      [0, 0, 10_000, 0],
      [0, 0, 7071, -7071],
      [10_000, 0, 0, 0],
    ]);
  });

  test('sees words, neither their case nor their order', async () => {
    const [a, b, c] = await new HashingEmbeddingFunction().generate(['The cat!', 'cat the', 'a bird']);
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });

  test.each([0, -1, 1.5, 70_000, NaN])('refuses %d dimensions', (dimensions) => {
    expect(() => new HashingEmbeddingFunction({ dimensions })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
    );
  });
});
