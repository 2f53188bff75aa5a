/** The browser's half of case `peers`: a module worker that holds one peer and does what it is told. */
import { fetchFloats } from './engines.mjs';
import { loadPeer } from './peer-indexes.mjs';
import { createSeat } from './peer-seat.mjs';
import { wasmBytes, watchWasmMemories } from './wasm-memories.mjs';

/** @type {import('./peer-seat.mjs').Seat | null} */
let seat = null;

globalThis.addEventListener('message', ({ data }) => void answer(data));

/** @param {{ method: 'open' | 'wasmBytes' | 'build' | 'ask' | 'probe' | 'close', options: any }} call */
async function answer({ method, options }) {
  const post = /** @type {(message: object) => void} */ (globalThis.postMessage.bind(globalThis));
  try {
    if (method === 'open') post({ result: await open(options) });
    else if (method === 'wasmBytes') post({ result: wasmBytes() });
    else post({ result: await seat?.[method](options) });
  } catch (error) {
    const { stack, message } = /** @type {any} */ (error ?? {});
    post({ error: String(stack ?? message ?? JSON.stringify(error)) });
  }
}

/** @param {{ peer: string, hnswlib: string, shape: import('../vector-engines.mjs').Shape, k: number }} options */
async function open({ peer, hnswlib, shape, k }) {
  watchWasmMemories();
  seat = createSeat(await loadPeer(peer, { hnswlib }), {
    shape,
    k,
    queries: await fetchFloats('queries.bin'),
    base: () => fetchFloats('base.bin'),
  });
  return true;
}
