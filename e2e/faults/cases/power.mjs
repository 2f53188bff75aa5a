/**
 * F04, F05: power cuts. The profile lies on an ext4 file system in a file; the browser is killed and the file system ended before
 * the page cache is written back, so the file holds what was flushed and nothing else. Then it is mounted again, which replays
 * the journal as after a cut, and a new browser reads it. Needs root and loop devices. It does not model a disk that lies.
 */
import { join } from 'node:path';
import { pause } from '../browsers.mjs';
import { DiskImage } from '../disk-image.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import {
  atTheKill,
  Book,
  comesToRest,
  messageOf,
  startSession,
  transactionBegins,
  WATCHED,
  writeLargeTexts,
} from '../session.mjs';
import { NO_MARK, troubles, unsound } from '../soundness.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const COLLECTION = 'power';
const WRITERS = 4;
/** Relaxed transactions are short: larger ones are still open at the cut. */
const LARGE_BYTES = { strict: 60_000, relaxed: 250_000 };
const SIZE = '400M';

/**
 * @param {(context: Context, tab: import('../hub.mjs').Tab, book: Book, random: () => number) => Promise<string[]>} work
 *   writes until the cut is due; gives what was wrong
 * @param {'strict' | 'relaxed'} [durability]
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function powerCut(work, durability = 'strict') {
  return async function* (context) {
    const storage = 'indexeddb:power';
    for (const run of context.runs) {
      const seed = context.seedOf(run);
      const random = randomFrom(seed);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      const disk = new DiskImage(join(context.scratch, `power-${process.pid}-${run}`), SIZE);
      const profile = join(disk.mount, 'profile');
      try {
        const first = await startSession(context, { profile, parameters: WATCHED });
        // The profile itself has been there for long; what is cut is the work.
        await pause(1000);
        disk.flush();
        const book = new Book();
        book.follow(first.tab);
        await first.tab.call('open', { storage, durability });
        result.problems.push(...(await comesToRest(context)));
        result.problems.push(...(await work(context, first.tab, book, random)));
        await first.browser.kill(() => transactionBegins(context));
        // At once: whatever the system writes back by itself makes the cut milder.
        disk.cut();
        book.onKill();
        result.acknowledged = book.acknowledgements;
        result.measures = { inTransaction: await atTheKill(context) };
        await disk.come();
        const second = await startSession(context, { profile });
        try {
          const opened = await second.tab.call('open', { storage });
          result.problems.push(...troubles(opened));
          Object.assign(result, await book.check(second.tab, COLLECTION));
          result.problems.push(...(await unsound(second.tab, COLLECTION)));
          // WebKit does not flush its list of an origin's caches, and opens none when that is empty: the store says so.
          if (context.engine === 'webkit') {
            const others = result.problems.filter((problem) => !problem.includes(NO_MARK));
            result.measures['markTold'] = others.length < result.problems.length ? 1 : 0;
            result.problems = others;
          }
        } catch (error) {
          result.problems.push(`after the cut: ${messageOf(error)}`);
        }
        await second.browser.kill();
      } finally {
        await disk.remove();
      }
      yield result;
    }
  };
}

/** Strict: everything acknowledged is there. */
const strict = powerCut(async (context, tab, book, random) => {
  const writers = book.open(Array.from({ length: WRITERS }, (_, i) => `p${i}`));
  writeLargeTexts(tab, { bytes: LARGE_BYTES.strict, prefix: 'large' });
  tab
    .call('write', { collection: COLLECTION, writers: writers.map(({ name }) => ({ name, count: 0 })) })
    .catch(() => {});
  if (!(await book.reaches(50, 60_000))) return ['too few acknowledgements in 60 s'];
  await pause(2000 + random() * 3000);
  return [];
});

/** Relaxed, with a flush now and then: what was flushed is there, and of the rest a beginning without gaps. */
const relaxed = powerCut(async (context, tab, book, random) => {
  const writers = book.open(Array.from({ length: WRITERS }, (_, i) => `p${i}`));
  writeLargeTexts(tab, { bytes: LARGE_BYTES.relaxed, prefix: 'large' });
  tab
    .call('write', { collection: COLLECTION, writers: writers.map(({ name }) => ({ name, count: 0 })) })
    .catch(() => {});
  const end = performance.now() + 2000 + random() * 3000;
  let flushed = writers.map(() => 0);
  while (performance.now() < end || flushed.some((count) => count === 0)) {
    if (performance.now() > end + 60_000) return ['no flush in 60 s'];
    const before = writers.map(({ acknowledged }) => acknowledged);
    await tab.call('client', { method: 'flush', argument: null });
    flushed = before;
    await pause(300 + random() * 500);
  }
  // Only what was flushed counts as acknowledged; all later operations may be there, in order.
  book.onKill = () => {
    writers.forEach((ledger, i) => {
      ledger.inFlight += ledger.acknowledged - (flushed[i] ?? 0);
      ledger.acknowledged = flushed[i] ?? 0;
    });
    book.acknowledgements = flushed.reduce((a, b) => a + b, 0);
  };
  return [];
}, 'relaxed');

export const power = { F04: strict, F05: relaxed };
