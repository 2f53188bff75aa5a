/** The faults as data: what is done, where, how often, and what must hold. The numbers are those of `docs/guide/durability.md`. */

/**
 * `push`: runs in `npm test`; `release`: runs of a release campaign. 0: not there. `sqlite` also runs Chromium's other backend.
 * @typedef {{ push?: number, release?: number }} Counts
 * @typedef {object} Fault
 * @property {string} id
 * @property {string} fault
 * @property {string} expected
 * @property {Partial<Record<'chromium' | 'chromium-sqlite' | 'firefox' | 'webkit' | 'node', Counts>>} on where it runs
 */

/** @type {Fault[]} */
export const MATRIX = [
  {
    id: 'F01',
    fault: 'the browser is killed in the middle of writes',
    expected: 'every acknowledged write is there, whole; the store opens as ever',
    on: { chromium: { push: 20, release: 300 }, 'chromium-sqlite': { release: 50 } },
  },
  {
    id: 'F02',
    fault: 'the browser is killed at an acknowledgement',
    expected: 'that write is there',
    on: { chromium: { release: 100 }, 'chromium-sqlite': { release: 20 } },
  },
  {
    id: 'F03',
    fault: 'as F01, in other engines',
    expected: 'as F01; the first read after the kill is right',
    on: { firefox: { release: 50 }, webkit: { release: 50 } },
  },
  {
    id: 'F09',
    fault: 'the browser is killed while a store is made',
    expected: 'the store opens as new and works',
    on: { chromium: { release: 100 } },
  },
];
