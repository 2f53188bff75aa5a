/** Random work while random commits fail, owners are overtaken and the power goes: each call takes effect once, and what was durable stays. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChromaError, kindexError } from '../base/errors.js';
import type { ErrorCode } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import { HEAD_KEY } from '../format/head.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, contents, create } from './fixtures/records.js';
import { Store } from './store.js';

type Durability = 'strict' | 'relaxed';
type Change =
  | { kind: 'add' | 'upsert'; ids: string[]; n: number; durability: Durability }
  | { kind: 'delete'; ids: string[]; durability: Durability }
  | { kind: 'deleteWhere'; atLeast: number; durability: Durability };
type Command =
  | { kind: 'changes'; changes: Change[] }
  | { kind: 'flush' | 'reopen' | 'overtake' }
  | { kind: 'checkpoint'; waits: boolean }
  | { kind: 'fault'; ahead: number; code: ErrorCode; stored: boolean }
  | { kind: 'powerCut'; which: number };

const durability = fc.constantFrom<Durability>('strict', 'relaxed', 'relaxed');
const ids = fc.uniqueArray(
  fc.nat(7).map((n) => `r${n}`),
  { minLength: 1, maxLength: 3 },
);
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('add' as const, 'upsert' as const),
      ids,
      n: fc.nat(9),
      durability,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), ids, durability }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deleteWhere' as const), atLeast: fc.nat(9), durability }),
  },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('changes' as const),
      changes: fc.array(change, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'reopen' as const, 'overtake' as const) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), waits: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        kind: fc.constant('fault' as const),
        ahead: fc.integer({ min: 1, max: 4 }),
        code: fc.constantFrom<ErrorCode>('STORAGE_FAILED', 'STORAGE_QUOTA'),
        stored: fc.boolean(),
      })
      // A browser that says that there was no room has stored nothing.
      .map((fault) => ({ ...fault, stored: fault.stored && fault.code !== 'STORAGE_QUOTA' })),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('powerCut' as const), which: fc.nat(20) }) },
);

/** Stored bytes, and what a power cut may leave of them: any state since the last strict commit. */
class Disk {
  data: MemoryData = createMemoryData();
  #states: MemoryData[] = [copyData(this.data)];
  #fault: { left: number; code: ErrorCode; stored: boolean } | null = null;
  failed = 0;

  failLater(left: number, code: ErrorCode, stored: boolean): void {
    this.#fault = { left, code, stored };
  }

  cut(which: number): void {
    this.data = copyData(this.#states[which % this.#states.length]!);
    this.#states = [copyData(this.data)];
  }

  open(): StorageBackend {
    const { data } = this;
    const inner = createMemoryStorage({ data });
    return {
      ...inner,
      commit: async (batch, options) => {
        const fault = this.#fault;
        const fails = fault !== null && (fault.left -= 1) === 0;
        if (fails) {
          this.#fault = null;
          this.failed += 1;
        }
        if (!fails || fault.stored) {
          await inner.commit(batch, options);
          // What a dead page still wrote before the cut is in none of the states after it.
          if (data === this.data) {
            if (options.durability === 'strict') this.#states = [];
            this.#states.push(copyData(data));
          }
        }
        if (fails) throw kindexError(fault.code, 'This commit was made to fail.');
      },
    };
  }
}

type Records = Map<string, number>;

function applied(before: Records, each: Change): Records {
  const after = new Map(before);
  if (each.kind === 'deleteWhere') {
    for (const [id, n] of before) if (n >= each.atLeast) after.delete(id);
    return after;
  }
  for (const id of each.ids) {
    if (each.kind === 'delete') after.delete(id);
    else if (each.kind === 'upsert' || !after.has(id)) after.set(id, each.n);
  }
  return after;
}

interface Tally {
  failed: number;
  resent: number;
  cuts: number;
  undone: number;
}

async function run(commands: Command[], tally: Tally): Promise<void> {
  const core = createScalarCore();
  const disk = new Disk();
  const open = async (): Promise<Store> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await Store.open({ backend: disk.open(), core, segmentBytes: 300, reserveBytes: 64 });
      } catch (error) {
        if (!(error instanceof ChromaError) || !error.code.startsWith('STORAGE_') || attempt > 4) throw error;
      }
    }
  };
  let store = await open();
  const { id: collectionId } = await create(store);
  /** Every state that calls have left, in their order; the first is durable, and so is all before it. */
  let history: Records[] = [new Map()];
  const noteDurable = (at: Records): void => void (history = history.slice(history.indexOf(at)));
  const found = async (): Promise<Records> =>
    new Map((await contents(store, collectionId)).map(({ id, metadata }) => [id, metadata!['n'] as number]));
  const entries = (records: Records): [string, number][] => [...records];
  let requests = 0;

  const send = (at: Store, each: Change, request: RequestId): Promise<unknown> => {
    if (each.kind === 'deleteWhere')
      return at.delete(
        { collectionId, where: { n: { $gte: each.atLeast } }, durability: each.durability },
        request,
      );
    if (each.kind === 'delete')
      return at.delete({ collectionId, ids: each.ids, durability: each.durability }, request);
    const batch = batchOf(
      ...each.ids.map((id) => ({ id, vector: [each.n, 1], metadata: { n: each.n }, document: `d${each.n}` })),
    );
    return at.write({ collectionId, mode: each.kind, batch, durability: each.durability }, request);
  };
  /** Until it is answered, as a page does: each call is known by its request. */
  const insist = async (each: Change): Promise<void> => {
    const request = { client: 'page', n: (requests += 1), answered: 0 };
    for (let attempt = 0; ; attempt++) {
      const at = store;
      try {
        await send(at, each, request);
        return;
      } catch (error) {
        if (!(error instanceof ChromaError) || !error.code.startsWith('STORAGE_') || attempt > 8) throw error;
        tally.resent += 1;
        // The first to see it opens the store anew, for all.
        if (error.code === 'STORAGE_FENCED' && store === at) {
          const next = open();
          reopening ??= next;
          store = await reopening;
          reopening = null;
        }
      }
    }
  };
  let reopening: Promise<Store> | null = null;
  const tolerant = async (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      (error: unknown) => {
        if (error instanceof ChromaError && /^STORAGE_|^CLOSED$/.test(error.code)) return false;
        throw error;
      },
    );
  const checkNow = async (): Promise<void> => {
    if (store.ended) store = await open();
    expect(entries(await found())).toEqual(entries(history.at(-1)!));
  };

  const beside: Promise<boolean>[] = [];
  for (const each of commands) {
    switch (each.kind) {
      case 'changes':
        // One after the other, where one fails it comes again before the next: their order is the model's.
        for (const one of each.changes) {
          await insist(one);
          history.push(applied(history.at(-1)!, one));
          if (
            one.durability === 'strict' &&
            entries(history.at(-1)!).toString() !== entries(history.at(-2)!).toString()
          )
            noteDurable(history.at(-1)!);
        }
        await checkNow();
        break;
      case 'flush': {
        const now = history.at(-1)!;
        if (await tolerant(store.flush())) noteDurable(now);
        break;
      }
      case 'checkpoint': {
        const now = history.at(-1)!;
        const done = tolerant(store.checkpoint());
        if (!each.waits) beside.push(done);
        else if (await done) noteDurable(now);
        break;
      }
      case 'reopen': {
        await tolerant(store.close());
        store = await open();
        await checkNow();
        break;
      }
      case 'overtake': {
        const former = store;
        const head = disk.data.meta.get(HEAD_KEY);
        store = await open();
        await checkNow();
        // One that finds no room takes over with its first commit.
        if (disk.data.meta.get(HEAD_KEY) === head) break;
        // Taking over is strict.
        noteDurable(history.at(-1)!);
        const stray = {
          collectionId,
          mode: 'upsert' as const,
          batch: batchOf({ id: 'stray', vector: [1, 1] }),
        };
        await expect(former.write(stray)).rejects.toMatchObject({
          code: expect.stringMatching(/^STORAGE_/) as string,
        });
        await checkNow();
        break;
      }
      case 'fault':
        disk.failLater(each.ahead, each.code, each.stored);
        break;
      case 'powerCut': {
        await Promise.all(beside);
        disk.cut(each.which);
        tally.cuts += 1;
        store = await open();
        expect((await store.diagnostics()).damage).toEqual([]);
        const now = entries(await found()).toString();
        const at = history.findLastIndex((state) => entries(state).toString() === now);
        expect(at, 'what was durable is there, and nothing is torn').toBeGreaterThanOrEqual(0);
        tally.undone += history.length - 1 - at;
        history = [history[at]!];
        break;
      }
      default:
        each satisfies never;
    }
  }
  await Promise.all(beside);
  await tolerant(store.close());
  store = await open();
  await checkNow();
  await store.close();
  tally.failed += disk.failed;
}

const RUNS = 30;

test(`S1 S4 S5 S30 S54 the store equals its model while commits fail, owners are overtaken and the power goes: ${RUNS} runs of 40 steps`, async () => {
  const tally: Tally = { failed: 0, resent: 0, cuts: 0, undone: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 40, maxLength: 40 }), (commands) => run(commands, tally)),
    { numRuns: RUNS },
  );
  expect(tally.failed).toBeGreaterThan(RUNS / 4);
  expect(tally.resent).toBeGreaterThan(RUNS / 8);
  expect(tally.cuts).toBeGreaterThan(RUNS / 4);
  expect(tally.undone).toBeGreaterThan(RUNS / 8);
}, 120_000);
