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

  test.each([
    ['before it answers', (): Promise<Response> => new Promise(() => {}), 0],
    [
      'in the middle of a file',
      async (): Promise<Response> =>
        new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(7)) })),
      7,
    ],
  ])('are given up when the server falls silent %s', async (_, fetch, bytes) => {
    const platform = { ...currentPlatform(), caches: null, fetch };
    await expect(loadStaticModel({ platform, stallMs: 200 })).rejects.toMatchObject({
      code: 'EMBED_LOAD',
      details: { bytes, stallMs: 200 },
      fix: expect.stringContaining('stallMs'),
    });
  });
});
