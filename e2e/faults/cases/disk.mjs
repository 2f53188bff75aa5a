/**
 * F56 to F58: the disk itself is full, not a quota. The profile lies on a file system of its own, which something else fills up while
 * the store is written to, or before it is opened, and leaves again. Needs root and loop devices.
 */
import { join } from 'node:path';
import { pause } from '../browsers.mjs';
import { DiskImage } from '../disk-image.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, codeOf, messageOf, startSession } from '../session.mjs';
import { troubles, unsound } from '../soundness.mjs';
import { storyOf } from '../stored-files.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const COLLECTION = 'disk';
const STORAGE = 'indexeddb:disk';
const WRITERS = 4;
const MB = 1_000_000;
const SIZE = '300M';
/** Of one call, whatever becomes of it. */
const CALL_MS = 60_000;
/** What a call without room may end with: the browser says that there is none, that something failed, or closes the database. */
const TYPED = /^(STORAGE_(QUOTA|FAILED|LOST|BLOCKED|FENCED)|WORKER_DIED|OUTCOME_UNKNOWN)$/;

/** @param {RunResult} result @param {import('../judge.mjs').Verdict} verdict of one look; each counts */
function add(result, verdict) {
  for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
    result[key] += verdict[key];
}

/** @param {Tab} tab @param {number} stored @returns {Promise<number>} how many of the large texts are gone */
async function largeLost(tab, stored) {
  const there = await tab.call('on', { collection: 'large', method: 'count', argument: null });
  return Math.max(0, stored - there);
}

/**
 * @param {{ persistent: boolean }} options whether Chromium may not delete what the origin has
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
const diskFull = ({ persistent }) =>
  async function* (context) {
    for (const run of context.runs) {
      const seed = context.seedOf(run);
      const random = randomFrom(seed);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      const disk = new DiskImage(join(context.scratch, `disk-${process.pid}-${run}`), SIZE);
      const profile = join(disk.mount, 'profile');
      const book = new Book();
      book.open(Array.from({ length: WRITERS }, (_, i) => `d${i}`));
      /** @param {Tab} tab @param {number} [more] operations of each writer @returns {Promise<string[]>} what writers failed with */
      const write = async (tab, more = Infinity) => {
        const most = more + Math.max(...book.ledgers.map(({ acknowledged }) => acknowledged));
        const writers = book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged }));
        const outcomes = await tab.call('write', {
          collection: COLLECTION,
          writers,
          most,
          deadlineMs: CALL_MS,
        });
        return outcomes.flatMap((/** @type {{ failures: { code: string }[] }} */ { failures }) =>
          failures.map(({ code }) => code),
        );
      };
      /** @type {Record<string, number | string>} */
      const measures = {};
      try {
        const first = await startSession(context, {
          profile,
          persistent: persistent ? context.hub.origin : '',
        });
        const { tab } = first;
        book.follow(tab);
        await tab.call('open', { storage: STORAGE });
        await write(tab, 20);
        const giveBack = disk.fill((0.5 + random() ** 2 * 60) * MB);
        const [filled, failures] = await Promise.all([
          tab.call('fill', { collection: 'large', bytes: 100_000, count: 5_000, prefix: 'large' }),
          write(tab),
        ]);
        const codes = new Set([filled.code, ...failures]);
        for (const code of codes)
          if (!TYPED.test(code)) result.problems.push(`a call on the full disk ended with ${code}`);
        measures['full'] = [...codes]
          .map(String)
          .sort((a, b) => a.localeCompare(b))
          .join(' ');
        measures['reading'] = await codeOf(
          tab.call('dump', { collection: COLLECTION }).then(() => tab.call('diagnostics')),
        );
        giveBack();
        if (!persistent) {
          await first.browser.kill();
          await afterChromium(context, { profile, book, filled, result, measures });
          continue;
        }
        // The same page goes on, if need be with a store that is opened anew.
        let again = await codeOf(
          write(tab, 10).then((found) => (found.length > 0 ? Promise.reject({ code: found[0] }) : 0)),
        );
        measures['again'] = again;
        for (let tries = 0; again !== 'none' && tries < 10; tries++) {
          await pause(500);
          await tab.call('close').catch(() => {});
          again = await codeOf(
            tab
              .call('open', { storage: STORAGE })
              .then(() => write(tab, 10))
              .then((found) => (found.length > 0 ? Promise.reject({ code: found[0] }) : 0)),
          );
        }
        await first.browser.kill();
        if (again !== 'none')
          result.problems.push(`with room again, in the same browser: ${again}; ${storyOf(profile)}`);

        const second = await startSession(context, { profile });
        book.follow(second.tab);
        try {
          result.problems.push(...troubles(await second.tab.call('open', { storage: STORAGE })));
          add(result, await book.check(second.tab, COLLECTION));
          result.lost += await largeLost(second.tab, filled.stored);
          const late = await write(second.tab, 20);
          if (late.length > 0) result.problems.push(`after a new start a write ended with ${late[0]}`);
          add(result, await book.check(second.tab, COLLECTION));
          result.problems.push(...(await unsound(second.tab, COLLECTION)));
        } catch (error) {
          result.problems.push(`after a new start: ${messageOf(error)}`);
        }
        await second.browser.kill();
      } catch (error) {
        result.problems.push(messageOf(error));
      } finally {
        await disk.remove();
        result.acknowledged = book.acknowledgements;
        result.measures = measures;
        yield result;
      }
    }
  };

/**
 * On a full disk Chromium deletes everything of origins that have not been allowed to stay, the least used ones first. Either all is
 * there, or the loss is told, and the store begins anew only when that is asked for.
 * @param {Context} context
 * @param {{ profile: string, book: Book, filled: { stored: number }, result: RunResult, measures: Record<string, number | string> }} found
 */
async function afterChromium(context, { profile, book, filled, result, measures }) {
  const { browser, tab } = await startSession(context, { profile });
  try {
    const opening = await codeOf(tab.call('open', { storage: STORAGE }));
    measures['afterwards'] = opening === 'none' ? 'all there' : opening;
    if (opening === 'none') {
      add(result, await book.check(tab, COLLECTION));
      result.lost += await largeLost(tab, filled.stored);
      result.problems.push(...(await unsound(tab, COLLECTION)));
      return;
    }
    if (opening !== 'STORAGE_LOST') {
      result.problems.push(`after a new start opening ended with ${opening}`);
      return;
    }
    await tab.call('close').catch(() => {});
    const again = await codeOf(tab.call('open', { storage: STORAGE }));
    if (again !== 'STORAGE_LOST') result.problems.push(`opened once more, the loss is ${again}`);
    await tab.call('close').catch(() => {});
    const { damage } = await tab.call('open', { storage: STORAGE, ifLost: 'recreate' });
    if (damage[0]?.effect !== 'recreated')
      result.problems.push(`begun anew, the store says ${JSON.stringify(damage)}`);
    const { code } = await tab.call('fill', { collection: 'anew', bytes: 1_000, count: 10, prefix: 'x' });
    if (code !== null) result.problems.push(`begun anew, a write ended with ${code}`);
  } catch (error) {
    result.problems.push(`after a new start: ${messageOf(error)}`);
  } finally {
    await browser.kill();
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* openedFull(context) {
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const random = randomFrom(seed);
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const disk = new DiskImage(join(context.scratch, `disk-${process.pid}-${run}`), SIZE);
    const profile = join(disk.mount, 'profile');
    const book = new Book();
    book.open(Array.from({ length: WRITERS }, (_, i) => `d${i}`));
    const writers = () => book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged }));
    /** @param {(tab: Tab) => Promise<void>} work */
    const session = async (work) => {
      const { browser, tab } = await startSession(context, { profile });
      book.follow(tab);
      try {
        await work(tab);
      } finally {
        await browser.kill();
      }
    };
    try {
      let stored = 0;
      await session(async (tab) => {
        await tab.call('open', { storage: STORAGE });
        await tab.call('write', { collection: COLLECTION, writers: writers(), most: 30 });
        const count = Math.round(10 + random() * 150);
        ({ stored } = await tab.call('fill', { collection: 'large', bytes: 40_000, count, prefix: 'large' }));
      });
      // So much that the browser itself starts.
      const giveBack = disk.fill((1 + random() * 7) * MB);
      await session(async (tab) => {
        const opening = await codeOf(tab.call('open', { storage: STORAGE }));
        result.measures = { opening };
        if (opening === 'none') {
          // What it writes to take the store over may be what meets the end of the disk.
          const read = () => codeOf(book.check(tab, COLLECTION).then((verdict) => add(result, verdict)));
          const first = await read();
          await pause(2000);
          const reading = [first, await read()];
          result.measures['reading'] = reading.join(' ');
          const wrong = reading.find((code) => code !== 'none' && !TYPED.test(code));
          if (wrong) result.problems.push(`reading on the full disk ended with ${wrong}`);
        } else if (!TYPED.test(opening))
          result.problems.push(`opening on the full disk ended with ${opening}`);
      });
      giveBack();
      await session(async (tab) => {
        result.problems.push(...troubles(await tab.call('open', { storage: STORAGE })));
        add(result, await book.check(tab, COLLECTION));
        result.lost += await largeLost(tab, stored);
        await tab.call('write', { collection: COLLECTION, writers: writers(), most: 50 });
        add(result, await book.check(tab, COLLECTION));
        result.problems.push(...(await unsound(tab, COLLECTION)));
      });
    } catch (error) {
      result.problems.push(messageOf(error));
    } finally {
      await disk.remove();
    }
    result.acknowledged = book.acknowledgements;
    yield result;
  }
}

export const disks = {
  F56: diskFull({ persistent: true }),
  F57: openedFull,
  F58: diskFull({ persistent: false }),
};
