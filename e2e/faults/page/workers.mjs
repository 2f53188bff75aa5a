/** Remembers the workers the page starts, so that a case can end one as a browser would: without a word. */

/** @type {Worker[]} */
const started = [];

/** Call it before the package is loaded. */
export function watchWorkers() {
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      started.push(this);
    }
  };
}

/** Ends every worker started so far. @returns {number} how many */
export function terminateWorkers() {
  for (const worker of started) worker.terminate();
  return started.splice(0).length;
}

/** @param {unknown} message */
export function postToWorkers(message) {
  for (const worker of started) worker.postMessage(message);
}
