/** The browser's half of case `build`: a module worker that loads the engines and builds them by turns. */
import { measureBuilds } from '../build-rounds.mjs';
import { recall } from '../data.mjs';
import { fetchFloats, loadPageEngines } from './engines.mjs';
import { answerTask } from './task.mjs';

answerTask(async ({ shape, k, ef, rounds, kth, hnswlib }, log) => {
  const [base, queries] = await Promise.all([fetchFloats('base.bin'), fetchFloats('queries.bin')]);
  const { engines, core } = await loadPageEngines(shape, { hnswlib });
  const judged = { dimensions: shape.dimensions, k };
  const results = await measureBuilds({
    engines,
    base,
    queries,
    recall: (found) => recall(found, Float64Array.from(kth), base, queries, judged),
    shape,
    k,
    ef,
    rounds,
    log,
  });
  return { results, core };
});
