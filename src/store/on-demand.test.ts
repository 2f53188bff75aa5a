/** Operations whose code is loaded when they are asked for: their place in the queue, and what happens when loading fails. */
import { expect, test } from 'vitest';
import type { LoggedEntry } from '../format/entry.js';
import { CommitQueue, onDemand } from './commit.js';
import type { Operation } from './commit.js';
import type { WriteLog } from './write-log.js';

/** A queue over a log that only counts. `commits`: the entries of each transaction. */
function queueOf(): { queue: CommitQueue; commits: string[][] } {
  const commits: string[][] = [];
  const log = {
    durability: 'strict',
    append: async (entries: LoggedEntry[]) =>
      void commits.push(entries.map(({ entry }) => ('name' in entry ? entry.name : entry.op))),
  };
  return { queue: new CommitQueue(log as unknown as WriteLog), commits };
}

function creating(name: string): Operation<string> {
  return {
    name,
    sizeBytes: 0,
    resolve: () => ({ entry: { op: 'createTenant', name }, apply: () => name }),
  };
}

test('S3 an operation whose code is still being loaded keeps its place: what is before it goes on, what is after it waits', async () => {
  const { queue, commits } = queueOf();
  let loaded = (): void => {};
  const code = new Promise<void>((resolve) => (loaded = resolve));
  const seldom = onDemand('seldom', async () => {
    await code;
    return creating('seldom');
  });
  const first = queue.submit(creating('first'));
  const rest = Promise.all([queue.submit(seldom), queue.submit(creating('last'))]);
  await first;
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(commits).toEqual([['first']]);
  loaded();
  expect(await rest).toEqual(['seldom', 'last']);
  expect(commits).toEqual([['first'], ['seldom', 'last']]);
});

test('S3 where code cannot be loaded, that call alone is refused', async () => {
  const { queue, commits } = queueOf();
  const missing = onDemand<string>('seldom', () => Promise.reject(new TypeError('no such module')));
  const results = await Promise.allSettled([queue.submit(missing), queue.submit(creating('there'))]);
  expect(results).toMatchObject([
    { status: 'rejected', reason: { code: 'RUNTIME_INTERNAL', cause: { message: 'no such module' } } },
    { status: 'fulfilled', value: 'there' },
  ]);
  expect(queue.failure).toBeNull();
  expect(commits).toEqual([['there']]);
});
