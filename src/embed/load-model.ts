/** Loads the built-in model: finds its two files, has them verified, puts the model together and tries it on its canaries. */
import { kindexError } from '../base/errors.js';
import { parseTokenizer } from '../text/wordpiece.js';
import { checkCanaries } from './canary.js';
import { currentPlatform, loadModelFile, type ModelFileInfo, type ModelFilePlatform } from './model-file.js';
import { parseModelTable } from './model-table.js';
import { STALL_MS } from './patience.js';
import { STATIC_FILES } from './static-files.js';
import { StaticModel } from './static-model.js';

export interface LoadModelOptions {
  /**
   * Folder that holds the two files under their names, for people who host them elsewhere. A relative URL is taken from the
   * origin of the page. Default: where the bundler put them.
   */
  baseUrl?: string | URL;
  /**
   * A server that sends no byte for so long, ms, is given up: EMBED_LOAD. The next call asks again. Default 30,000;
   * Infinity waits for ever.
   */
  stallMs?: number;
  /** For tests. Default: what this runtime has. */
  platform?: ModelFilePlatform;
}

export interface LoadedModel {
  model: StaticModel;
  files: { table: ModelFileInfo; tokenizer: ModelFileInfo };
  loadMs: number;
}

/** Loads in progress or done, by URL of the table. Failures are forgotten, so that the next call tries again. */
const loads = new Map<string, Promise<LoadedModel>>();

/** `setTimeout` takes no more, and would fire at once. */
const MAX_STALL_MS = 0x7fff_ffff;

/**
 * The model, loaded once per place. About 3 MB over the network the first time, then from the browser's cache.
 * `signal` ends the waiting of this call; the load goes on for whoever else waits.
 * @throws EMBED_LOAD · EMBED_INTEGRITY · EMBED_CANARY · ABORTED · VALUE_ARGUMENT when `baseUrl` is no URL
 */
export async function loadStaticModel(
  options: LoadModelOptions = {},
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<LoadedModel> {
  return unlessAborted(begun(options), signal);
}

function begun(options: LoadModelOptions): Promise<LoadedModel> {
  if (options.platform) return load(options, options.platform);
  // Who waits less long has a load of its own: it must not end that of others.
  const key = `${stallMsOf(options)} ${String(options.baseUrl ?? '')}`;
  let loading = loads.get(key);
  if (!loading) {
    loading = load(options, currentPlatform());
    loads.set(key, loading);
    loading.catch(() => loads.delete(key));
  }
  return loading;
}

function unlessAborted<T>(loading: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return loading;
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(
        kindexError('ABORTED', 'The model was no longer waited for: its load was aborted.', {
          cause: signal.reason,
        }),
      );
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    loading.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function stallMsOf({ stallMs = STALL_MS }: LoadModelOptions): number {
  if (typeof stallMs === 'number' && (stallMs === Infinity || (stallMs > 0 && stallMs <= MAX_STALL_MS)))
    return stallMs;
  throw kindexError('VALUE_ARGUMENT', `stallMs must be a time in milliseconds, got ${String(stallMs)}.`, {
    fix: 'Pass a number from 1 to 2,147,483,647, or Infinity.',
  });
}

async function load(given: LoadModelOptions, platform: ModelFilePlatform): Promise<LoadedModel> {
  const started = performance.now();
  const urls = modelUrls(given.baseUrl);
  const stallMs = stallMsOf(given);
  const options = { platform, stallMs };
  const [table, tokenizer] = await Promise.all([
    loadModelFile(STATIC_FILES.table, urls.table, options),
    loadModelFile(STATIC_FILES.tokenizer, urls.tokenizer, options),
  ]);
  const json: unknown = JSON.parse(new TextDecoder().decode(tokenizer.bytes));
  const model = new StaticModel(parseTokenizer(json), parseModelTable(table.bytes));
  checkCanaries(model);
  return {
    model,
    files: { table: table.info, tokenizer: tokenizer.info },
    loadMs: performance.now() - started,
  };
}

/** Bundlers find the two files by exactly these literals; unbundled, the same relative path holds in `src` and in `dist`. */
function modelUrls(baseUrl: string | URL | undefined): { table: URL; tokenizer: URL } {
  if (baseUrl === undefined) {
    return {
      table: new URL('../../models/kindex-static-en/kindex-static-en.int4.bin', import.meta.url),
      tokenizer: new URL('../../models/kindex-static-en/tokenizer.json', import.meta.url),
    };
  }
  const text = String(baseUrl);
  const folder = text.endsWith('/') ? text : `${text}/`;
  try {
    const page = typeof location === 'undefined' ? undefined : location.origin;
    return {
      table: new URL(STATIC_FILES.table.name, new URL(folder, page)),
      tokenizer: new URL(STATIC_FILES.tokenizer.name, new URL(folder, page)),
    };
  } catch (cause) {
    throw kindexError('VALUE_ARGUMENT', `baseUrl '${text}' is not a URL.`, {
      fix: 'Pass an absolute URL, or in a page a path from its origin such as /models/.',
      cause,
    });
  }
}
