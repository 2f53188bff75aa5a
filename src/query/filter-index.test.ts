/** Filters answered by the indexes are compared with the definition (match.ts), after any history of a collection. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Metadata, Row } from '../base/types.js';
import type { Filter } from '../filter/filter.js';
import { parseFilter } from '../filter/parse.js';
import { TrigramIndex } from '../lexical-index/trigram.js';
import { FilterIndex } from './filter-index.js';
import type { FilterSource } from './filter-index.js';
import type { ReadView } from './read-view.js';
import { selectRowBits, selectRows } from './select-rows.js';

interface TestRecord {
  id: string;
  metadata: Metadata | null;
  document: string | null;
}

const encoder = new TextEncoder();

function trigramBytes(index: TrigramIndex): Uint8Array<ArrayBuffer> {
  const steps = index.serialize();
  for (;;) {
    const step = steps.next();
    if (step.done) return new Uint8Array(Buffer.concat(step.value));
  }
}

/** Records by row, as a collection keeps them. */
class TestCollection implements FilterSource, ReadView {
  readonly index = null;
  filterIndex: FilterIndex;
  readonly #indexDocumentsFrom: number;
  readonly records = new Map<Row, TestRecord>();
  rowEnd = 0;
  looked = 0;

  constructor(indexDocumentsFrom = 0) {
    this.#indexDocumentsFrom = indexDocumentsFrom;
    this.filterIndex = new FilterIndex(this, { indexDocumentsFrom });
  }

  /** As after an opening: nothing is in memory, and trigrams lie in the storage if there were any. True if there were. */
  async reopen(): Promise<boolean> {
    const stored = this.filterIndex.storableTrigrams;
    this.filterIndex.dispose();
    this.filterIndex = new FilterIndex(this, { indexDocumentsFrom: this.#indexDocumentsFrom });
    await this.filterIndex.prepare();
    if (stored === null) return false;
    const bytes = trigramBytes(stored.index);
    this.filterIndex.keepStored({
      end: stored.end,
      changed: [...stored.changed],
      load: async () => new TrigramIndex(bytes),
    });
    return true;
  }

  /** The same records without indexes. */
  get plain(): ReadView {
    return {
      size: this.size,
      rowEnd: this.rowEnd,
      index: null,
      liveRows: () => this.liveRows(),
      idOf: (row) => this.idOf(row),
      metadataOf: (row) => this.records.get(row)?.metadata ?? null,
      documentOf: (row) => this.records.get(row)?.document ?? null,
    };
  }

  get size(): number {
    return this.records.size;
  }

  get documentBytes(): number {
    return [...this.records.values()].reduce((sum, { document }) => sum + (document?.length ?? 0), 0);
  }

  liveRows(): Row[] {
    return [...this.records.keys()].sort((a, b) => a - b);
  }

  idOf(row: Row): string | undefined {
    return this.records.get(row)?.id;
  }

  rowOf(id: string): Row | undefined {
    return [...this.records].find(([, record]) => record.id === id)?.[0];
  }

  metadataOf(row: Row): Metadata | null {
    this.looked += 1;
    return this.records.get(row)?.metadata ?? null;
  }

  documentOf(row: Row): string | null {
    this.looked += 1;
    return this.records.get(row)?.document ?? null;
  }

  documentBytesOf(row: Row): Uint8Array | null {
    const document = this.records.get(row)?.document ?? null;
    return document === null ? null : encoder.encode(document);
  }

  add(given: Partial<TestRecord>): void {
    const row = this.rowEnd++;
    this.records.set(row, { id: `id-${row}`, metadata: null, document: null, ...given });
    this.filterIndex.note(Uint32Array.of(row), {
      metadata: given.metadata !== undefined,
      document: given.document !== undefined,
    });
  }

  update(row: Row, given: Partial<TestRecord>): void {
    const held = this.records.get(row);
    if (held === undefined) return;
    this.records.set(row, { ...held, ...given });
    this.filterIndex.note(Uint32Array.of(row), {
      metadata: given.metadata !== undefined,
      document: given.document !== undefined,
    });
  }

  remove(row: Row): void {
    if (this.records.delete(row))
      this.filterIndex.note(Uint32Array.of(row), { metadata: true, document: true });
  }
}

async function prepared(indexDocumentsFrom = 0): Promise<TestCollection> {
  const collection = new TestCollection(indexDocumentsFrom);
  await collection.filterIndex.prepare();
  return collection;
}

type Json = Record<string, unknown>;
const word = fc.constantFrom('a', 'b', 'ab', '1', '', '__proto__');
const number = fc.constantFrom(-1, -0, 0, 1, 1.5, 2);
const scalar = fc.oneof(word, number, fc.boolean());
const list = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 10 }),
  fc.array(number, { minLength: 1, maxLength: 10 }),
);
const field = fc.constantFrom('a', 'b', '__proto__');
const id = fc.integer({ min: 0, max: 30 }).map((row) => `id-${row}`);
const text = fc
  .array(fc.constantFrom('river', 'riv', 'er ', 'stone', ' ', 'é', '日本', '😀', '\n'), { maxLength: 5 })
  .map((parts) => parts.join(''));
const pattern = fc.constantFrom(
  'river',
  '^river',
  'river.*stone',
  '(?:river|stone)+',
  'ri.er',
  '(?i)RIVER',
  '日本|river',
  'river|é',
  'é?',
  '',
  'stone$',
  '(?:er ){2,}',
);
const one = (key: string, value: unknown): Json => Object.fromEntries([[key, value]]);
const entry = (keys: string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<Json> =>
  fc.tuple(fc.constantFrom(...keys), value).map(([key, operand]) => one(key, operand));

const clause = fc.oneof(
  entry(['$contains', '$not_contains'], text),
  entry(['$regex', '$not_regex'], pattern),
);
const condition = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        field,
        fc.oneof(
          entry(['$eq', '$ne', '$contains', '$not_contains'], scalar),
          entry(['$gt', '$gte', '$lt', '$lte'], number),
          entry(['$in', '$nin'], list),
        ),
      )
      .map(([key, operand]) => one(key, operand)),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(entry(['$eq', '$ne'], id), entry(['$in', '$nin'], fc.array(id, { minLength: 1, maxLength: 5 })))
      .map((operand) => one('#id', operand)),
  },
  { weight: 3, arbitrary: clause.map((operand) => one('#document', operand)) },
);
const grouped = (leaf: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      entry(['$and', '$or'], fc.array(tie('node'), { minLength: 2, maxLength: 3 })),
    ),
  })).node;
const request = fc.record({
  filter: fc
    .tuple(grouped(condition), fc.option(grouped(clause)))
    .map(([where, whereDocument]) => parseFilter(where, whereDocument)),
  offset: fc.constantFrom(0, 0, 2),
  limit: fc.option(fc.nat(6), { nil: undefined }),
  candidates: fc.option(fc.array(fc.nat(40), { maxLength: 30 }), { nil: undefined }),
});

const metadata = fc.option(
  fc
    .array(fc.tuple(field, fc.oneof(scalar, list)), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries) as Metadata),
);
const document = fc.option(text);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('add' as const), record: fc.record({ metadata, document }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      row: fc.nat(40),
      record: fc.oneof(fc.record({ metadata }), fc.record({ document }), fc.record({ metadata, document })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), row: fc.nat(40) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), request }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), read: fc.boolean() }) },
);

describe('filters through the indexes', () => {
  test.each([0, 200, Infinity])(
    'select what the definition selects after any changes, documents indexed from %d bytes on',
    async (indexDocumentsFrom) => {
      let reads = 0;
      let reopened = 0;
      let hits = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
          const collection = await prepared(indexDocumentsFrom);
          let hasReopened = false;
          for (const each of steps) {
            if (each.kind === 'add') collection.add(each.record);
            else if (each.kind === 'update') collection.update(each.row, each.record);
            else if (each.kind === 'remove') collection.remove(each.row);
            else if (each.kind === 'reopen') {
              // Once is enough of what takes longest.
              if (hasReopened) continue;
              hasReopened = await collection.reopen();
              if (hasReopened) reopened += 1;
              if (each.read) await collection.filterIndex.readStored();
            } else {
              const { candidates, limit, ...rest } = each.request;
              const options = {
                ...rest,
                ...(limit === undefined ? {} : { limit }),
                ...(candidates === undefined
                  ? {}
                  : {
                      candidates: Uint32Array.from(
                        collection.liveRows().filter((row) => candidates.includes(row)),
                      ),
                    }),
              };
              const expected = selectRows(collection.plain, options);
              expect([...selectRows(collection, options)]).toEqual([...expected]);
              const { bits, size } = selectRowBits(collection, options);
              const all = selectRowBits(collection.plain, options);
              expect(size).toBe(all.size);
              expect([...bits]).toEqual([...all.bits]);
              reads += 1;
              hits += expected.length;
            }
          }
          collection.filterIndex.dispose();
        }),
        { numRuns: 500 },
      );
      expect(reads).toBeGreaterThan(2_000);
      expect(hits).toBeGreaterThan(400);
      if (indexDocumentsFrom === 0) expect(reopened).toBeGreaterThan(50);
    },
    60_000,
  );
});

const matching = (collection: TestCollection, filter: Filter | null): number[] => [
  ...selectRows(collection, { filter }),
];

describe('the work of a filter', () => {
  // A clock that stands still: one slice takes in everything, however slow the machine.
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('metadata conditions look at each record once, and at a changed one once more', async () => {
    const collection = await prepared();
    for (let n = 0; n < 100; n++) collection.add({ metadata: { n }, document: 'x' });
    const filter = parseFilter({ n: { $gte: 98 } }, undefined);
    expect(matching(collection, filter)).toEqual([98, 99]);
    expect(collection.looked).toBe(100);
    collection.update(7, { metadata: { n: 200 } });
    collection.update(8, { document: 'y' });
    collection.remove(99);
    expect(matching(collection, filter)).toEqual([7, 98]);
    expect(matching(collection, parseFilter({ n: { $ne: 1 } }, undefined))).toHaveLength(98);
    expect(collection.looked).toBe(101);
  });

  test('before the indexes are prepared each record is looked at; afterwards they know what changed meanwhile', async () => {
    const collection = new TestCollection();
    for (let n = 0; n < 100; n++) collection.add({ metadata: { n } });
    const filter = parseFilter({ n: { $gte: 98 } }, undefined);
    for (const looked of [100, 200]) {
      expect(matching(collection, filter)).toEqual([98, 99]);
      expect(collection.looked).toBe(looked);
    }
    collection.update(7, { metadata: { n: 200 } });
    collection.remove(99);
    await collection.filterIndex.prepare();
    for (const looked of [299, 299]) {
      expect(matching(collection, filter)).toEqual([7, 98]);
      expect(collection.looked).toBe(looked);
    }
  });

  test('document conditions look only at rows whose trigrams fit, and at changed ones', async () => {
    const collection = await prepared();
    for (let n = 0; n < 500; n++) collection.add({ document: n % 100 === 0 ? `river ${n}` : `stone ${n}` });
    const filter = parseFilter(undefined, { $contains: 'river' });
    expect(matching(collection, filter)).toEqual([0, 100, 200, 300, 400]);
    expect(collection.looked).toBe(5);
    collection.update(1, { document: 'a river too' });
    expect(matching(collection, filter)).toEqual([0, 1, 100, 200, 300, 400]);
    expect(collection.looked).toBe(11);
    expect(matching(collection, parseFilter(undefined, { $regex: 'r[a-z]ver 2|wood' }))).toEqual([200]);
    // Members that the indexes decide are not checked again.
    collection.looked = 0;
    expect(matching(collection, parseFilter({ '#id': 'id-100' }, { $contains: 'river' }))).toEqual([100]);
    expect(collection.looked).toBe(1);
  });

  test('few documents are not indexed: each is looked at', async () => {
    const collection = await prepared(1_000);
    for (let n = 0; n < 20; n++) collection.add({ document: `stone ${n}` });
    expect(matching(collection, parseFilter(undefined, { $contains: 'stone 7' }))).toEqual([7]);
    expect(collection.looked).toBe(20);
  });

  test('many documents are taken in behind the filters, which answer in the meantime', async () => {
    vi.useFakeTimers();
    try {
      // Every look at the clock finds a slice used up.
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
      const collection = await prepared();
      for (let n = 0; n < 100; n++) collection.add({ document: `stone ${n}` });
      const filter = parseFilter(undefined, { $contains: 'stone 7' });
      const expected = [7, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79];
      expect(matching(collection, filter)).toEqual(expected);
      expect(collection.filterIndex.isIndexing).toBe(true);
      expect(collection.looked).toBeGreaterThan(80);
      vi.runAllTimers();
      expect(collection.filterIndex.isIndexing).toBe(false);
      collection.looked = 0;
      expect(matching(collection, filter)).toEqual(expected);
      expect(collection.looked).toBe(11);

      collection.add({ document: 'stone 700' });
      for (let n = 0; n < 40; n++) collection.add({ document: 'wood' });
      expect(matching(collection, filter)).toEqual([...expected, 100]);
      expect(collection.filterIndex.isIndexing).toBe(true);
      collection.filterIndex.dispose();
      expect(collection.filterIndex.isIndexing).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('when many documents have changed they are indexed anew', async () => {
    const collection = await prepared();
    for (let n = 0; n < 600; n++) collection.add({ document: `stone ${n}` });
    const filter = parseFilter(undefined, { $contains: 'river' });
    expect(matching(collection, filter)).toEqual([]);
    for (let row = 0; row < 400; row++) collection.update(row, { document: 'wood' });
    collection.update(400, { document: 'a river' });
    expect(matching(collection, filter)).toEqual([400]);
    expect(collection.looked).toBe(1);
  });

  test('stored trigrams are read once, and until then each document is looked at', async () => {
    const collection = await prepared();
    for (let n = 0; n < 500; n++) collection.add({ document: n % 100 === 0 ? `river ${n}` : `stone ${n}` });
    const filter = parseFilter(undefined, { $contains: 'river' });
    expect(matching(collection, filter)).toHaveLength(5);
    expect(await collection.reopen()).toBe(true);
    collection.update(1, { document: 'a river too' });
    collection.looked = 0;
    expect(matching(collection, filter)).toEqual([0, 1, 100, 200, 300, 400]);
    expect([collection.looked, collection.filterIndex.isStored]).toEqual([500, true]);
    await Promise.all([collection.filterIndex.readStored(), collection.filterIndex.readStored()]);
    expect(collection.filterIndex.isStored).toBe(false);
    collection.looked = 0;
    expect(matching(collection, filter)).toEqual([0, 1, 100, 200, 300, 400]);
    expect(collection.looked).toBe(6);
  });

  test('stored trigrams that cannot be used, or are forgotten, are made again', async () => {
    for (const end of ['unusable', 'forgotten', 'forgotten while they are read'] as const) {
      const collection = await prepared();
      for (let n = 0; n < 100; n++) collection.add({ document: `stone ${n}` });
      collection.filterIndex.keepStored({
        end: 100,
        changed: [3],
        load: async () => (end === 'unusable' ? null : new TrigramIndex()),
      });
      const reading = end === 'forgotten' ? null : collection.filterIndex.readStored();
      if (end !== 'unusable') collection.filterIndex.forgetStored();
      await reading;
      const filter = parseFilter(undefined, { $contains: 'stone 7' });
      expect(matching(collection, filter), end).toHaveLength(11);
      collection.looked = 0;
      expect(matching(collection, filter), end).toHaveLength(11);
      expect(collection.looked, end).toBeLessThan(100);
      expect(collection.filterIndex.storableTrigrams?.end, end).toBe(100);
    }
  });
});
