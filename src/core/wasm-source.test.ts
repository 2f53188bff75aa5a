import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileWasm } from './wasm-source.js';

/** Smallest valid module. */
const EMPTY: Uint8Array<ArrayBuffer> = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const URL_OF_CORE = new URL('https://example.test/assets/core.wasm');

function serve(response: Response): void {
  vi.stubGlobal('fetch', async () => response);
}

describe('compileWasm', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test('compiles while the bytes arrive where the server names their type', async () => {
    const streaming = vi.spyOn(WebAssembly, 'compileStreaming');
    serve(new Response(EMPTY, { headers: { 'content-type': 'application/wasm' } }));
    expect(await compileWasm(URL_OF_CORE)).toBeInstanceOf(WebAssembly.Module);
    expect(streaming).toHaveBeenCalledOnce();
  });

  test.each(['application/octet-stream', 'application/wasm; charset=utf-8', null])(
    'compiles what a server sends as %s',
    async (type) => {
      const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
      serve(new Response(EMPTY, { headers }));
      expect(await compileWasm(URL_OF_CORE)).toBeInstanceOf(WebAssembly.Module);
    },
  );

  test('tells address and status where the server has no such file', async () => {
    serve(new Response('not found', { status: 404 }));
    await expect(compileWasm(URL_OF_CORE)).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      details: { url: URL_OF_CORE.href, status: 404 },
    });
  });

  test.each([
    ['before its headers', (): void => {}],
    ['in the middle', (response: ServerResponse): void => void response.writeHead(200).write(EMPTY)],
  ])('does not wait for ever for a server that stands still %s', async (_, answer) => {
    const server = createServer((_request, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const url = new URL(`http://127.0.0.1:${port}/core.wasm`);
      await expect(compileWasm(url, 200)).rejects.toMatchObject({ name: 'TimeoutError' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('rejects a page that a server sends in place of the file', async () => {
    serve(new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }));
    await expect(compileWasm(URL_OF_CORE)).rejects.toBeInstanceOf(WebAssembly.CompileError);
  });

  test('takes a file that a bundler inlined, without a request', async () => {
    vi.stubGlobal('fetch', undefined);
    const url = new URL(`data:application/wasm;base64,${btoa(String.fromCharCode(...EMPTY))}`);
    expect(await compileWasm(url)).toBeInstanceOf(WebAssembly.Module);
  });

  test('says how to build a file that is missing in Node', async () => {
    await expect(compileWasm(new URL('./no-such.wasm', import.meta.url))).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      message: expect.stringContaining('no-such.wasm'),
      fix: expect.stringContaining('npm run build:wasm'),
    });
  });
});
