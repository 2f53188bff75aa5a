/** Memory of a page, asked of the browser after a collection of garbage. */

/** @typedef {{ wasm: number, heap: number, buffers: number }} Held bytes: of WebAssembly memory, of JavaScript objects, of other array buffers */

/**
 * What the main thread of a page holds. The page has called `watchWasmMemory` of page/memory.mjs.
 * @param {import('@playwright/test').Page} page
 * @returns {Promise<Held>}
 */
export async function heldBy(page) {
  const session = await page.context().newCDPSession(page);
  try {
    // Twice: what finalizers let go is collected by the second.
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    const usage = /** @type {{ usedSize: number, backingStorageSize?: number }} */ (
      await session.send('Runtime.getHeapUsage')
    );
    // The heap's count of buffers leaves out those of WebAssembly.
    return {
      wasm: await page.evaluate(wasmInPage),
      heap: usage.usedSize,
      buffers: usage.backingStorageSize ?? 0,
    };
  } finally {
    await session.detach();
  }
}

/** In the page. @returns {Promise<number>} */
async function wasmInPage() {
  /** @type {typeof import('./page/memory.mjs')} */
  const { wasmBytes } = await import(new URL('/page/memory.mjs', location.href).href);
  return wasmBytes();
}
