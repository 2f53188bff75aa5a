/** Where there are no Web Locks: a second tab is kept out by asking the first; without a channel between them by the epoch alone. */
import { claim } from '../rpc/claim.js';
import type { Led } from '../rpc/leader.js';
import { LAYOUT_VERSION } from '../storage/indexeddb.js';

/** `open`: opens the store, which says `warning`. @throws STORAGE_BLOCKED · what `open` throws */
export async function openAlone(storage: string, open: (warning: string) => Promise<Led>): Promise<Led> {
  const asked = typeof BroadcastChannel !== 'undefined';
  const warning = asked
    ? 'No Web Locks here: one tab can use this store, a second one is refused.'
    : 'No Web Locks here: a second tab would take this store over.';
  const letGo = asked ? await claim(`kindex:store:${LAYOUT_VERSION}:${storage}`) : (): void => {};
  try {
    const led = await open(warning);
    return {
      call: (method, argument, request) => led.call(method, argument, request),
      close: () => led.close().finally(letGo),
      get ended() {
        return led.ended === true;
      },
    };
  } catch (error) {
    letGo();
    throw error;
  }
}
