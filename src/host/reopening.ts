/**
 * A store that ends under its calls is opened again, and they run again there, once: writes are known by their requests. Where the
 * data is gone, the calls are told, and the next one opens it (SPEC.md S32, S33).
 */
import { ChromaError, kindexError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import type { Led } from '../rpc/leader.js';
import { STORE_WRITES } from '../rpc/service.js';

export interface Reopening extends Led {
  /** True: what it had open is lost, or did not open again. The next call tries. */
  readonly ended: boolean;
}

type Call = readonly [method: string, argument: unknown, request: RequestId | undefined];

/** Opens at once. @throws what `open` throws */
export async function reopening(open: () => Promise<Led>): Promise<Reopening> {
  let current: Promise<Led> | null = null;
  /** The end of the one before: the next one is opened after it. */
  let ending: Promise<void> = Promise.resolve();
  let ended = false;
  let closed = false;

  const opened = (): Promise<Led> => {
    if (closed) return Promise.reject(kindexError('CLOSED', 'The store is closed.'));
    if (current) return current;
    const opening = ending.then(open);
    current = opening;
    ended = false;
    opening.catch((error: unknown) => {
      // A failed opening is not kept: the next call tries again. Another tab would find no more room than this one.
      if (current !== opening) return;
      current = null;
      ended = !hasCode(error, 'STORAGE_QUOTA');
    });
    return opening;
  };

  const run = async (life: Promise<Led>, [method, argument, request]: Call): Promise<unknown> => {
    const led = await life;
    try {
      return await led.call(method, argument, request);
    } catch (error) {
      const over = led.ended === true || hasCode(error, 'STORAGE_LOST');
      // Fenced: it is somebody else's now.
      if (over && current === life && !hasCode(error, 'STORAGE_FENCED')) {
        current = null;
        ended = isGone(error);
        // What its closing says tells nothing more.
        ending = led.close().catch(() => {});
      }
      throw error;
    }
  };

  await opened();
  return {
    get ended() {
      return ended;
    },
    async call(method: string, argument: unknown, request?: RequestId): Promise<unknown> {
      const call = [method, argument, request] as const;
      const isWrite = STORE_WRITES.has(method);
      const first = opened();
      await first;
      try {
        return await run(first, call);
      } catch (error) {
        const isOver = !closed && current !== first && !isGone(error);
        const isOpen = reasonOf(error) !== 'closed' && reasonOf(error) !== 'silent';
        // Without its request nobody could tell whether a write is done already.
        if (isWrite && !isOpen && !(isOver && request)) throw unknownOutcome(method, error);
        if (!isOver) throw error;
      }
      let second: Promise<Led>;
      try {
        second = opened();
        await second;
      } catch (error) {
        const isTold = hasCode(error, 'STORAGE_FENCED') || isGone(error);
        throw isWrite && !isTold ? unknownOutcome(method, error) : error;
      }
      try {
        return await run(second, call);
      } catch (error) {
        const reason = reasonOf(error);
        const isOpen = !hasCode(error, 'CLOSED') && reason !== 'closed' && reason !== 'silent';
        throw isWrite && !isOpen ? unknownOutcome(method, error) : error;
      }
    },
    async close() {
      closed = true;
      const closing = current;
      current = null;
      await ending;
      await (await closing)?.close();
    },
  };
}

function hasCode(error: unknown, code: ChromaError['code']): error is ChromaError {
  return error instanceof ChromaError && error.code === code;
}

/** Of STORAGE_LOST. `closed`: the connection ended, the data may be there. `silent`: a commit that may still be stored. */
function reasonOf(error: unknown): unknown {
  return hasCode(error, 'STORAGE_LOST') ? error.details['reason'] : undefined;
}

/** Lost in a way that opening it again does not mend at once. */
function isGone(error: unknown): boolean {
  return hasCode(error, 'STORAGE_LOST') && error.details['reason'] !== 'closed';
}

function unknownOutcome(method: string, cause: unknown): ChromaError {
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  return kindexError(
    'OUTCOME_UNKNOWN',
    `The storage went away while "${method}" was under way: it is stored or not.${why}`,
    { details: { method }, cause },
  );
}
