/** The built-in model in a real browser: fetched, kept in its cache, and the same numbers as anywhere. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadStaticModel } from './load-model.js';
import { currentPlatform } from './model-file.js';
import { describeStaticModel } from './static.contract.js';
import { StaticEmbeddingFunction } from './static.js';

describeStaticModel(
  'in a page',
  (dimensions) => new StaticEmbeddingFunction(dimensions ? { dimensions } : {}),
);

describe('the model files in a browser', () => {
  beforeAll(async () => {
    await caches.delete('kindex-models');
  });

  test('come from the network once and from the cache after', async () => {
    const first = await loadStaticModel({ platform: currentPlatform() });
    expect(first.files.table).toMatchObject({ source: 'network', verifiedBy: 'SHA-256', notCached: null });
    const offline = { ...currentPlatform(), fetch: () => Promise.reject(new TypeError('offline')) };
    const second = await loadStaticModel({ platform: offline });
    expect(second.files.table.source).toBe('cache');
    expect(second.files.tokenizer.source).toBe('cache');
  });

  test('load without Web Crypto, and say that only length and CRC-32 were checked', async () => {
    const { files } = await loadStaticModel({ platform: { ...currentPlatform(), subtle: null } });
    expect(files.table.verifiedBy).toBe('length and CRC-32');
  });
});
