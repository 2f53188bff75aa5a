/** Proof that a loaded model computes what it must: three texts whose pieces and vectors are known. */
import { kindexError } from '../base/errors.js';
import { CANARIES, type Canary } from './canary-vectors.js';
import type { Embedded } from './static-model.js';

/** Largest allowed difference of one component; the stored ones are rounded to 1e-6. */
const TOLERANCE = 1e-5;

/** What of a model the check needs. */
export interface CanaryModel {
  readonly tokenizer: { encode(text: string): number[] };
  readonly dimensions: number;
  embed(texts: readonly string[], dimensions: number): Embedded;
}

/** @throws EMBED_CANARY naming the text and the first difference. Cost: under 1 ms. */
export function checkCanaries(model: CanaryModel, canaries: readonly Canary[] = CANARIES): void {
  for (const { text, ids, millionths } of canaries) {
    const actualIds = model.tokenizer.encode(text);
    if (actualIds.join() !== ids.join()) {
      throw kindexError(
        'EMBED_CANARY',
        `"${text}" gives the pieces ${actualIds.join(' ')}, not ${ids.join(' ')}.`,
        {
          details: { text, actualIds, expectedIds: ids },
        },
      );
    }
    const vector = model.embed([text], model.dimensions).vectors.data;
    const wrong = millionths.findIndex(
      (value, d) => !(Math.abs((vector[d] ?? NaN) - value / 1e6) <= TOLERANCE),
    );
    if (wrong < 0 && vector.length === millionths.length) continue;
    const actual = vector[wrong];
    const expected = (millionths[wrong] ?? NaN) / 1e6;
    throw kindexError(
      'EMBED_CANARY',
      wrong < 0
        ? `The vector of "${text}" has ${vector.length} dimensions, not ${millionths.length}.`
        : `Dimension ${wrong} of the vector of "${text}" is ${actual}, not ${expected}.`,
      { details: { text, dimension: wrong, actual, expected } },
    );
  }
}
