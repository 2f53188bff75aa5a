/**
 * One model file by URL: read from disk or fetched, kept in the browser's cache, and proved to be the expected bytes
 * before anyone sees them. Knows nothing of what the bytes mean.
 */
import { kindexError, type ChromaError } from '../base/errors.js';
import { patience, STALL_MS, type Patience } from './patience.js';

/** A file as it must be. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly crc32: number;
}

export interface ModelFileInfo {
  url: string;
  source: 'disk' | 'cache' | 'network';
  /** `length and CRC-32` where the page is not a secure context: it proves that nothing broke, not who made the file. */
  verifiedBy: 'SHA-256' | 'length and CRC-32';
  /** Why the file is not in the cache after it was fetched; null when it is, or when there is nothing to keep. */
  notCached: string | null;
}

/** What the platform offers; tests give their own. */
export interface ModelFilePlatform {
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Null where there is none: Node, insecure pages. */
  caches: Pick<CacheStorage, 'open'> | null;
  subtle: Pick<SubtleCrypto, 'digest'> | null;
  /** Null outside Node. */
  readFile: ((url: URL) => Promise<Uint8Array<ArrayBuffer>>) | null;
}

const CACHE_NAME = 'kindex-models';

export interface ModelFileOptions {
  /** Default: what this runtime has. */
  platform?: ModelFilePlatform;
  /** For how long no byte may come, ms. Default 30 s; Infinity: for ever. */
  stallMs?: number;
}

/**
 * The bytes of `file` at `url`. A damaged copy in the cache is dropped and fetched anew; a fetched file that differs is
 * asked for once more past the browser's HTTP cache, which may hold an older version. A server or a cache that falls
 * silent is given up after `stallMs`: the cache counts as empty then, and the request is ended.
 * @throws EMBED_LOAD when it cannot be read or fetched · EMBED_INTEGRITY when what comes is another file
 */
export async function loadModelFile(
  file: ModelFile,
  url: URL,
  { platform = currentPlatform(), stallMs = STALL_MS }: ModelFileOptions = {},
): Promise<{ bytes: Uint8Array<ArrayBuffer>; info: ModelFileInfo }> {
  const verifiedBy = platform.subtle ? 'SHA-256' : 'length and CRC-32';
  const info = { url: url.href, verifiedBy, notCached: null } as const;
  if (url.protocol === 'file:' && platform.readFile) {
    const bytes = await readFromDisk(url, platform.readFile);
    const difference = await findDifference(bytes, file, platform.subtle);
    if (difference) throw notThisFile(file, url, difference);
    return { bytes, info: { ...info, source: 'disk' } };
  }
  const store = await openStore(file, url, { caches: platform.caches, stallMs });
  const kept = await store.read();
  if (kept) {
    if (!(await findDifference(kept, file, platform.subtle)))
      return { bytes: kept, info: { ...info, source: 'cache' } };
    await store.drop();
  }
  const bytes = await fetchVerified(file, url, { platform, stallMs });
  return { bytes, info: { ...info, source: 'network', notCached: await store.keep(bytes) } };
}

async function readFromDisk(
  url: URL,
  readFile: NonNullable<ModelFilePlatform['readFile']>,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(url);
  } catch (cause) {
    throw notLoaded(url, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function fetchVerified(
  file: ModelFile,
  url: URL,
  { platform, stallMs }: Required<ModelFileOptions>,
): Promise<Uint8Array<ArrayBuffer>> {
  let difference = '';
  for (const cache of ['default', 'reload'] as const) {
    const { bytes, type } = await fetchBytes(url, platform.fetch, { cache, most: file.bytes, stallMs });
    const found = await findDifference(bytes, file, platform.subtle);
    if (!found) return bytes;
    difference = `${found}${type ? `, served as ${type}` : ''}`;
  }
  throw notThisFile(file, url, difference);
}

interface FetchOptions {
  cache: RequestCache;
  /** Bytes of the file. */
  most: number;
  stallMs: number;
}

async function fetchBytes(
  url: URL,
  fetchUrl: ModelFilePlatform['fetch'],
  { cache, most, stallMs }: FetchOptions,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string | null }> {
  const ending = new AbortController();
  const wait = patience(stallMs);
  let got = 0;
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await wait.for(fetchUrl(url.href, { cache, signal: ending.signal }));
    // Read also when the status is bad: an unread body keeps its connection.
    bytes = await readBody(response, { most, wait, onBytes: (size) => (got = size) });
  } catch (cause) {
    // Whatever of it still runs would go on for nobody.
    ending.abort();
    if (wait.over) throw stalled(url, { got, most, stallMs });
    throw notLoaded(url, cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (!response.ok)
    throw notLoaded(url, `the server answered ${response.status} ${response.statusText}`.trim());
  return { bytes, type: response.headers.get('content-type') };
}

interface ReadOptions {
  most: number;
  wait: Patience;
  onBytes?: (size: number) => void;
}

/**
 * The body, of which no more than one byte after `most` is taken: what is longer is another file, and a small answer may
 * unpack to gigabytes.
 */
async function readBody(
  { body }: Response,
  { most, wait, onBytes }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!body) return new Uint8Array(0);
  const reader = body.getReader();
  const bytes = new Uint8Array(most + 1);
  let size = 0;
  try {
    while (size <= most) {
      const { done, value } = await wait.for(reader.read());
      if (done) return bytes.slice(0, size);
      const part = value.subarray(0, bytes.length - size);
      bytes.set(part, size);
      size += part.length;
      onBytes?.(size);
    }
    return bytes.slice(0, size);
  } finally {
    // Not waited for: a source that has fallen silent need not answer this either.
    reader.cancel().catch(() => {});
  }
}

/** How the bytes differ from what they must be; null when they do not. */
async function findDifference(
  bytes: Uint8Array<ArrayBuffer>,
  file: ModelFile,
  subtle: ModelFilePlatform['subtle'],
): Promise<string | null> {
  if (bytes.length > file.bytes) return `more than ${file.bytes} bytes`;
  if (bytes.length !== file.bytes) return `${bytes.length} bytes instead of ${file.bytes}`;
  if (!subtle) {
    const sum = crc32(bytes);
    return sum === file.crc32 ? null : `CRC-32 ${hex(sum)} instead of ${hex(file.crc32)}`;
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return sha256 === file.sha256 ? null : `SHA-256 ${sha256} instead of ${file.sha256}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** CRC-32 (IEEE 802.3). About 10 ms for the built-in model. */
function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The place in the cache for one file. Every failure of the cache itself means: not cached. */
interface Store {
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  drop(): Promise<void>;
  /** Null when kept, else the reason. */
  keep(bytes: Uint8Array<ArrayBuffer>): Promise<string | null>;
}

async function openStore(
  file: ModelFile,
  url: URL,
  { caches, stallMs }: { caches: ModelFilePlatform['caches']; stallMs: number },
): Promise<Store> {
  // Cache keys must be http(s); what extensions and bundles load by other schemes is local already.
  if (!caches || !/^https?:$/.test(url.protocol)) return noStore(null);
  const key = new URL(url);
  key.hash = '';
  key.searchParams.set('kindex-sha256', file.sha256);
  let cache: Cache;
  try {
    cache = await patience(stallMs).for(caches.open(CACHE_NAME));
  } catch (cause) {
    return noStore(`the cache cannot be opened: ${String(cause)}`);
  }
  return {
    async read() {
      try {
        const wait = patience(stallMs);
        const response = await wait.for(cache.match(key.href));
        return response ? await readBody(response, { most: file.bytes, wait }) : null;
      } catch {
        return null;
      }
    },
    async drop() {
      try {
        await patience(stallMs).for(cache.delete(key.href));
      } catch {
        // It is overwritten by what is fetched next, or found damaged again.
      }
    },
    async keep(bytes) {
      try {
        const headers = {
          'content-type': 'application/octet-stream',
          'content-length': String(bytes.length),
        };
        await patience(stallMs).for(cache.put(key.href, new Response(bytes, { headers })));
        return null;
      } catch (cause) {
        return `the cache did not take it: ${String(cause)}`;
      }
    },
  };
}

function noStore(reason: string | null): Store {
  return { read: async () => null, drop: async () => {}, keep: async () => reason };
}

function notLoaded(
  url: URL,
  reason: string,
  { cause, fix, details }: { cause?: unknown; fix?: string; details?: Record<string, unknown> } = {},
): ChromaError {
  return kindexError('EMBED_LOAD', `Model file ${url.href} could not be loaded: ${reason}.`, {
    details: { url: url.href, ...details },
    ...(fix === undefined ? {} : { fix }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function stalled(
  url: URL,
  { got, most, stallMs }: { got: number; most: number; stallMs: number },
): ChromaError {
  const reason = `nothing came for ${stallMs / 1000} s, after ${got} of ${most} bytes`;
  return notLoaded(url, reason, {
    fix: 'Call again, which asks anew; where the network is that slow, raise stallMs or serve the file beside the application.',
    details: { bytes: got, expectedBytes: most, stallMs },
  });
}

function notThisFile(file: ModelFile, url: URL, difference: string): ChromaError {
  return kindexError(
    'EMBED_INTEGRITY',
    `${url.href} is not the ${file.name} this version needs: ${difference}.`,
    {
      details: { url: url.href, difference, expectedBytes: file.bytes, expectedSha256: file.sha256 },
    },
  );
}

/** What this JavaScript runtime has. */
export function currentPlatform(): ModelFilePlatform {
  return {
    fetch: (url, init) => fetch(url, init),
    caches: typeof caches === 'undefined' ? null : caches,
    subtle: globalThis.crypto?.subtle ?? null,
    readFile: nodeReadFile(),
  };
}

/**
 * Node's file reading by `process.getBuiltinModule` (Node 20.16 on, Deno, Bun): an `import('node:…')` would be resolved,
 * and refused, by the bundlers of web applications.
 */
function nodeReadFile(): ModelFilePlatform['readFile'] {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return null;
  const { readFile } = process.getBuiltinModule('node:fs/promises');
  return async (url) => new Uint8Array(await readFile(url));
}
