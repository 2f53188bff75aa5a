/** The browser's half of case `vector-search`: a module worker that loads the engines and measures them. */
import { recall } from './data.mjs';
import { fetchFloats, loadPageEngines } from './page/engines.mjs';
import { measureEngines } from './vector-engines.mjs';

globalThis.addEventListener('message', ({ data }) => void measure(data));

/** @param {any} request */
async function measure({ shape, k, rounds, builds, kth, hnswlib }) {
  const post = /** @type {(message: object) => void} */ (globalThis.postMessage.bind(globalThis));
  try {
    const [base, queries] = await Promise.all([fetchFloats('base.bin'), fetchFloats('queries.bin')]);
    const { engines, core } = await loadPageEngines(shape, { hnswlib });
    const results = await measureEngines({
      engines,
      base,
      queries,
      recall: (found) =>
        recall(found, Float64Array.from(kth), base, queries, { dimensions: shape.dimensions, k }),
      shape,
      k,
      rounds,
      builds,
      log: (line) => post({ line }),
    });
    post({ result: { results, core } });
  } catch (error) {
    post({ error: String(/** @type {Error} */ (error).stack) });
  }
}
