import { describe, expect, test } from 'vitest';
import type { EmbeddingFunction } from './embedding-function.js';
import { HashingEmbeddingFunction } from './hashing.js';
import {
  createRegistry,
  getEmbeddingFunction,
  registerEmbeddingFunction,
  serializeEmbeddingFunction,
} from './registry.js';

class Broken implements EmbeddingFunction {
  name = 'broken';

  static buildFromConfig(): Broken {
    throw new Error('no API key');
  }

  async generate(): Promise<number[][]> {
    return [];
  }

  getConfig(): Record<string, unknown> {
    return {};
  }
}

describe('a registry', () => {
  test('rebuilds a registered function from its configuration', async () => {
    const registry = createRegistry();
    registry.register('kindex-hashing', HashingEmbeddingFunction);
    const embed = await registry.build({ name: 'kindex-hashing', config: { dimensions: 8 } });
    expect(embed).toBeInstanceOf(HashingEmbeddingFunction);
    expect(embed?.getConfig?.()).toEqual({ dimensions: 8 });
  });

  test('gives undefined for a name nobody registered', async () => {
    expect(await createRegistry().build({ name: 'nobody', config: {} })).toBeUndefined();
  });

  test('hands the client to the class', async () => {
    const registry = createRegistry();
    const seen: unknown[] = [];
    class Curious extends HashingEmbeddingFunction {
      static override buildFromConfig(config: Record<string, unknown>, client?: unknown): Curious {
        seen.push(config, client);
        return new Curious();
      }
    }
    registry.register('curious', Curious);
    await registry.build({ name: 'curious', config: { a: 1 }, client: 'the client' });
    expect(seen).toEqual([{ a: 1 }, 'the client']);
  });

  test("finds a function by the name Chroma's other packages store", () => {
    const registry = createRegistry();
    registry.register('default-embed', HashingEmbeddingFunction);
    expect(registry.find('default')).toBe(HashingEmbeddingFunction);
    expect(registry.find('onnx_mini_lm_l6_v2')).toBe(HashingEmbeddingFunction);
    expect(registry.find('sentence_transformer')).toBeUndefined();
  });

  test('refuses a name twice, a built-in name, an empty name and a class that cannot rebuild', () => {
    const registry = createRegistry(['built-in']);
    registry.register('mine', HashingEmbeddingFunction);
    for (const name of ['mine', 'built-in']) {
      expect(() => registry.register(name, HashingEmbeddingFunction)).toThrow(
        expect.objectContaining({
          code: 'VALUE_ARGUMENT',
          message: `Embedding function with name ${name} is already registered.`,
        }),
      );
    }
    expect(() => registry.register('', HashingEmbeddingFunction)).toThrow(
      expect.objectContaining({ code: 'VALUE_ARGUMENT' }),
    );
    expect(() => registry.register('plain', class {} as never)).toThrow(
      expect.objectContaining({
        code: 'VALUE_ARGUMENT',
        message: expect.stringContaining('buildFromConfig'),
      }),
    );
  });

  test('tells why a class could not rebuild a function', async () => {
    const registry = createRegistry();
    registry.register('broken', Broken);
    await expect(registry.build({ name: 'broken', config: {} })).rejects.toMatchObject({
      code: 'EMBED_FAILED',
      message: expect.stringContaining('no API key'),
    });
  });
});

describe('the shared registry', () => {
  test('serves registerEmbeddingFunction and getEmbeddingFunction', async () => {
    registerEmbeddingFunction('test-shared', HashingEmbeddingFunction);
    const embed = await getEmbeddingFunction({ name: 'test-shared', config: {} });
    expect(embed).toBeInstanceOf(HashingEmbeddingFunction);
    expect(await getEmbeddingFunction({ name: 'test-nobody', config: {} })).toBeUndefined();
  });

  test('keeps the name of the built-in function', () => {
    expect(() => registerEmbeddingFunction('kindex-static', HashingEmbeddingFunction)).toThrow(
      'already registered',
    );
  });

  test('gives a function that rejects texts with the reason when the class cannot rebuild it', async () => {
    registerEmbeddingFunction('test-broken', Broken);
    const embed = await getEmbeddingFunction({ name: 'test-broken', config: {} });
    await expect(embed?.generate(['text'])).rejects.toMatchObject({
      code: 'EMBED_FAILED',
      details: { name: 'test-broken' },
    });
  });
});

describe('what a collection stores of a function', () => {
  test('is name and configuration when the class can rebuild it', () => {
    expect(serializeEmbeddingFunction(new HashingEmbeddingFunction({ dimensions: 3 }))).toEqual({
      type: 'known',
      name: 'kindex-hashing',
      config: { dimensions: 3 },
    });
  });

  test('is null for none', () => {
    expect(serializeEmbeddingFunction(null)).toBeNull();
    expect(serializeEmbeddingFunction(undefined)).toBeNull();
  });

  test('is only that there was one when name, configuration or class is missing', () => {
    const legacy = { type: 'legacy' };
    const generate = async (): Promise<number[][]> => [];
    expect(serializeEmbeddingFunction({ generate })).toEqual(legacy);
    expect(serializeEmbeddingFunction({ generate, name: 'a', getConfig: () => ({}) })).toEqual(legacy);
    const nameless = new HashingEmbeddingFunction();
    Object.assign(nameless, { name: undefined });
    expect(serializeEmbeddingFunction(nameless)).toEqual(legacy);
  });

  test('is a copy in JSON, and a configuration that is none is refused', () => {
    const config: Record<string, unknown> = { list: [1], gone: undefined };
    class Configured extends Broken {
      override getConfig(): Record<string, unknown> {
        return config;
      }
    }
    expect(serializeEmbeddingFunction(new Configured())).toEqual({
      type: 'known',
      name: 'broken',
      config: { list: [1] },
    });
    config['itself'] = config;
    expect(() => serializeEmbeddingFunction(new Configured())).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
    );
  });

  test('is checked by the function itself', () => {
    class Strict extends Broken {
      validateConfig(): void {
        throw new Error('bad configuration');
      }
    }
    expect(() => serializeEmbeddingFunction(new Strict())).toThrow('bad configuration');
  });
});
