/**
 * F06, F08: the browser is killed at each step of checkpoints and of the compaction they bring. A worker that was prepared stops
 * at every step until the runner lets it go on, or does not.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const STORAGE = 'indexeddb:points';
const COLLECTION = 'points';
/** So many writes make a checkpoint due. */
const ENTRIES = 4_050;

/**
 * @param {(tab: import('../hub.mjs').Tab) => Promise<void>} prepare what is there before the checkpoint that is cut
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
      try {
        await tab.call('open', { storage: STORAGE });
        await prepare(tab);
        book.follow(tab);
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
          records: 300,
        });
        burst.catch(() => {});
        await Promise.race([killed, burst.then(() => pause(5_000)).catch(() => {})]);
        context.hub.points.onPoint = () => {};
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await browser.kill();
      result.acknowledged = book.acknowledgements;
      // A checkpoint of fewer steps: run n had none left to die at.
      result.measures = { point: point.replace(/[\d.]{8,}/, '…') || 'after the last step' };
      const second = await startSession(context, { profile });
      try {
        const { warnings } = await second.tab.call('open', { storage: STORAGE });
        if (warnings.length > 0) result.problems.push(`${point}: ${warnings[0]}`);
        Object.assign(result, await book.check(second.tab, COLLECTION));
        const { rows } = await second.tab.call('dump', { collection: 'burst' });
        const wrong = rows.filter((/** @type {[string, number, boolean]} */ [, , right]) => !right);
        result.undetected += wrong.length;
        // What the kill has left over is gone once an owner has looked.
        const keys = async () =>
          new Set(
            (await second.tab.call('rawDump', { database: 'points', store: 'seg' })).map(
              (/** @type {[string]} */ [key]) => key,
            ),
          );
        const before = await keys();
        await second.tab.call('close');
        await second.tab.call('open', { storage: STORAGE });
        for (const key of await keys()) before.delete(key);
        result.measures['orphans'] = before.size;
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
  F06: killAtPoints(async () => {}),
  // A second checkpoint, over segments of which most is gone: they are rewritten.
  F08: killAtPoints(async (tab) => {
    await tab.call('burst', { collection: 'burst', from: 0, count: ENTRIES, prefix: 'b', records: 300 });
    await pause(2_000);
    await tab.call('on', {
      collection: 'burst',
      method: 'delete',
      argument: { ids: Array.from({ length: 200 }, (_, i) => `b/${i}`) },
    });
  }),
};
