/** Live queries behind `Collection.live`: a query that is asked again whenever its collection has changed, in whatever tab. */
import { ChromaError, kindexError } from '../base/errors.js';
import { nextTask } from '../base/slices.js';
import type { Matrix } from '../base/types.js';
import { openFeed, type FeedMessage } from '../rpc/feed.js';
import type { StoreService } from '../rpc/service.js';
import type { Collection, GetArgs, LiveQueryArgs } from './collection.js';

export interface LiveOptions {
  /** Ends the live query, like the function that `live` returns. */
  signal?: AbortSignal;
  /** Gets the error that ends the live query, once. Without it, that is an unhandled rejection. */
  onError?: (error: unknown) => void;
}

export interface LiveParts {
  collection: Collection;
  store: StoreService;
  args: LiveQueryArgs | GetArgs;
  /** Of the query's texts. */
  vectors: () => Promise<Matrix>;
  onResult: (result: never) => void;
  /** What `live` has handed out: aborted, it is over. */
  stop: AbortController;
  signal: AbortSignal | undefined;
}

/**
 * Resolves when it is stopped; rejects with the error that ended it: what the query throws, or `onResult`.
 * A worker that died is asked once more.
 */
export async function runLive(parts: LiveParts): Promise<void> {
  const { collection, store, signal } = parts;
  const onResult = parts.onResult as (result: unknown) => void;
  const stop = parts.stop.signal;
  if (signal?.aborted) parts.stop.abort();
  if (stop.aborted) return;
  signal?.addEventListener('abort', () => parts.stop.abort(), { signal: stop });
  const run = question(parts);
  const changes = new Changes(collection.id, stop);
  let last: { result: unknown } | null = null;
  let died = false;
  try {
    // Heard before the first question: what is written in between is not missed.
    changes.listen((await store.diagnostics()).storage);
    while (await changes.next()) {
      let result: unknown;
      try {
        result = await run();
        died = false;
      } catch (error) {
        if (died || !(error instanceof ChromaError) || error.code !== 'WORKER_DIED') throw error;
        died = true;
        changes.note();
        continue;
      }
      if (stop.aborted) return;
      if (last && isSame(last.result, result)) continue;
      last = { result };
      onResult(result);
    }
  } catch (error) {
    // An answer that comes after the end is nobody's any more, and so is its error.
    if (!stop.aborted) throw error;
  } finally {
    changes.close();
  }
}

/** What is asked each time. The caller may change its object meanwhile, and texts are not embedded twice. */
function question({ collection, args, vectors }: LiveParts): () => Promise<unknown> {
  const own = { ...args };
  if (!('queryTexts' in own) && !('queryEmbeddings' in own)) return () => collection.get(own);
  const { queryTexts: _texts, queryEmbeddings: _vectors, ...rest } = own;
  let embedded: Promise<Matrix> | undefined;
  return async () => {
    embedded ??= vectors();
    return collection.query({ ...rest, queryEmbeddings: await embedded });
  };
}

/** Says when to ask again: at once, after changes of the collection, and whenever some may have been missed. */
class Changes {
  readonly #collectionId: string;
  readonly #stop: AbortSignal;
  readonly #ending = new AbortController();
  #channel: BroadcastChannel | null = null;
  #due = true;
  #last: { owner: string; commit: number } | null = null;
  #wake: () => void = () => {};

  constructor(collectionId: string, stop: AbortSignal) {
    this.#collectionId = collectionId;
    this.#stop = stop;
  }

  /** @throws RUNTIME_NOT_AVAILABLE */
  listen(storage: string): void {
    this.#channel = openFeed(storage);
    if (!this.#channel) {
      throw kindexError(
        'RUNTIME_NOT_AVAILABLE',
        'Live queries need BroadcastChannel, which is missing here.',
      );
    }
    this.#channel.onmessage = (event: MessageEvent<FeedMessage>) => this.#receive(event.data);
    const { signal } = this.#ending;
    this.#stop.addEventListener('abort', () => this.#wake(), { signal });
    // A page that was frozen, or kept aside by the back button, has heard nothing meanwhile.
    const again = (): void => {
      if (globalThis.document?.visibilityState !== 'hidden') this.note();
    };
    globalThis.document?.addEventListener('visibilitychange', again, { signal });
    globalThis.document?.addEventListener('resume', again, { signal });
    globalThis.addEventListener?.('pageshow', again, { signal });
  }

  note(): void {
    this.#due = true;
    this.#wake();
  }

  /** True: ask. False: it is over. Everything that has come until then is answered by one question. */
  async next(): Promise<boolean> {
    while (!this.#due && !this.#stop.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    // Messages that wait already belong to the same question.
    await nextTask();
    this.#due = false;
    return !this.#stop.aborted;
  }

  close(): void {
    this.#ending.abort();
    this.#channel?.close();
  }

  #receive({ owner, commit, changes }: FeedMessage): void {
    const last = this.#last;
    this.#last = { owner, commit };
    const missed = last !== null && (last.owner !== owner || last.commit + 1 < commit);
    const concerns = changes.some(
      ({ collectionId }) => collectionId === null || collectionId === this.#collectionId,
    );
    if (missed || concerns || commit === 0) this.note();
  }
}

/** Equal data: results are objects, arrays and plain values. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
