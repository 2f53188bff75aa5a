import { describe, expect, test } from 'vitest';
import { checkCanaries, type CanaryModel } from './canary.js';
import { loadStaticModel } from './load-model.js';

const canaries = [{ text: 'cat', ids: [7, 8], millionths: [600_000, -800_000] }];

function model(ids: number[], vector: number[]): CanaryModel {
  return {
    tokenizer: { encode: () => ids },
    dimensions: vector.length,
    embed: () => ({
      vectors: { data: Float32Array.from(vector), rows: 1, dimensions: vector.length },
      unknownTexts: 0,
    }),
  };
}

describe('the canaries', () => {
  test('pass for the real model', async () => {
    const { model: real } = await loadStaticModel();
    expect(() => checkCanaries(real)).not.toThrow();
  });

  test('pass within 1e-5 and not beyond', () => {
    expect(() => checkCanaries(model([7, 8], [0.600009, -0.8]), canaries)).not.toThrow();
    expect(() => checkCanaries(model([7, 8], [0.6, -0.80002]), canaries)).toThrow(
      expect.objectContaining({
        code: 'EMBED_CANARY',
        message: expect.stringContaining('Dimension 1 of the vector of "cat"'),
        details: expect.objectContaining({ expected: -0.8 }),
      }),
    );
  });

  test('fail for other pieces, another length and numbers that are none', () => {
    const failure = expect.objectContaining({ code: 'EMBED_CANARY' });
    expect(() => checkCanaries(model([7], [0.6, -0.8]), canaries)).toThrow(failure);
    expect(() => checkCanaries(model([7, 8], [0.6]), canaries)).toThrow(failure);
    expect(() => checkCanaries(model([7, 8], [0.6, -0.8, 0]), canaries)).toThrow(failure);
    expect(() => checkCanaries(model([7, 8], [NaN, -0.8]), canaries)).toThrow(failure);
  });
});
