/** Servers that accept and fall silent: the load ends by itself, tells how far it came, and leaves no connection behind. */
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmbedService } from '../host/embed-service.js';
import { loadStaticModel } from './load-model.js';
import { currentPlatform, loadModelFile, type ModelFile } from './model-file.js';
import { STATIC_IDENTITY } from './static-identity.js';
import { StaticEmbeddingFunction } from './static.js';

const GOOD = new TextEncoder().encode('123456789');
const FILE: ModelFile = {
  name: 'model.bin',
  bytes: GOOD.length,
  sha256: createHash('sha256').update(GOOD).digest('hex'),
  crc32: 0xcbf43926,
};
const STALL_MS = 200;

let server: Server;
let folder: string;
let answer: (response: ServerResponse) => void;
let open: Set<ServerResponse>;

beforeEach(async () => {
  open = new Set();
  server = createServer((_, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const beforeHeaders = (): void => {};
const inTheBody = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-length': GOOD.length });
  response.write(GOOD.subarray(0, 4));
};

describe('a server that falls silent', () => {
  test.each([
    ['before its headers', beforeHeaders, 0],
    ['in the middle of the file', inTheBody, 4],
  ])('%s ends the load with EMBED_LOAD, which tells what came and what to do', async (_, how, bytes) => {
    answer = how;
    const url = new URL('model.bin', folder);
    await expect(loadModelFile(FILE, url, { stallMs: STALL_MS })).rejects.toMatchObject({
      code: 'EMBED_LOAD',
      message: expect.stringContaining(`nothing came for 0.2 s, after ${bytes} of 9 bytes`),
      fix: expect.stringContaining('stallMs'),
      details: { url: url.href, bytes, expectedBytes: 9, stallMs: STALL_MS },
    });
    // The request is ended, not only forgotten.
    await expect.poll(() => open.size).toBe(0);
  });

  test('is no stall as long as bytes come, however slowly', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': GOOD.length });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(GOOD.subarray(sent, ++sent));
        if (sent < GOOD.length) return;
        clearInterval(timer);
        response.end();
      }, 40);
    };
    const { bytes } = await loadModelFile(FILE, new URL('model.bin', folder), { stallMs: 4_000 });
    expect(bytes).toEqual(GOOD);
  });

  test('ends a text that waits for the built-in model, and the next one asks anew', async () => {
    let asked = 0;
    answer = () => void asked++;
    const embed = new StaticEmbeddingFunction({ baseUrl: folder, stallMs: STALL_MS });
    await expect(embed.generate(['hello'])).rejects.toMatchObject({ code: 'EMBED_LOAD' });
    expect(asked).toBe(2);
    await expect(embed.generate(['hello'])).rejects.toMatchObject({ code: 'EMBED_LOAD' });
    expect(asked).toBe(4);
  });

  test('ends a call of the embedding service too', async () => {
    answer = beforeHeaders;
    const service = createEmbedService({ baseUrl: folder, stallMs: STALL_MS });
    await expect(
      service.embed({ name: STATIC_IDENTITY.name, config: {}, texts: ['a'], kind: 'document' }),
    ).rejects.toMatchObject({ code: 'EMBED_LOAD' });
  });
});

describe('a model that is waited for', () => {
  test('is no longer once the signal is given, with its reason; who else waits goes on waiting', async () => {
    answer = beforeHeaders;
    const embed = new StaticEmbeddingFunction({ baseUrl: folder, stallMs: 1_000 });
    const abort = new AbortController();
    const given = embed.prepare({ signal: abort.signal });
    const other = embed.prepare();
    abort.abort('enough');
    await expect(given).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await expect(embed.prepare({ signal: AbortSignal.abort('late') })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'late',
    });
    await expect(other).rejects.toMatchObject({ code: 'EMBED_LOAD' });
  });

  test.each([0, -1, Number.NaN, 2 ** 31, '5'])('is not waited for %s milliseconds', async (stallMs) => {
    const options = { baseUrl: folder, stallMs: stallMs as number };
    await expect(loadStaticModel(options)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
  });
});

test('a cache that does not answer counts as none', async () => {
  answer = (response) => void response.end(GOOD);
  const never = new Promise<never>(() => {});
  for (const cache of [
    never,
    Promise.resolve({ match: () => never, put: () => never } as unknown as Cache),
    Promise.resolve({
      match: async () => new Response(new ReadableStream<Uint8Array>()),
      put: () => never,
    } as unknown as Cache),
  ]) {
    const platform = { ...currentPlatform(), caches: { open: () => cache } };
    const loaded = await loadModelFile(FILE, new URL('model.bin', folder), { platform, stallMs: STALL_MS });
    expect(loaded.bytes).toEqual(GOOD);
    expect(loaded.info.source).toBe('network');
    expect(loaded.info.notCached).toMatch(/no answer in 200 ms/);
  }
});
