/** Thousands of random steps, compared with a model made of plain Maps after each: the store is that model, but durable. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Metadata, MetadataValue, VectorResidence } from '../base/types.js';
import type { Core } from '../core/core.js';
import type { StorageBackend } from '../storage/storage.js';
import type { VectorEngine } from '../vector-index/engine.js';
import { smallGraphEngine } from './fixtures/graph-engine.js';
import { batchOf, contents, create, EVERYTHING, recordsOf } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { Store } from './store.js';

const DIMENSIONS = 3;
type ModelRecord = Required<TestRecord>;

/** What a collection is: records by id, in insertion order. */
class Model {
  readonly records = new Map<string, ModelRecord>();

  write(mode: 'add' | 'update' | 'upsert', given: TestRecord[]): void {
    for (const record of given) {
      const held = this.records.get(record.id);
      if (held ? mode === 'add' : mode === 'update') continue;
      const base = held ?? { id: record.id, vector: [], document: null, metadata: null, uri: null };
      this.records.set(record.id, {
        id: record.id,
        vector: record.vector ?? base.vector,
        document: record.document ?? base.document,
        uri: record.uri ?? base.uri,
        metadata: merged(base.metadata, record.metadata ?? {}),
      });
    }
  }

  where(minimum: number): ModelRecord[] {
    return [...this.records.values()].filter(
      ({ metadata }) => typeof metadata?.['n'] === 'number' && metadata['n'] >= minimum,
    );
  }

  nearest(vector: number[], k: number, from: ModelRecord[]): { id: string; distance: number }[] {
    return from
      .map((record) => ({
        id: record.id,
        distance: record.vector.reduce((sum, x, i) => sum + (x - vector[i]!) ** 2, 0),
      }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k);
  }
}

function merged(held: Metadata | null, given: Metadata): Metadata | null {
  const entries = new Map<string, MetadataValue>(Object.entries(held ?? {}));
  for (const [key, value] of Object.entries(given)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  return entries.size === 0 ? null : Object.fromEntries(entries);
}

type Command =
  | { kind: 'add' | 'update' | 'upsert'; records: TestRecord[] }
  | { kind: 'concurrent'; writes: { kind: 'add' | 'update' | 'upsert'; records: TestRecord[] }[] }
  | { kind: 'deleteIds'; ids: string[] }
  | { kind: 'deleteWhere'; minimum: number; limit: number | undefined }
  | { kind: 'query'; vector: number[]; k: number; minimum: number | null; ids: string[] | null }
  | { kind: 'get'; offset: number; limit: number; minimum: number | null }
  | { kind: 'reopen' }
  /** `waits`: before the next step, or beside it. */
  | { kind: 'checkpoint'; waits: boolean };

// Few ids, so that records meet; whole numbers, so that distances are exact.
const id = fc.constantFrom(...Array.from({ length: 24 }, (_, i) => `id-${i}`), '__proto__', '😀');
const vector = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: DIMENSIONS, maxLength: DIMENSIONS });
const document = fc.oneof(fc.constant('x'.repeat(70_000)), fc.string({ unit: 'grapheme', maxLength: 30 }));
const metadata = fc.dictionary(
  fc.constantFrom('n', 'a', 'b', '__proto__'),
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }) },
    fc.constant(null),
    fc.string({ maxLength: 5 }),
    fc.constant([1, 2]),
    fc.boolean(),
  ),
  { minKeys: 1 },
) as fc.Arbitrary<Metadata>;

const records = (columns: { vector: boolean }): fc.Arbitrary<TestRecord[]> =>
  fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()).chain(([documents, metadatas, uris]) =>
    fc.uniqueArray(
      fc.record({
        id,
        ...(columns.vector ? { vector } : {}),
        ...(documents ? { document: fc.option(document, { freq: 5 }) } : {}),
        ...(metadatas ? { metadata: fc.option(metadata, { freq: 5 }) } : {}),
        ...(uris ? { uri: fc.option(fc.webUrl(), { freq: 5 }) } : {}),
      }) as fc.Arbitrary<TestRecord>,
      { selector: (record) => record.id, minLength: 1, maxLength: 6 },
    ),
  );

const write = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'upsert' as const), records: records({ vector: true }) }),
  fc
    .boolean()
    .chain((withVector) =>
      fc.record({ kind: fc.constant('update' as const), records: records({ vector: withVector }) }),
    ),
);
const minimum = fc.option(fc.integer({ min: 0, max: 9 }));

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: write },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('concurrent' as const),
      writes: fc.array(write, { minLength: 2, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deleteIds' as const),
      ids: fc.uniqueArray(id, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deleteWhere' as const),
      minimum: fc.integer({ min: 3, max: 9 }),
      limit: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('query' as const),
      vector,
      k: fc.integer({ min: 1, max: 40 }),
      minimum,
      ids: fc.option(fc.uniqueArray(id, { maxLength: 8 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      offset: fc.nat(10),
      limit: fc.nat(20),
      minimum,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), waits: fc.boolean() }) },
);

async function run(
  commands: Command[],
  {
    core,
    engine,
    open,
    vectors,
  }: { core: Core; engine: VectorEngine; open: () => Promise<StorageBackend>; vectors: VectorResidence },
): Promise<void> {
  // Small segments, so that few records fill many, and graphs over few rows, so that checkpoints have some to store.
  const options = { core, segmentBytes: 300, engine };
  let store = await Store.open({ backend: await open(), ...options });
  const { id: collectionId } = await create(store, 'notes', 'l2', vectors);
  const model = new Model();
  const beside: Promise<void>[] = [];
  const compare = async (): Promise<void> => {
    expect(await contents(store, collectionId)).toEqual([...model.records.values()]);
  };
  for (const each of commands) {
    switch (each.kind) {
      case 'add':
      case 'update':
      case 'upsert':
        await store.write({ collectionId, mode: each.kind, batch: batchOf(...each.records) });
        model.write(each.kind, each.records);
        await compare();
        break;
      case 'concurrent':
        await Promise.all(
          each.writes.map(({ kind, records: given }) =>
            store.write({ collectionId, mode: kind, batch: batchOf(...given) }),
          ),
        );
        for (const { kind, records: given } of each.writes) model.write(kind, given);
        await compare();
        break;
      case 'deleteIds':
        expect(await store.delete({ collectionId, ids: each.ids })).toEqual({ deleted: each.ids.length });
        for (const gone of each.ids) model.records.delete(gone);
        await compare();
        break;
      case 'deleteWhere': {
        const gone = model.where(each.minimum).slice(0, each.limit);
        const where = { n: { $gte: each.minimum } };
        expect(
          await store.delete({
            collectionId,
            where,
            ...(each.limit === undefined ? {} : { limit: each.limit }),
          }),
        ).toEqual({ deleted: gone.length });
        for (const record of gone) model.records.delete(record.id);
        await compare();
        break;
      }
      case 'query': {
        const { results } = await store.query({
          collectionId,
          vectors: { data: new Float32Array(each.vector), rows: 1, dimensions: DIMENSIONS },
          nResults: each.k,
          include: ['distances', 'metadatas'],
          ...(each.minimum === null ? {} : { where: { n: { $gte: each.minimum } } }),
          ...(each.ids === null ? {} : { ids: each.ids }),
        });
        const matching = each.minimum === null ? [...model.records.values()] : model.where(each.minimum);
        const from = matching.filter((record) => each.ids?.includes(record.id) ?? true);
        const hits = results[0]!.ids.map((hit, i) => ({ id: hit, distance: results[0]!.distances![i]! }));
        const nearest = model.nearest(each.vector, each.k, from);
        if (vectors !== 'disk') expect(hits).toEqual(nearest);
        else expectNear(hits, nearest, { vector: each.vector, from });
        break;
      }
      case 'get': {
        const reply = await store.get({
          collectionId,
          include: EVERYTHING,
          offset: each.offset,
          limit: each.limit,
          ...(each.minimum === null ? {} : { where: { n: { $gte: each.minimum } } }),
        });
        const from = each.minimum === null ? [...model.records.values()] : model.where(each.minimum);
        expect(recordsOf(reply)).toEqual(from.slice(each.offset, each.offset + each.limit));
        break;
      }
      case 'reopen':
        await store.close();
        store = await Store.open({ backend: await open(), ...options });
        await compare();
        break;
      case 'checkpoint': {
        const checkpoint = store.checkpoint();
        if (each.waits) await checkpoint;
        else beside.push(checkpoint);
        break;
      }
      default:
        each satisfies never;
    }
  }
  await Promise.all(beside);
  await store.close();
}

/** Distances by codes: of as many records, each near its true one, so that none is much farther than what belongs there. */
function expectNear(
  hits: { id: string; distance: number }[],
  nearest: { id: string; distance: number }[],
  { vector, from }: { vector: number[]; from: ModelRecord[] },
): void {
  expect(hits).toHaveLength(nearest.length);
  const byId = new Map(from.map((record) => [record.id, record.vector]));
  hits.forEach(({ id: hit, distance }, i) => {
    const own = byId.get(hit)!;
    const truth = own.reduce((sum, x, d) => sum + (x - vector[d]!) ** 2, 0);
    // Values reach to 4, and codes are fitted to what was there first: those beyond twice its reach are clipped.
    expect(Math.abs(Math.sqrt(distance) - Math.sqrt(truth))).toBeLessThan(7);
    expect(hits[i - 1]?.distance ?? 0).toBeLessThanOrEqual(distance);
  });
  expect(new Set(hits.map((hit) => hit.id)).size).toBe(hits.length);
}

export interface StoreModelContract {
  /** Default `memory`. With `disk` nearest records are compared by how near they are. */
  vectors?: VectorResidence;
  core: () => Promise<Core>;
  /** A new database; each call of the result opens it once more. */
  createDatabase: () => () => Promise<StorageBackend>;
  runs: number;
  /** Steps of each run. */
  steps: number;
  seed: number;
}

export function storeModelContract(
  name: string,
  { core, createDatabase, runs, steps, seed, vectors = 'memory' }: StoreModelContract,
): void {
  test(
    `S3 S7 S8 S9 S10 S11 S14 S15 S40 the store equals its model: ${name}, ${runs} runs of ${steps} steps`,
    async () => {
      const shared = await core();
      // As wide as a walk over so few records must be that finds the nearest themselves.
      const engine = smallGraphEngine(shared, { graphFromRows: 3, eager: true, efSearch: 64 });
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: steps, maxLength: steps }), (commands) =>
          run(commands, { core: shared, engine, open: createDatabase(), vectors }),
        ),
        { numRuns: runs, seed, endOnFailure: true },
      );
      expect(engine.tally.walks).toBeGreaterThan(runs);
    },
    Math.max(120_000, runs * 1_000),
  );
}
