/** Long synchronous work in slices: the thread is handed back often enough that no task grows long. */

/** One slice: well under the 50 ms from which a browser calls a task long, with room for slow devices. */
export const SLICE_MS = 8;

/** Ends the current task; resolves in a new one. A browser that can lets it go on before other work of the page. */
async function yieldTask(): Promise<void> {
  const scheduler = (globalThis as { scheduler?: { yield?: () => Promise<void> } }).scheduler;
  return scheduler?.yield ? scheduler.yield() : nextTask();
}

/** Ends the current task; resolves in a new one, behind the messages that wait already. */
export async function nextTask(): Promise<void> {
  // setTimeout is clamped to 4 ms when nested; a message is not.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => {
      port1.close();
      resolve();
    };
    port1.postMessage(null);
  });
}

/**
 * Calls `step(i)` for i in 0…count−1, handing the thread back whenever a slice is used up.
 * Rejects with what `step` throws; the steps before it have then run.
 */
export async function forEachSliced(count: number, step: (index: number) => void): Promise<void> {
  let started = performance.now();
  for (let i = 0; i < count; i++) {
    step(i);
    // Reading the clock costs about as much as packing one short text: look every 16 steps.
    if ((i & 15) === 15 && performance.now() - started > SLICE_MS) {
      await yieldTask();
      started = performance.now();
    }
  }
}
