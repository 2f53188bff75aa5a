/** Transactions of a connection one after the other, in the engine that needs it (SPEC.md S62, docs/adr/0035-one-transaction-at-a-time.md). */
import { isWebKit } from './engines.js';

/** Runs `work` when it may begin. What it gives or throws is passed on, and holds up nobody behind it once it has ended. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Turns of one connection: in WebKit each waits for the end of those before it, elsewhere it begins at once.
 * @param userAgent what the engine calls itself; default: the platform's
 */
export function turnsOf(userAgent?: string): Turn {
  if (!isWebKit(userAgent)) return async (work) => work();
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
