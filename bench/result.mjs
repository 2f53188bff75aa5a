/** What a case measured becomes the result that is stored: medians, the rounds they come from, and how to repeat it. */
import { basename } from 'node:path';
import { median } from './data.mjs';

/**
 * A list holds one figure per round: its median is stored, and the list beside it.
 * @typedef {Record<string, number | number[]>} Figures
 * @typedef {{ ef: number, recall: number, queriesPerS: number }} CurvePoint
 * @typedef {{
 *   dataset: string,
 *   data?: string,
 *   rows: number,
 *   seed: number | number[],
 *   rounds?: number,
 *   file?: string,
 *   environment?: Record<string, unknown>,
 *   ratios: Figures,
 *   values: Figures,
 *   curves?: Record<string, Record<string, CurvePoint[]>>,
 *   void?: string | string[],
 *   overAll?: string[],
 *   peers?: import('./report-peers.mjs').Peer[],
 * }} Measured `data`: short name of the data set. `file`: under which the result is stored, default the case's name. `curves`: place
 *   (`chromium`, `node`) → engine → points. `overAll`: figures that are no list because they are taken over all rounds together, or
 *   are the same in each (recall of a graph of one seed, bytes of data): they count as all rounds, another single figure as one
 * @typedef {Omit<Measured, 'ratios' | 'values' | 'file' | 'rounds' | 'seed'> & {
 *   case: string,
 *   when: string,
 *   commit: string,
 *   command?: string,
 *   seed?: number | number[],
 *   rounds: number,
 *   environment: Record<string, unknown>,
 *   ratios: Record<string, number>,
 *   values: Record<string, number>,
 *   byRound?: Record<string, number[]>,
 * }} Result `command`, `seed` and `byRound` are missing in results of old
 */

/**
 * @param {Measured} measured
 * @param {{ case: string, when: string, commit: string, command: string, rounds: number, environment: Record<string, unknown> }} run
 *   `rounds`, `environment`: what the case says itself wins
 * @returns {Result}
 */
export function resultOf({ ratios, values, ...measured }, run) {
  const figures = (/** @type {Figures} */ given) =>
    Object.fromEntries(
      Object.entries(given).map(([key, figure]) => [key, Array.isArray(figure) ? median(figure) : figure]),
    );
  const lists = Object.entries({ ...ratios, ...values }).filter(([, figure]) => Array.isArray(figure));
  const said = { ...measured };
  delete said.file;
  return {
    ...run,
    ...said,
    environment: { ...run.environment, ...measured.environment },
    ratios: figures(ratios),
    values: figures(values),
    byRound: /** @type {Record<string, number[]>} */ (Object.fromEntries(lists)),
  };
}

/**
 * The command that repeats a run, with of paths the last part only.
 * @param {string} name of the case
 * @param {Record<string, string | undefined>} options as given on the command line
 */
export function commandOf(name, options) {
  const words = Object.entries(options).flatMap(([option, value]) =>
    value === undefined
      ? []
      : [`--${option} ${/[\\/]/.test(value) && !value.includes('://') ? `…/${basename(value)}` : value}`],
  );
  return ['npm run bench --', name, ...words].join(' ');
}

/** Of results, with lists of numbers in one line each. @param {Result[]} results */
export function resultsText(results) {
  const text = JSON.stringify(results, null, 2);
  return `${text.replace(/\[[\d.,eE+\-\s]+\]/g, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`;
}
