/** What the built-in model must do wherever it runs: in Node, in a browser, behind a worker. Uses no platform itself. */
import { describe, expect, test } from 'vitest';
import { CANARIES } from './canary-vectors.js';
import { testEmbeddingFunction } from './embedding-function.contract.js';
import type { EmbeddingFunction } from './embedding-function.js';
import type { StaticDimensions } from './static-identity.js';

export type MakeStatic = (
  dimensions?: StaticDimensions,
) => EmbeddingFunction & { readonly unknownTexts: number };

export function describeStaticModel(where: string, make: MakeStatic): void {
  describe(`the built-in model (${where})`, () => {
    testEmbeddingFunction(() => make());

    test('reproduces the three canary vectors to 1e-5', async () => {
      const vectors = await make().generate(CANARIES.map(({ text }) => text));
      for (const [index, { millionths }] of CANARIES.entries()) {
        const vector = vectors[index] ?? [];
        expect(vector).toHaveLength(millionths.length);
        const differences = vector.map((value, d) => Math.abs(value - (millionths[d] ?? NaN) / 1e6));
        expect(Math.max(...differences)).toBeLessThan(1e-5);
      }
    });

    test('embeds queries as it embeds documents', async () => {
      const embed = make();
      const texts = ['reset a password'];
      expect(await embed.generateForQueries?.(texts)).toEqual(await embed.generate(texts));
    });

    test('puts a question nearer to its answer than to another text', async () => {
      const [question, answer, other] = await make().generate([
        'How can I change my password?',
        'Open the account settings to choose a new password.',
        'The cat sleeps on a warm blanket.',
      ]);
      const cosine = (a: number[] = [], b: number[] = []): number =>
        a.reduce((sum, value, d) => sum + value * (b[d] ?? NaN), 0);
      expect(cosine(question, answer)).toBeGreaterThan(cosine(question, other) + 0.2);
    });

    test.each([64, 128] as const)(
      'gives the first %i dimensions alone, made unit length again',
      async (dimensions) => {
        const text = CANARIES[0]?.text ?? '';
        const [short = []] = await make(dimensions).generate([text]);
        const [full = []] = await make().generate([text]);
        const head = full.slice(0, dimensions);
        const norm = Math.hypot(...head);
        expect(short).toHaveLength(dimensions);
        for (const [d, value] of short.entries()) expect(value).toBeCloseTo((head[d] ?? NaN) / norm, 6);
      },
    );

    test('counts texts of which it knows no piece and gives all of them one vector', async () => {
      const embed = make();
      const [empty, blank, symbols, cat] = await embed.generate(['', ' \n', '\u{1fae8}', 'cat']);
      expect(embed.unknownTexts).toBe(3);
      expect(blank).toEqual(empty);
      expect(symbols).toEqual(empty);
      expect(cat).not.toEqual(empty);
      await embed.generate(['', 'dog']);
      expect(embed.unknownTexts).toBe(4);
    });
  });
}
