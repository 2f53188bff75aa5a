/** What befalls a store while a page only looks on: full, damaged, lost. Loaded when it is asked for (docs/adr/0030). */
import { ChromaError } from '../base/errors.js';
import type { DamageNote, StoreDiagnostics, StoreState } from '../rpc/service.js';

/** How a store is, as far as a page should know. */
export interface StoreCondition {
  /** As in `diagnostics()`; `lost`: every call rejects, and `error` says why. */
  state: StoreState | 'lost';
  error: ChromaError | null;
  damage: DamageNote[];
  warnings: string[];
}

export interface WatchOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Between two looks, ms. Default 10,000. Nobody looks while the page is hidden, and at once when it is seen again. */
  everyMs?: number;
}

const EVERY_MS = 10_000;

/**
 * Calls `listener` when the store is not well, and whenever that changes. Resolves when `signal` is given or the client closed;
 * rejects with what `listener` throws. It keeps no process alive.
 */
export async function watchStore(
  look: () => Promise<StoreDiagnostics>,
  listener: (condition: StoreCondition) => void,
  { signal, everyMs = EVERY_MS }: WatchOptions = {},
): Promise<void> {
  let told = textOf({ state: 'ok', error: null, damage: [], warnings: [] });
  for (;;) {
    if (signal?.aborted) return;
    const condition = await conditionOf(look);
    if (condition === null || signal?.aborted) return;
    const text = textOf(condition);
    if (text !== told) {
      told = text;
      listener(condition);
    }
    await pause(everyMs, signal);
  }
}

/** Null: the client is closed. */
async function conditionOf(look: () => Promise<StoreDiagnostics>): Promise<StoreCondition | null> {
  try {
    const { state, damage, warnings } = await look();
    return { state, error: null, damage, warnings };
  } catch (error) {
    if (!(error instanceof ChromaError)) throw error;
    return error.code === 'CLOSED' ? null : { state: 'lost', error, damage: [], warnings: [] };
  }
}

/** Equal for what is told alike. */
function textOf({ state, error, damage, warnings }: StoreCondition): string {
  return JSON.stringify([state, error?.code, damage.map(({ message }) => message), warnings]);
}

/** At least `ms`, and until the page is visible. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const ended = new AbortController();
  return new Promise<void>((resolve) => {
    const isHidden = (): boolean => globalThis.document?.visibilityState === 'hidden';
    const timer = setTimeout(() => isHidden() || resolve(), ms);
    // In Node it keeps no process alive.
    (timer as { unref?: () => void }).unref?.();
    globalThis.document?.addEventListener('visibilitychange', () => isHidden() || resolve(), {
      signal: ended.signal,
    });
    signal?.addEventListener('abort', () => resolve(), { signal: ended.signal });
    ended.signal.addEventListener('abort', () => clearTimeout(timer));
  }).finally(() => ended.abort());
}
