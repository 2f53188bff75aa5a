/** From where on a graph is worth its while: the same for every engine that has one. */

/**
 * Linking begins with so many rows. Of 5,000 × 384 a scan takes 0.2 ms, the graph at ef 100 0.05 ms, which nobody notices behind a
 * worker, and building it half a second; of 20,000 it is 0.9 against 0.07 ms.
 */
export const GRAPH_FROM_ROWS = 5_000;

/**
 * With a filter, up to so many allowed rows, or this share of all, are compared one by one: at 100,000 × 384 a graph that passes
 * through what it may not return is slower from there on (10 % allowed: 2,900 exact, 1,400–2,500 queries/s through the graph).
 */
const LISTED_ROWS = 10_000;
const LISTED_SHARE = 0.1;

/** Whether the `matches` rows that a filter allows, of `size` live ones, are better compared one by one. */
export function isListed(matches: number, size: number): boolean {
  return matches < size && matches <= Math.max(LISTED_ROWS, LISTED_SHARE * size);
}
