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
    id: 'F04',
    fault: 'the power is cut in the middle of strict writes (simulated: what was not flushed is gone)',
    expected: 'every acknowledged write is there, whole',
    on: {
      chromium: { release: 30 },
      'chromium-sqlite': { release: 30 },
      firefox: { release: 10 },
      webkit: { release: 10 },
    },
  },
  {
    id: 'F05',
    fault: 'the power is cut in the middle of relaxed writes with flushes between',
    expected: 'everything flushed is there; of the rest a beginning without gaps, each call whole',
    on: {
      chromium: { release: 10 },
      'chromium-sqlite': { release: 10 },
      firefox: { release: 10 },
      webkit: { release: 10 },
    },
  },
  {
    id: 'F06',
    fault: 'the browser is killed at step n of a checkpoint, for every n',
    expected: 'the old generation or the new one, everything acknowledged',
    on: { chromium: { release: 24 } },
  },
  {
    id: 'F07',
    fault: 'the browser is killed at step n of taking over a store of each former format, for every n',
    expected: 'everything of that store is there, whole, and the next opening takes it over',
    on: { chromium: { release: 280 } },
  },
  {
    id: 'F08',
    fault: 'the browser is killed at step n of a checkpoint that rewrites segments, for every n',
    expected: 'as F06; nothing is left over',
    on: { chromium: { release: 24 } },
  },
  {
    id: 'F09',
    fault: 'the browser is killed while a store is made',
    expected: 'the store opens as new and works',
    on: { chromium: { release: 100 } },
  },
  {
    id: 'F10',
    fault: 'the quota is exceeded by a write',
    expected:
      'STORAGE_QUOTA; memory and storage unchanged; reads and deletes go on; with room again writes do too',
    on: { chromium: { push: 3, release: 100 }, firefox: { release: 20 } },
  },
  {
    id: 'F11',
    fault: 'the quota is exceeded by a checkpoint, and raised later',
    expected: 'nothing is lost, writes go on; the checkpoint succeeds when there is room',
    on: { chromium: { release: 20 } },
  },
  {
    id: 'F12',
    fault: 'there is no room at the first opening',
    expected: 'STORAGE_QUOTA in time; with room it opens',
    on: { chromium: { push: 1, release: 10 } },
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
    on: { chromium: { push: 5, release: 100 }, firefox: { release: 20 }, webkit: { release: 100 } },
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
    id: 'F20',
    fault:
      'a tab is frozen inside a transaction, of a page beside the package or of the one that owns the store',
    expected: 'calls wait for a bounded time and end with a typed error; when it thaws or goes they succeed',
    on: { chromium: { release: 10 } },
  },
  {
    id: 'F21',
    fault: 'all tabs are closed in the middle of writes, or the browser is ended as a user ends it',
    expected: 'every write acknowledged is there, each call whole',
    on: { chromium: { push: 4, release: 100 } },
  },
  {
    id: 'F22',
    fault: 'a build of an older version is open and in use in other tabs, and one of a later version comes',
    expected:
      'the older one lets go and the later one opens in a second, with everything in it; one that does not let go is STORAGE_BLOCKED',
    on: { chromium: { push: 2, release: 20 }, firefox: { release: 20 } },
  },
  {
    id: 'F23',
    fault: 'the store is of a newer layout or format',
    expected: 'FORMAT_TOO_NEW, not a byte changed',
    on: { chromium: { push: 2, release: 10 }, firefox: { release: 4 }, webkit: { release: 4 } },
  },
  {
    id: 'F24',
    fault: 'the database is deleted under an open page, by script or by the browser',
    expected: 'STORAGE_LOST for every later call and at the next opening; `ifLost: "recreate"` begins anew',
    on: { chromium: { release: 20 } },
  },
  {
    id: 'F25',
    fault: 'the connection is closed by force in the middle of writes',
    expected: 'it is opened again, and calls under way run again there: all succeed, each once',
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
    on: { node: { push: 650, release: 2000 }, chromium: { release: 100 } },
  },
  {
    id: 'F28',
    fault: 'such a segment is cut, missing, too long, or changes places with another',
    expected: 'as F27',
    on: { node: { push: 550, release: 2000 }, chromium: { release: 100 } },
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
    on: { node: { push: 100, release: 2000 }, chromium: { release: 100 } },
  },
  {
    id: 'F32',
    fault: 'a snapshot is changed by chance, or forged with checksums that fit',
    expected:
      'refused with a typed error, or what is imported is what the bytes say; no trap, 2 s and 64 MB at most (128 MB of a page for 25), nothing left of a refused one',
    on: { node: { push: 2000, release: 10_000 }, chromium: { push: 300, release: 10_000 } },
  },
  {
    id: 'F33',
    fault: 'small snapshots that unpack to a gigabyte, or claim lengths and counts of gigabytes',
    expected:
      'refused with a typed error; what unpacks is stopped at 16 MiB and 256 times its size; room for what has come only',
    on: { node: { push: 1, release: 3 }, chromium: { release: 3 } },
  },
  {
    id: 'F34',
    fault:
      'the script of the worker is missing, of a wrong type, or throws; a running one throws, traps, or ends itself',
    expected:
      'every call under way ends in a second, of a worker that WebKitGTK lets end itself in 30; what was acknowledged is there; the same client works when the cause is gone',
    on: { chromium: { push: 8, release: 160 }, firefox: { release: 160 }, webkit: { release: 140 } },
  },
  {
    id: 'F35',
    fault: 'the n-th piece of memory is refused, once or from then on, for every n',
    expected:
      'a typed error; what was stored is there, each call whole, the store opened anew where needed; success with memory again',
    on: { node: { push: 2, release: 200 }, chromium: { release: 200 } },
  },
  {
    id: 'F36',
    fault: 'an import is aborted while its texts are embedded',
    expected:
      'ABORTED with the reason and the counts; nothing of that chunk is stored; the rest follows later',
    on: { chromium: { push: 5, release: 200 } },
  },
  {
    id: 'F37',
    fault:
      'the model cannot be fetched, is cut off, stands still, is another file, or unpacks without an end',
    expected:
      'a typed error, nothing stored, no bad file kept, a damaged one dropped; works with the network again',
    on: { chromium: { push: 11, release: 22 } },
  },
  {
    id: 'F38',
    fault: 'vectors that are no vectors: NaN, infinite, wrong dimensions, holes, zero',
    expected: 'a typed error before anything is stored',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F39',
    fault: 'counts that are no counts: 0, negative, broken, huge',
    expected: 'a typed error, or as documented',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F40',
    fault: 'random histories against a model',
    expected: 'equal at every step',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F41',
    fault: 'documents of one and of a hundred megabytes',
    expected: 'stored, or a typed limit',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F42',
    fault: 'very many ids in one call',
    expected: 'whole or refused; in 30 s and 512 MB of a page at most',
    on: { node: { push: 1, release: 1 }, chromium: { release: 5 }, firefox: { release: 2 } },
  },
  {
    id: 'F43',
    fault: 'ids of every kind: emoji, surrogates, empty, NUL, `__proto__`',
    expected: 'exact or a typed refusal; no two become one',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F44',
    fault: 'hostile metadata: `__proto__`, deep, cyclic, functions',
    expected: 'a typed error, no prototype touched',
    on: { node: { push: 1, release: 1 } },
  },
  {
    id: 'F45',
    fault: 'hostile filters and regular expressions',
    expected: 'an answer in linear time, or a typed error, in 1 s; other calls are answered meanwhile',
    on: { node: { push: 1, release: 1 }, chromium: { release: 5 }, firefox: { release: 2 } },
  },
  {
    id: 'F46',
    fault: 'the browser drops IndexedDB, or everything of the origin, between two visits',
    expected: 'STORAGE_LOST in the first case, a new store in the second',
    on: { chromium: { release: 20 }, firefox: { release: 10 } },
  },
  {
    id: 'F47',
    fault: 'an origin without storage (a sandboxed frame)',
    expected: 'a typed error, never a silent store in memory',
    on: { chromium: { release: 5 }, firefox: { release: 2 } },
  },
  {
    id: 'F48',
    fault: 'a page whose policy allows nothing by default, with Trusted Types',
    expected: 'all works, nothing violates the policy',
    on: { chromium: { push: 1, release: 1 } },
  },
  {
    id: 'F49',
    fault:
      "an extension's service worker is stopped while it has records written, or its offscreen document is closed in mid-write",
    expected:
      'every acknowledged write is there; the worker that wakes sends the rest again, and the new document goes on',
    on: { chromium: { push: 2, release: 50 } },
  },
  {
    id: 'F50',
    fault: 'clocks of tabs and workers jump by hours, tabs are hidden, timers slowed down',
    expected:
      'the leader stays the leader; one that hangs is replaced all the same; every write happens once',
    on: { chromium: { push: 1, release: 20 } },
  },
  {
    id: 'F51',
    fault: 'the same data is exported in one engine, imported in the others, and exported there again',
    expected: 'the same bytes and the same nearest records, between all engines',
    on: {
      node: { release: 2 },
      chromium: { release: 2 },
      firefox: { release: 2 },
      webkit: { release: 2 },
    },
  },
  {
    id: 'F52',
    fault:
      'a minute of mixed load from several tabs, with kills, closed leaders and deleted databases by chance',
    expected: 'everything that is read, at any moment and in the end, follows from what was acknowledged',
    on: { chromium: { push: 1, release: 5 } },
  },
  {
    id: 'F53',
    fault: 'one store is opened by every build of the core, one after the other',
    expected:
      'each reads what the others wrote and finds the same; the graph is reused or made anew; no damage',
    on: { chromium: { release: 5 }, firefox: { release: 2 }, webkit: { release: 2 } },
  },
  {
    id: 'F54',
    fault: "a kill leaves the log of Chromium's LevelDB torn, and a second one follows",
    expected: 'nothing is lost, where a database that nobody looks after is gone',
    on: { chromium: { push: 1, release: 20 } },
  },
  {
    id: 'F55',
    fault: 'a stored value is damaged while the store is open and unused',
    expected: 'told within the rounds of the scrub, written anew from memory; whole when it is opened again',
    on: { node: { push: 50, release: 1000 } },
  },
  {
    id: 'F56',
    fault: 'the disk itself is full while a store that persists is written to, and has room again later',
    expected:
      'a typed error in time; nothing acknowledged is lost; writes go on when there is room, in the same browser and in a new one',
    on: { chromium: { release: 20 }, firefox: { release: 10 }, webkit: { release: 10 } },
  },
  {
    id: 'F57',
    fault: 'the disk itself is full when a store is opened',
    expected: 'it opens and is read, or STORAGE_QUOTA; nothing is lost; with room again all is as before',
    on: {
      chromium: { release: 20 },
      'chromium-sqlite': { release: 20 },
      firefox: { release: 10 },
      webkit: { release: 10 },
    },
  },
  {
    id: 'F58',
    fault: 'as F56, of a store that Chromium may delete to make room',
    expected: 'a typed error in time; all is there, or STORAGE_LOST until a new store is asked for',
    on: { chromium: { release: 20 }, 'chromium-sqlite': { release: 20 } },
  },
];
