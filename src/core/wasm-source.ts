/** Fetches and compiles the wasm binary, wherever the application's bundler has put it. */
import type * as FileSystem from 'node:fs/promises';
import { kindexError } from '../base/errors.js';

/** A server that has not sent these 10 kB by then sends nothing: the scalar core is better than a store that never opens. */
const FETCH_MS = 30_000;

/**
 * `url`: a file in Node, otherwise whatever `fetch` takes.
 * @throws RUNTIME_NO_WASM when nothing is there; what `fetch` throws, after `fetchMs` at the latest, and the engine when it refuses the bytes.
 */
export async function compileWasm(url: URL, fetchMs: number = FETCH_MS): Promise<WebAssembly.Module> {
  if (url.protocol === 'file:') {
    // Not `import('node:fs/promises')`: bundlers for browsers stop at that name.
    const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
    if (files) return WebAssembly.compile(await readFile(files, url));
  }
  // Bundlers inline small files, and a content security policy may forbid to fetch what it allows to compile.
  if (url.protocol === 'data:') return WebAssembly.compile(decodeDataUrl(url));
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchMs) });
  if (!response.ok) {
    throw kindexError(
      'RUNTIME_NO_WASM',
      `The WebAssembly core was not found: ${url.href} gave ${response.status}.`,
      { details: { url: url.href, status: response.status } },
    );
  }
  // Streaming compilation refuses any other type; many servers do not know this one.
  return response.headers.get('content-type')?.trim().toLowerCase() === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

async function readFile(files: typeof FileSystem, url: URL): Promise<BufferSource> {
  try {
    return new Uint8Array(await files.readFile(url));
  } catch (error) {
    throw kindexError('RUNTIME_NO_WASM', `The WebAssembly core is missing: ${url.href} cannot be read.`, {
      fix: 'In a clone of the repository, run `npm run build:wasm`; elsewhere install kindex again.',
      details: { url: url.href },
      cause: error,
    });
  }
}

function decodeDataUrl({ pathname }: URL): BufferSource {
  const binary = atob(pathname.slice(pathname.indexOf(',') + 1));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
