import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadModelFile, type ModelFile, type ModelFilePlatform } from './model-file.js';

const GOOD = new TextEncoder().encode('123456789');
/** The CRC-32 of "123456789" is the check value of the standard. */
const FILE: ModelFile = {
  name: 'model.bin',
  bytes: GOOD.length,
  sha256: createHash('sha256').update(GOOD).digest('hex'),
  crc32: 0xcbf43926,
};
const SAME_LENGTH = new TextEncoder().encode('12345678X');
const URL_OF_FILE = new URL('https://example.org/app/model.bin');
const KEY = `https://example.org/app/model.bin?kindex-sha256=${FILE.sha256}`;

/** The methods of Cache used here, over a map; `fails` names those that reject. */
class FakeCache {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  fails = new Set<string>();

  async match(key: string): Promise<Response | undefined> {
    this.#mayFail('match');
    const bytes = this.entries.get(key);
    return bytes && new Response(bytes.slice());
  }

  async put(key: string, response: Response): Promise<void> {
    this.#mayFail('put');
    this.entries.set(key, new Uint8Array(await response.arrayBuffer()));
  }

  async delete(key: string): Promise<boolean> {
    this.#mayFail('delete');
    return this.entries.delete(key);
  }

  #mayFail(method: string): void {
    if (this.fails.has(method)) throw new DOMException('full', 'QuotaExceededError');
  }
}

let cache: FakeCache;
/** What the server answers, in order; the last one repeats. */
let answers: (() => Response | Promise<Response>)[];
let fetched: { url: string; cache: string | undefined }[];
let platform: ModelFilePlatform;

beforeEach(() => {
  cache = new FakeCache();
  answers = [() => new Response(GOOD.slice())];
  fetched = [];
  platform = {
    async fetch(url, init) {
      const answer = answers[Math.min(fetched.length, answers.length - 1)];
      fetched.push({ url, cache: init?.cache });
      if (!answer) throw new TypeError('no answer');
      return answer();
    },
    caches: { open: async () => cache as unknown as Cache },
    subtle: globalThis.crypto.subtle,
    readFile: null,
  };
});

const load = (url: URL = URL_OF_FILE): ReturnType<typeof loadModelFile> =>
  loadModelFile(FILE, url, { platform });

describe('a model file from the network', () => {
  test('is fetched once, kept under its URL and hash, and read from the cache after', async () => {
    const first = await load();
    expect(first.bytes).toEqual(GOOD);
    expect(first.info).toEqual({
      url: URL_OF_FILE.href,
      source: 'network',
      verifiedBy: 'SHA-256',
      notCached: null,
    });
    expect([...cache.entries.keys()]).toEqual([KEY]);
    const second = await load();
    expect(second.bytes).toEqual(GOOD);
    expect(second.info.source).toBe('cache');
    expect(fetched).toHaveLength(1);
  });

  test('replaces a damaged copy in the cache', async () => {
    cache.entries.set(KEY, SAME_LENGTH);
    const { bytes, info } = await load();
    expect(bytes).toEqual(GOOD);
    expect(info.source).toBe('network');
    expect(fetched).toHaveLength(1);
    expect(cache.entries.get(KEY)).toEqual(GOOD);
  });

  test('is refused when it is another file, after one more try past the HTTP cache, and not kept', async () => {
    answers = [() => new Response(SAME_LENGTH.slice())];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_INTEGRITY',
      message: expect.stringContaining(`instead of ${FILE.sha256}`),
      details: { url: URL_OF_FILE.href, expectedBytes: 9 },
    });
    expect(fetched.map((request) => request.cache)).toEqual(['default', 'reload']);
    expect(cache.entries.size).toBe(0);
  });

  test('leaves no damaged copy behind when the server has no good one either', async () => {
    cache.entries.set(KEY, SAME_LENGTH);
    answers = [() => new Response(SAME_LENGTH.slice())];
    await expect(load()).rejects.toMatchObject({ code: 'EMBED_INTEGRITY' });
    expect(cache.entries.size).toBe(0);
  });

  test('is taken when only the HTTP cache held an older one', async () => {
    answers = [() => new Response(SAME_LENGTH.slice()), () => new Response(GOOD.slice())];
    expect((await load()).bytes).toEqual(GOOD);
  });

  test('tells length and type of a page that was served in its place', async () => {
    answers = [() => new Response('<html>', { headers: { 'content-type': 'text/html' } })];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_INTEGRITY',
      message: expect.stringContaining('6 bytes instead of 9, served as text/html'),
    });
  });

  test('is read no further than it is long: an answer without an end is refused', async () => {
    let taken = 0;
    let cancelled = 0;
    answers = [
      () =>
        new Response(
          new ReadableStream<Uint8Array>({
            pull(controller) {
              taken += 4;
              controller.enqueue(GOOD.slice(0, 4));
            },
            cancel: () => void cancelled++,
          }),
        ),
    ];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_INTEGRITY',
      message: expect.stringContaining('more than 9 bytes'),
    });
    expect(cancelled).toBe(2);
    expect(taken).toBeLessThan(100);
    expect(cache.entries.size).toBe(0);
  });

  test('that cannot be fetched gives EMBED_LOAD with URL and cause', async () => {
    const cause = new TypeError('Failed to fetch');
    answers = [() => Promise.reject(cause)];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_LOAD',
      message: expect.stringContaining(
        'https://example.org/app/model.bin could not be loaded: Failed to fetch',
      ),
      details: { url: URL_OF_FILE.href },
      cause,
    });
  });

  test('that breaks off gives EMBED_LOAD', async () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.error(new TypeError('network changed'));
      },
    });
    answers = [() => new Response(body)];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_LOAD',
      message: expect.stringContaining('network changed'),
    });
  });

  test('that is missing gives EMBED_LOAD with the status', async () => {
    answers = [() => new Response('no', { status: 404, statusText: 'Not Found' })];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_LOAD',
      message: expect.stringContaining('404 Not Found'),
    });
    expect(fetched).toHaveLength(1);
  });
});

describe('where the platform offers less', () => {
  test('without Web Crypto length and CRC-32 are checked, and the answer says so', async () => {
    platform.subtle = null;
    expect((await load()).info.verifiedBy).toBe('length and CRC-32');
    cache.entries.clear();
    answers = [() => new Response(SAME_LENGTH.slice())];
    await expect(load()).rejects.toMatchObject({
      code: 'EMBED_INTEGRITY',
      message: expect.stringContaining('CRC-32'),
    });
  });

  test('without a cache the file is fetched each time', async () => {
    platform.caches = null;
    await load();
    await load();
    expect(fetched).toHaveLength(2);
  });

  test('a cache that cannot be opened or written is named and does not stop the load', async () => {
    platform.caches = { open: () => Promise.reject(new DOMException('denied', 'SecurityError')) };
    expect((await load()).info.notCached).toContain('SecurityError');
    platform.caches = { open: async () => cache as unknown as Cache };
    cache.fails = new Set(['put']);
    expect((await load()).info.notCached).toContain('QuotaExceededError');
    cache.fails = new Set(['match', 'delete', 'put']);
    expect((await load()).bytes).toEqual(GOOD);
  });

  test('files of other schemes are fetched and not cached', async () => {
    const { info } = await load(new URL('chrome-extension://abc/model.bin'));
    expect(info).toMatchObject({ source: 'network', notCached: null });
    expect(cache.entries.size).toBe(0);
  });
});

describe('a model file on disk', () => {
  const onDisk = new URL('file:///srv/model.bin');

  test('is read, checked and not cached', async () => {
    platform.readFile = async () => GOOD.slice();
    expect((await load(onDisk)).info).toMatchObject({ source: 'disk', verifiedBy: 'SHA-256' });
    expect(cache.entries.size).toBe(0);
    expect(fetched).toEqual([]);
  });

  test('is refused when it was cut or changed', async () => {
    for (const bytes of [GOOD.slice(0, 5), SAME_LENGTH.slice(), new Uint8Array()]) {
      platform.readFile = async () => bytes;
      await expect(load(onDisk)).rejects.toMatchObject({ code: 'EMBED_INTEGRITY' });
    }
  });

  test('gives EMBED_LOAD with the cause when it is missing', async () => {
    const cause = new Error('ENOENT');
    platform.readFile = () => Promise.reject(cause);
    await expect(load(onDisk)).rejects.toMatchObject({ code: 'EMBED_LOAD', cause });
  });
});
