import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANARIES } from './canary-vectors.js';
import { loadStaticModel } from './load-model.js';
import { serializeEmbeddingFunction } from './registry.js';
import { describeStaticModel } from './static.contract.js';
import { StaticEmbeddingFunction } from './static.js';

const modelFolder = new URL('../../models/kindex-static-en/', import.meta.url);

describeStaticModel('in Node', (dimensions) => new StaticEmbeddingFunction(dimensions ? { dimensions } : {}));

interface CanaryFile {
  texts: { text: string; ids: number[]; int4: number[] }[];
}

describe('the built-in model and its files', () => {
  test('gives the ids and vectors of canary.json', async () => {
    const { texts } = JSON.parse(await readFile(new URL('canary.json', modelFolder), 'utf8')) as CanaryFile;
    const { model } = await loadStaticModel();
    expect(texts).toHaveLength(3);
    for (const { text, ids, int4 } of texts) {
      expect(model.tokenizer.encode(text)).toEqual(ids);
      const { data } = model.embed([text], 256).vectors;
      expect(Math.max(...int4.map((value, d) => Math.abs(value - (data[d] ?? NaN))))).toBeLessThan(1e-5);
    }
    const compiled = CANARIES.map(({ text, ids, millionths }) => ({ text, ids, millionths }));
    expect(compiled).toEqual(
      texts.map(({ text, ids, int4 }) => ({
        text,
        ids,
        millionths: int4.map((value) => Math.round(value * 1e6)),
      })),
    );
  });

  test('gives any text a finite unit vector that does not depend on its batch', async () => {
    const { model } = await loadStaticModel();
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        (texts) => {
          const { data } = model.embed(texts, 256).vectors;
          for (const [index, text] of texts.entries()) {
            const vector = data.slice(index * 256, (index + 1) * 256);
            expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
            const alone = model.embed([text], 256).vectors.data;
            expect(vector.every((value, d) => value === alone[d])).toBe(true);
          }
        },
      ),
    );
  });

  test('sums rows in a way that does not drift with the length of the text', async () => {
    const { model } = await loadStaticModel();
    const [once, often] = [1, 20_000].map(
      (times) => model.embed(['cat on a mat '.repeat(times)], 256).vectors.data,
    );
    const largest = Math.max(...(once ?? []).map((value, d) => Math.abs(value - (often?.[d] ?? NaN))));
    expect(largest).toBeLessThan(1e-6);
  });

  test('is loaded once per place; a load that failed is forgotten and tried again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kindex-model-'));
    try {
      const baseUrl = pathToFileURL(folder);
      const embed = new StaticEmbeddingFunction({ baseUrl });
      await expect(embed.generate(['cat'])).rejects.toMatchObject({
        code: 'EMBED_LOAD',
        details: { url: expect.stringContaining(baseUrl.href) },
      });
      await cp(modelFolder, folder, { recursive: true });
      const [vector] = await embed.generate(['cat']);
      expect(vector).toHaveLength(256);
      const loaded = await embed.prepare();
      await rm(folder, { recursive: true });
      expect(await new StaticEmbeddingFunction({ baseUrl, dimensions: 64 }).prepare()).toBe(loaded);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('refuses a baseUrl that is no URL', async () => {
    await expect(new StaticEmbeddingFunction({ baseUrl: 'models' }).prepare()).rejects.toMatchObject({
      code: 'VALUE_ARGUMENT',
      message: expect.stringContaining("'models'"),
    });
  });
});

describe('the configuration of the built-in function', () => {
  test('names model, revision and dimensions, and rebuilds the function', async () => {
    const embed = new StaticEmbeddingFunction({ dimensions: 128 });
    expect(embed.name).toBe('kindex-static');
    expect(embed.getConfig()).toEqual({
      model: 'kindex-static-en',
      revision: '72049e5e7bac',
      dimensions: 128,
    });
    const rebuilt = StaticEmbeddingFunction.buildFromConfig(embed.getConfig());
    expect(rebuilt.getConfig()).toEqual(embed.getConfig());
    expect(serializeEmbeddingFunction(embed)).toEqual({
      type: 'known',
      name: 'kindex-static',
      config: embed.getConfig(),
    });
  });

  test('takes defaults for what an empty configuration leaves out', () => {
    expect(StaticEmbeddingFunction.buildFromConfig({}).getConfig().dimensions).toBe(256);
  });

  test('refuses another revision, another model and a length the model does not have', () => {
    expect(() => StaticEmbeddingFunction.buildFromConfig({ revision: '000000000000' })).toThrow(
      expect.objectContaining({
        code: 'EMBED_REVISION',
        details: { stored: '000000000000', here: '72049e5e7bac' },
      }),
    );
    expect(() => StaticEmbeddingFunction.buildFromConfig({ model: 'other' })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
    );
    expect(() => new StaticEmbeddingFunction({ dimensions: 100 as never })).toThrow(
      expect.objectContaining({
        code: 'VALUE_CONFIGURATION',
        message: expect.stringContaining('64, 128, 256'),
      }),
    );
  });

  test('cannot be changed on a collection that has vectors', () => {
    const embed = new StaticEmbeddingFunction();
    expect(() => embed.validateConfigUpdate(embed.getConfig())).not.toThrow();
    expect(() => embed.validateConfigUpdate({ dimensions: 64 })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION', details: { key: 'dimensions' } }),
    );
  });
});
