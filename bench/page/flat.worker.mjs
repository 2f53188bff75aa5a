/** The browser's half of case `flat`. */
import { recall } from '../data.mjs';
import { createScans, measureScans } from '../flat-scans.mjs';
import { fetchFloats } from './engines.mjs';
import { answerTask } from './task.mjs';

answerTask(async ({ dimensions, k, rounds, kth }, log) => {
  const [base, queries] = await Promise.all([fetchFloats('base.bin'), fetchFloats('queries.bin')]);
  const load = (/** @type {string} */ path) =>
    import(new URL(`/kindex/src/core/${path}`, location.href).href);
  const core = await (await load('wasm.js')).loadWasmCore();
  const scalar = (await load('scalar.js')).createScalarCore();
  const { rescore } = await load('rescore.js');
  const results = measureScans({
    scans: await createScans({ core, scalar, rescore }, { base, dimensions }),
    queries,
    dimensions,
    rows: base.length / dimensions,
    k,
    rounds,
    recall: (found) => recall(found, Float64Array.from(kth), base, queries, { dimensions, k }),
    log,
  });
  return { results, core: core.kind };
});
