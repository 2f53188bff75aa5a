/**
 * F06, F08: the browser is killed at each step of checkpoints and of the compaction they bring. A worker that was prepared stops
 * at every step until the runner lets it go on, or does not.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { namedSegments } from '../stored.mjs';
import { troubles, unsound } from '../soundness.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const STORAGE = 'indexeddb:points';
const COLLECTION = 'points';
/** So many writes make a checkpoint due. */
const ENTRIES = 4_050;
/** They go round so many ids. */
const RECORDS = 300;
const DELETED = 200;

/** What a kill has left over goes when an owner opens, at the latest this long after. */
const TIDY_MS = 10_000;

/** @param {import('../hub.mjs').Tab} tab a store that is open and rests @returns {Promise<string[]>} keys of segments that neither manifest names */
async function leftOver(tab) {
  const end = Date.now() + TIDY_MS;
  for (;;) {
    // Segments first: what a checkpoint puts between the two readings is in neither.
    const segments = await tab.call('rawDump', { database: 'points', store: 'seg' });
    const named = namedSegments(await tab.call('rawDump', { database: 'points', store: 'manifest' }));
    const others = segments
      .map((/** @type {[string]} */ [key]) => key)
      .filter((/** @type {string} */ key) => !named.has(key));
    if (others.length === 0 || Date.now() > end) return others;
    await pause(200);
  }
}

/**
 * @param {(tab: import('../hub.mjs').Tab) => Promise<string[]>} prepare what is there before the checkpoint that is cut; gives ids of
 *   the collection `burst` that must be there ever after
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function killAtPoints(prepare) {
  return async function* (context) {
    for (const run of context.runs) {
      /** @type {RunResult} */
      const result = { run, seed: 0, acknowledged: 0, ...cleanVerdict(), problems: [] };
      const profile = newProfile(context);
      const { browser, tab } = await startSession(context, { profile, parameters: { build: 'hooked' } });
      const book = new Book();
      let point = '';
      /** Ids that were acknowledged, before the burst that is cut and in it. @type {string[]} */
      let kept = [];
      /** @type {Set<string>} */
      const stored = new Set();
      try {
        await tab.call('open', { storage: STORAGE });
        kept = await prepare(tab);
        book.follow(tab);
        const { onNote } = tab;
        tab.onNote = (note) => {
          onNote(note);
          if (note.stored) stored.add(note.stored);
        };
        book.open(['k0', 'k1']);
        await tab.call('write', {
          collection: COLLECTION,
          writers: [
            { name: 'k0', count: 0 },
            { name: 'k1', count: 0 },
          ],
          most: 15,
        });
        let steps = 0;
        let due = false;
        const killed = /** @type {Promise<void>} */ (
          new Promise((resolve) => {
            // Steps are counted from the first segment on: that is where the checkpoint begins. Run n dies at its step n.
            context.hub.points.onPoint = async (name) => {
              if (name.startsWith('put seg')) due = true;
              if (!due || steps++ !== run) return;
              point = name;
              await browser.kill();
              resolve();
            };
          })
        );
        const burst = tab.call('burst', {
          collection: 'burst',
          from: 0,
          count: ENTRIES,
          prefix: 'b',
          records: RECORDS,
        });
        burst.catch(() => {});
        await Promise.race([killed, burst.then(() => pause(5_000)).catch(() => {})]);
        context.hub.points.onPoint = () => {};
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await browser.kill();
      await tab.gone;
      result.acknowledged = book.acknowledgements + stored.size;
      // A checkpoint of fewer steps: run n had none left to die at.
      result.measures = { point: point.replace(/[\d.]{8,}/, '…') || 'after the last step' };
      const second = await startSession(context, { profile });
      try {
        const opened = await second.tab.call('open', { storage: STORAGE });
        result.problems.push(...troubles(opened).map((one) => `${point}: ${one}`));
        Object.assign(result, await book.check(second.tab, COLLECTION));
        const { rows } = await second.tab.call('dump', { collection: 'burst' });
        const wrong = rows.filter((/** @type {[string, number, boolean]} */ [, , right]) => !right);
        result.undetected += wrong.length;
        const there = new Set(rows.map((/** @type {[string]} */ [id]) => id));
        const missing = [...kept, ...stored].filter((id) => !there.has(id));
        result.lost += missing.length;
        if (missing.length > 0)
          result.problems.push(`${point}: ${missing.length} acknowledged rows are gone, ${missing[0]} first`);
        result.problems.push(...(await unsound(second.tab, COLLECTION)));
        result.measures['acknowledgedInBurst'] = stored.size;
        const found = await leftOver(second.tab);
        if (found.length > 0)
          result.problems.push(
            `${point}: ${found.length} segments that no manifest names, ${found[0]} first`,
          );
      } catch (error) {
        result.problems.push(`${point}: ${messageOf(error)}`);
      }
      await second.browser.kill();
      await dropProfile(profile);
      yield result;
    }
  };
}

export const points = {
  F06: killAtPoints(async () => []),
  // A second checkpoint, over segments of which most is gone: they are rewritten.
  F08: killAtPoints(async (tab) => {
    await tab.call('burst', { collection: 'burst', from: 0, count: ENTRIES, prefix: 'b', records: RECORDS });
    await pause(2_000);
    await tab.call('on', {
      collection: 'burst',
      method: 'delete',
      argument: { ids: Array.from({ length: DELETED }, (_, i) => `b/${i}`) },
    });
    return Array.from({ length: RECORDS - DELETED }, (_, i) => `b/${DELETED + i}`);
  }),
};
