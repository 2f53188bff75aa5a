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
  {
    id: 'F13',
    fault: 'two tabs write at once, leading workers are ended',
    expected: 'every write happens once; no call fails',
    on: { chromium: { push: 1, release: 20 }, firefox: { release: 5 } },
  },
  {
    id: 'F14',
    fault: 'eight tabs write at once, leading workers are ended',
    expected: 'as F13',
    on: { chromium: { release: 10 } },
  },
  {
    id: 'F15',
    fault: "the leader's tab is closed while calls of others are under way",
    expected: 'every call of the others ends well and happens once',
    on: { chromium: { push: 10, release: 100 }, firefox: { release: 20 } },
  },
  {
    id: 'F16',
    fault: "the leader's renderer crashes",
    expected: 'as F15',
    on: { chromium: { release: 20 } },
  },
  {
    id: 'F17',
    fault: "the leader's worker is terminated",
    expected: "as F15, the leader's own calls included",
    on: { chromium: { push: 5, release: 100 }, firefox: { release: 20 }, webkit: { release: 20 } },
  },
  {
    id: 'F18',
    fault: "the leader's tab is frozen, and thaws later",
    expected: 'another leads after a few seconds; what thaws writes nothing stale and goes on as a follower',
    on: { chromium: { release: 20 } },
  },
  {
    id: 'F19',
    fault: "the leader's worker is in an endless loop",
    expected: 'another leads after a few seconds; every call of the others ends well and happens once',
    on: { chromium: { release: 20 } },
  },
  {
    id: 'F26',
    fault: "bytes of the browser's files change, are cut off or vanish while it is closed",
    expected: 'the damage is told or does no harm; never a wrong byte, never a silently empty store',
    on: { chromium: { push: 50, release: 1000 }, 'chromium-sqlite': { release: 200 } },
  },
  {
    id: 'F27',
    fault: 'bytes of a segment of vectors, ids, documents or metadata change',
    expected: 'the other generation, the rest of the store, or a typed error; never a wrong byte',
    on: { node: { push: 600, release: 2000 }, chromium: { release: 100 } },
  },
  {
    id: 'F28',
    fault: 'such a segment is cut, missing, too long, or changes places with another',
    expected: 'as F27',
    on: { node: { push: 500, release: 2000 }, chromium: { release: 100 } },
  },
  {
    id: 'F29',
    fault: 'a manifest or the head is damaged',
    expected: 'the other manifest, or a typed error',
    on: { node: { push: 300, release: 1000 }, chromium: { release: 100 } },
  },
  {
    id: 'F30',
    fault: 'a log row is damaged, at the end or in the middle',
    expected: 'the end is dropped and told, or a typed error; never a hole',
    on: { node: { push: 400, release: 2000 }, chromium: { release: 100 } },
  },
  {
    id: 'F31',
    fault: 'an index segment is damaged',
    expected: 'the index is made again; no wrong id',
    on: { node: { push: 200, release: 2000 }, chromium: { release: 100 } },
  },
];
