/** What the offscreen document of an extension does for its service worker: writes the records that it is sent, and says when. */
import { columnsOf } from './workload.mjs';

/** Chromium gives it to extensions only. @returns {any} */
const runtime = () => /** @type {any} */ (globalThis).chrome.runtime;

/** @param {{ collectionOf: (name: string) => Promise<any> }} page */
export const extensionActions = ({ collectionOf }) => ({
  /** @param {{ collection: string }} argument */
  async serveWorker({ collection }) {
    const target = await collectionOf(collection);
    runtime().onMessage.addListener(
      (
        /** @type {any} */ { write },
        /** @type {unknown} */ _,
        /** @type {(reply: unknown) => void} */ reply,
      ) => {
        if (write === undefined) return false;
        target.upsert(columnsOf({ kind: 'upsert', ids: [write], version: 1 })).then(
          () => reply({ stored: write }),
          (/** @type {unknown} */ error) => reply({ failed: String(error) }),
        );
        return true;
      },
    );
  },
  /** Wakes the worker, which sends records `from` to `to`, one after the other. @param {{ from: number, to: number, hub: string }} argument */
  wakeWorker: (argument) => runtime().sendMessage({ send: argument }),
});
