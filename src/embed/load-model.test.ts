import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { loadStaticModel } from './load-model.js';
import { currentPlatform, type ModelFilePlatform } from './model-file.js';
import { STATIC_FILES } from './static-files.js';

const modelFolder = new URL('../../models/kindex-static-en/', import.meta.url);

/** A server that has the real files under /models/, changed by `change`. */
function server(change: (name: string, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): {
  platform: ModelFilePlatform;
  requests: string[];
} {
  const requests: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    requests.push(url);
    const name = url.slice(url.lastIndexOf('/') + 1);
    return new Response(change(name, new Uint8Array(await readFile(new URL(name, modelFolder)))));
  };
  return { requests, platform: { ...currentPlatform(), caches: null, fetch } };
}

describe('loading the built-in model', () => {
  test('takes both files from baseUrl, with or without a slash at its end', async () => {
    for (const baseUrl of ['https://example.org/models', new URL('https://example.org/models/')]) {
      const { platform, requests } = server((_, bytes) => bytes);
      const { model, files } = await loadStaticModel({ baseUrl, platform });
      expect(model.dimensions).toBe(256);
      expect(files.table.source).toBe('network');
      expect(requests.sort()).toEqual([
        'https://example.org/models/kindex-static-en.int4.bin',
        'https://example.org/models/tokenizer.json',
      ]);
    }
  });

  test.each([
    [
      'a flipped bit',
      (bytes: Uint8Array<ArrayBuffer>) => bytes.map((byte, at) => (at === 70_000 ? byte ^ 1 : byte)),
    ],
    ['a cut end', (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1)],
    ['nothing', () => new Uint8Array()],
  ])('refuses each of its files with %s, with and without Web Crypto', async (_, damage) => {
    for (const { name } of [STATIC_FILES.table, STATIC_FILES.tokenizer]) {
      const { platform } = server((served, bytes) => (served === name ? damage(bytes) : bytes));
      for (const subtle of [platform.subtle, null]) {
        const load = loadStaticModel({ baseUrl: 'https://example.org/', platform: { ...platform, subtle } });
        await expect(load).rejects.toMatchObject({
          code: 'EMBED_INTEGRITY',
          message: expect.stringContaining(name),
        });
      }
    }
  });

  test('tells where a file came from and how it was checked', async () => {
    const { files } = await loadStaticModel();
    expect(files.table).toMatchObject({ source: 'disk', verifiedBy: 'SHA-256' });
    expect(files.table.url).toMatch(/^file:.*\/models\/kindex-static-en\/kindex-static-en\.int4\.bin$/);
  });
});
