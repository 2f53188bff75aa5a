/**
 * F07: the frozen stores of every format there ever was, put into IndexedDB byte for byte, are opened and taken over by this version in
 * a worker that stops at each step; the browser is killed at step n. The next opening finds everything of the old store, and the
 * one after that, when the take-over is through, does too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { ROOT } from '../../../tools/run.mjs';
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { at } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { troubles } from '../soundness.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */
/** @typedef {[id: string, embedding: number[], document: string | null, metadata: Record<string, unknown> | null, uri: string | null]} Row */

const DATABASE = 'old';
const STORAGE = `indexeddb:${DATABASE}`;
/** So many writes make a checkpoint due, which writes everything in the format of today. */
const ENTRIES = 4_050;
const RECORDS = 50;
const CHECKPOINT_MS = 20_000;

/** What `renamed` holds in each of them. @type {Row[]} */
const RENAMED = [
  ['a', [1, 0.5], 'first document', { n: 1, added: 'x' }, 'https://example.org/a'],
  ['😀', [2, 2], 'changed', null, null],
  ['c', [0.125, 1], '', null, 'c'],
  ['e', [7, 8], 'm'.repeat(60_000), null, null],
];

/** What `indexed` holds. @param {boolean} since4 a change more @returns {Row[]} */
const indexed = (since4) =>
  Array.from({ length: 44 }, (_, i) => i)
    .filter((i) => i !== 3)
    .map((i) => [
      `r${i}`,
      i === 9 ? [20, 20] : i === 5 && since4 ? [21, 20] : [i % 7, Math.floor(i / 7) + (i % 7) / 8],
      i === 9 ? 'changed words' : i < 4 ? `document ${i} ${'of many words '.repeat(20_000)}` : `short ${i}`,
      null,
      null,
    ]);

const PLAIN = { renamed: RENAMED, empty: [] };
const FORKED = { ...PLAIN, copy: RENAMED };

/** @type {{ name: string, layout: number, holds: Record<string, Row[]> }[]} */
const OLD = [
  { name: 'store-v1', layout: 1, holds: PLAIN },
  { name: 'store-v1-namespaces', layout: 1, holds: FORKED },
  { name: 'store-v2', layout: 2, holds: FORKED },
  { name: 'store-v3', layout: 2, holds: FORKED },
  { name: 'store-v3-indexes', layout: 2, holds: { indexed: indexed(false) } },
  { name: 'store-v4', layout: 2, holds: FORKED },
  { name: 'store-v4-indexes', layout: 2, holds: { indexed: indexed(true) } },
];

/** @param {Tab} tab @param {{ name: string, layout: number }} old */
async function putOld(tab, { name, layout }) {
  const { deflated, ...frozen } = JSON.parse(
    readFileSync(join(ROOT, 'src', 'format', 'fixtures', `${name}.json`), 'utf8'),
  );
  const rows = Object.fromEntries(
    Object.entries(frozen).map(([store, list]) => [
      store,
      list.map((/** @type {[string | number, string]} */ [key, base64]) => [
        key,
        deflated ? inflateSync(Buffer.from(base64, 'base64')).toString('base64') : base64,
      ]),
    ]),
  );
  const stores = layout === 1 ? ['meta', 'log'] : ['meta', 'log', 'manifest', 'seg'];
  await tab.call('rawCreate', {
    database: DATABASE,
    version: layout,
    stores,
    rows,
    hold: false,
    polite: true,
  });
}

/** @param {Tab} tab @param {Record<string, Row[]>} holds @param {RunResult} result @param {string} when */
async function expectAll(tab, holds, result, when) {
  /** @type {Record<string, Row[]>} */
  const found = await tab.call('everything', { collections: Object.keys(holds) });
  for (const [collection, wanted] of Object.entries(holds)) {
    const there = new Map((found[collection] ?? []).map((row) => [row[0], JSON.stringify(row)]));
    for (const row of wanted) {
      const text = there.get(row[0]);
      if (text === undefined) result.lost++;
      else if (text !== JSON.stringify(row)) result.undetected++;
      if (text !== JSON.stringify(row)) result.problems.push(`${when}: ${collection} ${row[0]}`);
    }
    const more = there.size - wanted.length;
    if (more > 0) {
      result.duplicated += more;
      result.problems.push(`${when}: ${collection} has ${more} records too many`);
    }
  }
}

/** @param {Tab} tab @returns {Promise<string>} the generations that are stored, as names of segments */
const segmentsOf = async (tab) =>
  (await tab.call('rawDump', { database: DATABASE, store: 'seg' }))
    .map((/** @type {[string]} */ [key]) => key)
    .join();

/**
 * Opens the old store and makes a checkpoint due, and waits for it.
 * @param {Tab} tab @param {() => void} opened
 */
async function takeOver(tab, opened) {
  await tab.call('open', { storage: STORAGE });
  opened();
  const before = await segmentsOf(tab);
  await tab.call('burst', {
    collection: 'burst',
    from: 0,
    count: ENTRIES,
    prefix: 'b',
    records: RECORDS,
  });
  const end = Date.now() + CHECKPOINT_MS;
  while ((await segmentsOf(tab)) === before) {
    if (Date.now() > end) throw new Error('no checkpoint was written');
    await pause(50);
  }
  await pause(300);
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* migrationKilled(context) {
  context.hub.settings['quiet'] = false;
  for (const run of context.runs) {
    const old = at(OLD, run % OLD.length);
    const step = Math.floor(run / OLD.length);
    const records = Object.values(old.holds).flat().length;
    /** @type {RunResult} */
    const result = { run, seed: 0, acknowledged: records, ...cleanVerdict(), problems: [] };
    const profile = newProfile(context);
    let point = 'after the last step';
    try {
      const { browser, tab } = await startSession(context, { profile, parameters: { build: 'hooked' } });
      await putOld(tab, old);
      let steps = 0;
      // Of the opening, and of the checkpoint from its first segment on; what the writes between do is F01's.
      let counted = true;
      let writing = false;
      /** Transactions of the writes between: those put the head, which a checkpoint does not. */
      let written = 0;
      const killed = /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          context.hub.points.onPoint = async (name) => {
            if (name.startsWith('put seg')) counted = true;
            if (writing && name === 'put meta head') {
              written++;
              return;
            }
            if (written > 0 && name === 'complete') {
              written--;
              return;
            }
            if (!counted || steps++ !== step) return;
            point = name.replace(/[\d.]{8,}/, '…');
            await browser.kill();
            resolve();
          };
        })
      );
      const over = takeOver(tab, () => {
        counted = false;
        writing = true;
      });
      // The kill ends it too.
      const ended = over.catch((error) => {
        if (point === 'after the last step') throw error;
      });
      await Promise.race([killed, ended]);
      context.hub.points.onPoint = () => {};
      await browser.kill();
      await tab.gone;
      result.measures = { point: `${old.name} ${point}` };
      const last = run >= context.runs.length - OLD.length;
      if (context.level === 'release' && last && point !== 'after the last step')
        result.problems.push(`${old.name} has more steps than ${step}: not every one was a kill's`);
      for (const when of ['opened again', 'opened after the take-over']) {
        const next = await startSession(context, { profile });
        try {
          const found = await next.tab.call('open', { storage: STORAGE });
          result.problems.push(...troubles(found).map((one) => `${old.name}, ${point}, ${when}: ${one}`));
          await expectAll(next.tab, old.holds, result, `${old.name}, ${point}, ${when}`);
          if (when === 'opened again' && step % 6 === 0) await takeOver(next.tab, () => {});
          result.problems.push(...(await next.tab.call('faults')));
        } finally {
          await next.browser.kill();
        }
        if (result.problems.length > 0) break;
        // What the take-over is through with is opened once more in a few of the runs: it costs a browser.
        if (when === 'opened again' && step % 6 !== 0) break;
      }
    } catch (error) {
      result.problems.push(`${old.name}, ${point}: ${messageOf(error)}`);
    }
    await dropProfile(profile);
    yield result;
  }
}

export const migration = { F07: migrationKilled };
