/** The worker's half of `runWorker` (page.mjs): one task comes in, lines go out while it runs, then its result. */

/** @param {(task: any, log: (line: string) => void) => Promise<object>} work */
export function answerTask(work) {
  const post = /** @type {(message: object) => void} */ (globalThis.postMessage.bind(globalThis));
  globalThis.addEventListener('message', ({ data }) => {
    work(data, (line) => post({ line })).then(
      (result) => post({ result }),
      (/** @type {Error} */ error) => post({ error: String(error.stack) }),
    );
  });
}
