/** A store with no other tab to follow: when its storage goes away, the next call opens it again (SPEC.md S33). */
import { ChromaError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import type { Led } from '../rpc/leader.js';

export interface Reopening extends Led {
  /** False: what it had open is gone, and the next call opens it. */
  readonly serves: boolean;
}

/** Opens at once. @throws what `open` throws */
export async function reopening(open: () => Promise<Led>): Promise<Reopening> {
  let current: Promise<Led> | null = open();
  await current;

  /** A failed opening is not kept: the next call tries again. */
  const opened = async (): Promise<Led> => {
    const opening = (current ??= open());
    try {
      return await opening;
    } catch (error) {
      if (current === opening) current = null;
      throw error;
    }
  };

  return {
    get serves() {
      return current !== null;
    },
    async call(method: string, argument: unknown, request?: RequestId): Promise<unknown> {
      const led = await opened();
      const its = current;
      try {
        return await led.call(method, argument, request);
      } catch (error) {
        if (error instanceof ChromaError && error.code === 'STORAGE_LOST' && current === its) {
          current = null;
          // It was lost: what its closing says tells nothing more.
          await led.close().catch(() => {});
        }
        throw error;
      }
    },
    async close() {
      const closing = current;
      current = null;
      await (await closing)?.close();
    },
  };
}
