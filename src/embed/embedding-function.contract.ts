/** What every embedding function of ours must do, whatever its model. */
import { expect, test } from 'vitest';
import type { EmbeddingFunction } from './embedding-function.js';

const TEXTS = [
  'A cat sits on the mat.',
  '',
  'How do I reset my password?',
  '漢字かな交じり文',
  ' \n\t ',
  '🦜',
  'a'.repeat(5_000),
  'x = 3 # note',
];

/** Declares the tests; call inside `describe`. `make` gives a new function of the same configuration each time. */
export function testEmbeddingFunction(make: () => EmbeddingFunction): void {
  test('gives one finite unit vector per text, empty and unknown texts included', async () => {
    const vectors = await make().generate(TEXTS);
    expect(vectors).toHaveLength(TEXTS.length);
    const [first] = vectors;
    for (const vector of vectors) {
      expect(vector).toHaveLength(first?.length ?? -1);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    }
  });

  test('gives the same numbers as arrays and as a matrix', async () => {
    const embed = make();
    const matrix = await embed.generateMatrix?.(TEXTS, 'document');
    const vectors = await embed.generate(TEXTS);
    expect(matrix?.data).toBeInstanceOf(Float32Array);
    expect(matrix?.rows).toBe(TEXTS.length);
    expect(matrix?.data.length).toBe(TEXTS.length * (matrix?.dimensions ?? 0));
    expect([...(matrix?.data ?? [])]).toEqual(vectors.flat());
  });

  test('gives a text the same vector alone, in a batch, in another order and from another instance', async () => {
    const embed = make();
    const batch = await embed.generate(TEXTS);
    const reversed = await make().generate(TEXTS.toReversed());
    expect(reversed.toReversed()).toEqual(batch);
    for (const [index, text] of TEXTS.entries()) {
      expect(await embed.generate([text])).toEqual([batch[index]]);
    }
  });

  test('gives no vectors for no texts', async () => {
    expect(await make().generate([])).toEqual([]);
  });

  test('refuses what is no list of texts, naming the entry', async () => {
    const embed = make();
    await expect(embed.generate('a text' as never)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
    await expect(embed.generate(['a', 7 as never])).rejects.toMatchObject({
      code: 'VALUE_DOCUMENT',
      message: expect.stringContaining('Text 1 of 2 is of type number'),
    });
  });

  test('is among the spaces it supports and has a JSON configuration that rebuilds it', async () => {
    const embed = make();
    expect(embed.supportedSpaces?.()).toContain(embed.defaultSpace?.());
    const config = embed.getConfig?.();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });
}
