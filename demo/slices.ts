/** Keeps the page responsive during long synchronous work: hands the thread back whenever a slice is used up. */

/** Well under the 50 ms from which a browser calls a task long, and under one frame at 60 Hz. */
const SLICE_MS = 8;

/** Call between steps: resolves at once within a slice, in a new task after it. */
export function createPacer(): () => Promise<void> {
  let started = performance.now();
  return async () => {
    if (performance.now() - started < SLICE_MS) return;
    await nextTask();
    started = performance.now();
  };
}

/** Not setTimeout: nested timers wait at least 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => {
      port1.close();
      resolve();
    };
    port1.postMessage(null);
  });
}
