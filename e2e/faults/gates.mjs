/** What the measures of a case must be for its runs to count: a fault that did not happen is no test passed. */

/** A kill is worth its name when the store was writing. */
const IN_TRANSACTION = 0.8;
/** Damage is worth its name when it strikes what is in use. */
const IN_LIVE = 0.5;
/** Runs from which on the shares must be reached; of fewer, chance decides too much. */
const MANY = 50;
/** Of the damage to bytes that an opening reads. */
const MOST_HARMLESS = 0.25;
/** Runs from which on a share of harmless damage says something. */
const FEW = 20;

/** @param {number[]} values */
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * @param {number[]} hits 0 or 1 of each run
 * @param {number} share that is asked for
 * @returns {boolean} too few of them; of few runs: fewer than chance makes of that share in 99 of 100 campaigns
 */
const tooFew = (hits, share) =>
  mean(hits) < share - (hits.length < MANY ? 2.33 * Math.sqrt((share * (1 - share)) / hits.length) : 0);

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(0)} %`;

/**
 * @param {{ runs: number, measures: Record<string, number[]> }} tally what was counted
 * @param {number} count runs asked for
 * @returns {string[]} why it does not count
 */
export function shortcomings({ runs, measures }, count) {
  const found = [];
  if (runs < count) found.push(`${runs} of ${count} runs`);
  const { inTransaction, inLive, liveHarmless } = measures;
  if (inTransaction && tooFew(inTransaction, IN_TRANSACTION))
    found.push(`a transaction was open in only ${percent(mean(inTransaction))} of the kills`);
  if (inLive && tooFew(inLive, IN_LIVE)) found.push('less than half of the damage was in live rows');
  // What is read is proved: more would mean that other bytes were struck than meant.
  if (liveHarmless && liveHarmless.length >= FEW && mean(liveHarmless) > MOST_HARMLESS)
    found.push(`${percent(mean(liveHarmless))} of the damage in live rows did no harm`);
  return found;
}
