/** Leftovers of imports go when their import is over, and not before. */
import { expect, test } from 'vitest';
import { IMPORT_LOCK } from '../rpc/feed.js';
import { ImportSweeper } from './import-sweeper.js';

/** Locks as far as they are used here: one holder each, the next one in line when it lets go. */
function fakeLocks(): { locks: LockManager; hold: (name: string) => () => void } {
  const held = new Map<string, (() => void)[]>();
  const letGo = (name: string): void => {
    const next = held.get(name)?.shift();
    if (next) next();
    else held.delete(name);
  };
  const locks = {
    request: (name: string, run: () => unknown) =>
      new Promise((resolve) => {
        const start = (): void => {
          resolve(run());
          letGo(name);
        };
        const line = held.get(name);
        if (line) line.push(start);
        else start();
      }),
    query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
  };
  const hold = (name: string): (() => void) => {
    held.set(name, []);
    return () => letGo(name);
  };
  return { locks: locks as unknown as LockManager, hold };
}

test('S21 opening spares imports that go on, and sweeps again when one of them has ended', async () => {
  const { locks, hold } = fakeLocks();
  const end = hold(`${IMPORT_LOCK}one`);
  hold('something else');
  const sweeps: string[][] = [];
  const store = { sweepStaged: async (running: ReadonlySet<string>) => sweeps.push([...running]) };
  const sweeper = new ImportSweeper(store, { locks });
  await sweeper.sweep();
  expect(sweeps).toEqual([['one']]);
  end();
  await expect.poll(() => sweeps).toEqual([['one'], []]);
});

test('S21 an import that begins later is watched from its first collection on', async () => {
  const { locks, hold } = fakeLocks();
  const sweeps: string[][] = [];
  const store = { sweepStaged: async (running: ReadonlySet<string>) => sweeps.push([...running]) };
  const sweeper = new ImportSweeper(store, { locks });
  const end = hold(`${IMPORT_LOCK}two`);
  sweeper.note('$import:two:0');
  sweeper.note('$import:two:1');
  sweeper.note('notes');
  await Promise.resolve();
  expect(sweeps).toEqual([]);
  end();
  await expect.poll(() => sweeps).toEqual([[]]);
});

test('S21 without Web Locks the imports that a page names are spared, and such as begin while it is asked', async () => {
  const sweeps: string[][] = [];
  const store = { sweepStaged: async (running: ReadonlySet<string>) => sweeps.push([...running]) };
  const sweeper = new ImportSweeper(store, {
    locks: null,
    async ask(heard) {
      heard('one');
      sweeper.note('$import:late:0');
      return true;
    },
  });
  await sweeper.sweep();
  expect(sweeps).toEqual([['one', 'late']]);
});

test('S21 without Web Locks nothing is deleted where nobody can be asked, or the store closes meanwhile', async () => {
  const sweeps: string[][] = [];
  const store = { sweepStaged: async (running: ReadonlySet<string>) => sweeps.push([...running]) };
  await new ImportSweeper(store, { locks: null, ask: async () => false }).sweep();
  const closing = new ImportSweeper(store, { locks: null });
  const sweeping = closing.sweep();
  closing.close();
  await sweeping;
  expect(sweeps).toEqual([]);
});

test('S21 a sweep that fails is not told', async () => {
  const store = { sweepStaged: () => Promise.reject(new Error('closed')) };
  await new ImportSweeper(store, { locks: null, ask: async () => true }).sweep();
});

test('S21 an import that begins while a sweep asks which go on is spared by it', async () => {
  const { locks, hold } = fakeLocks();
  const sweeps: string[][] = [];
  const store = { sweepStaged: async (running: ReadonlySet<string>) => sweeps.push([...running]) };
  const sweeper = new ImportSweeper(store, { locks });
  const sweeping = sweeper.sweep();
  // The answer is on its way and does not know of it.
  hold(`${IMPORT_LOCK}late`);
  sweeper.note('$import:late:0');
  await sweeping;
  expect(sweeps).toEqual([['late']]);
});
