/**
 * What crosses between page and worker: each reply is an outcome, so that an error keeps its class, code, fix and details.
 * Comlink alone keeps name, message and stack; an envelope of our own leaves its global handlers to the application.
 */
import type { SerializedError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';

export type Outcome = { ok: true; value: unknown } | { ok: false; error: SerializedError };

/** The one object a worker exposes. */
export interface WorkerPort {
  /**
   * Resolves when the worker serves calls; names the Web Lock it holds for as long as it lives (null: no Web Locks). Asked
   * again, it is a sign of life, and tells which calls it is at work on.
   */
  hello(): Promise<{ lock: string | null; calls: Set<number | undefined> }>;
  /** `request`: of a call that may be sent again and must take effect once. `number`: which one it is of those the worker was sent. */
  call(method: string, argument: unknown, request?: RequestId, number?: number): Promise<Outcome>;
}

/**
 * The buffers of a request or reply that may be moved instead of copied: typed arrays in objects, and in lists of
 * objects. Owner's duty: whatever is passed here must not be used again by its sender.
 */
export function transferablesOf(value: unknown, found: Set<ArrayBuffer> = new Set()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    // Lists of strings or numbers hold no buffers: one look at the first entry decides.
    if (typeof value[0] === 'object') for (const entry of value) transferablesOf(entry, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const entry of Object.values(value)) transferablesOf(entry, found);
  }
  return [...found];
}
