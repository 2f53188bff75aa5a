/** The record of a release, `bench/results/faults.json`: what may go into it, and what it lacks. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/run.mjs';
import { MATRIX } from './matrix.mjs';

export const RECORD = join(ROOT, 'bench', 'results', 'faults.json');

/** @typedef {{ id: string, where: string, runs: number, [key: string]: any }} CaseRecord */

/** @returns {CaseRecord[]} */
export const readRecord = () => (existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')).cases : []);

/** @param {string} id @param {string} where @returns {number} runs of a release; 0: none is asked for */
function asked(id, where) {
  const on = MATRIX.find((fault) => fault.id === id)?.on;
  return /** @type {Record<string, { release?: number }>} */ (on ?? {})[where]?.release ?? 0;
}

/**
 * The record after a campaign: each case that has run takes the place of what was known of it, unless it had fewer runs than a
 * release asks for. A failure is taken with any number.
 * @param {CaseRecord[]} before @param {CaseRecord[]} done
 * @returns {{ cases: CaseRecord[], refused: string[] }} sorted; `refused`: why others stay as they were
 */
export function merged(before, done) {
  const refused = done
    .filter((one) => one['passed'] && one.runs < asked(one.id, one.where))
    .map((one) => ({ one, why: `${one.id} ${one.where}: ${one.runs} of ${asked(one.id, one.where)} runs` }));
  const taken = done.filter((one) => !refused.some((other) => other.one === one));
  const kept = before.filter((old) => !taken.some(({ id, where }) => id === old.id && where === old.where));
  const cases = [...kept, ...taken].sort((a, b) => `${a.id} ${a.where}`.localeCompare(`${b.id} ${b.where}`));
  return { cases, refused: refused.map(({ why }) => why) };
}

/**
 * @param {CaseRecord[]} record @param {string} build
 * @returns {{ id: string, where: string, why: string }[]} cases of the matrix that the record does not have for this build
 */
export function notRecorded(record, build) {
  return MATRIX.flatMap(({ id, on }) =>
    Object.keys(on).flatMap((where) => {
      const runs = asked(id, where);
      if (runs === 0) return [];
      const found = record.find((one) => one.id === id && one.where === where);
      const why = !found
        ? 'never'
        : found['build'] !== build
          ? `of build ${found['build']}`
          : found.runs < runs
            ? `${found.runs} of ${runs} runs`
            : !found['passed']
              ? 'failed'
              : null;
      return why === null ? [] : [{ id, where, why }];
    }),
  );
}
