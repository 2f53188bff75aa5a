/** Export and import of whole collections, over every connector. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joined } from '../base/joined.js';
import type { Metadata } from '../base/types.js';
import {
  collectionPart,
  mutate,
  recordsPart,
  sampleSnapshots,
  seeded,
  snapshotOf,
} from '../format/fixtures/snapshots.js';
import type { ChromaClient } from './chroma-client.js';
import { ChromaError } from '../base/errors.js';
import { Schema } from './schema/schema.js';
import { StringInvertedIndexConfig, VectorIndexConfig } from './schema/index-config.js';
import type { StorageOption } from './storage-option.js';
import type { ExportProgress } from './snapshot-export.js';
import type { SnapshotImportProgress } from './snapshot-import.js';

export interface SnapshotContractOptions {
  open: (storage: StorageOption) => ChromaClient;
  /** How many damaged files are imported. */
  damaged: number;
}

const bytesOf = async (blob: Blob): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await blob.arrayBuffer());
const everything = { include: ['documents', 'embeddings', 'metadatas', 'uris'] as const };

/** All a user can ask of a client's database. */
async function contentsOf(client: ChromaClient): Promise<unknown[]> {
  const collections = await client.listCollections();
  return Promise.all(
    collections.map(async (collection) => ({
      name: collection.name,
      metadata: collection.metadata,
      configuration: collection.configuration,
      schema: collection.schema?.serializeToJSON(),
      records: (await collection.get({ include: [...everything.include] })).rows(),
    })),
  );
}

async function refusal(promise: Promise<unknown>): Promise<ChromaError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ChromaError);
  return error as ChromaError;
}

export function describeSnapshots(name: string, { open, damaged }: SnapshotContractOptions): void {
  describe(`snapshots over ${name}`, () => {
    let client: ChromaClient;
    let target: ChromaClient;

    beforeEach(() => {
      client = open(`memory:${crypto.randomUUID()}`);
      target = open(`memory:${crypto.randomUUID()}`);
    });
    afterEach(async () => {
      await client.close();
      await target.close();
    });

    async function fill(): Promise<void> {
      const notes = await client.createCollection({
        name: 'notes',
        metadata: { about: 'everything', tags: ['a', 'b'] },
        configuration: { hnsw: { space: 'cosine', ef_search: 77, precision: 'f32' } },
        embeddingFunction: null,
      });
      const metadatas: (Metadata | null)[] = [
        { n: 1, exact: 0.1 + 0.2, tags: ['x', 'y'], sparse: { indices: [1, 9], values: [0.5, 2] } },
        null,
        JSON.parse('{"__proto__":"a plain key","ok":true}') as Metadata,
      ];
      await notes.add({
        ids: ['a', 'b – ü', '🚲'],
        embeddings: [
          [0.1, 1e-38, -3],
          [1 / 3, 2, 5e-45],
          [3e18, 1, 1],
        ],
        documents: ['first', '', '\ufeffzweite – ü 🚲\u0000'],
        metadatas,
        uris: ['u:a', 'u:b', 'u:c'],
      });
      await notes.add({
        ids: ['gone', 'plain'],
        embeddings: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      });
      await notes.delete({ ids: ['gone'] });
      await notes.upsert({ ids: ['a'], embeddings: [[9, 8, 7]] });
      const schema = new Schema()
        .createIndex(new VectorIndexConfig({ space: 'ip' }))
        .deleteIndex(new StringInvertedIndexConfig(), 'secret');
      await client.createCollection({ name: 'by-schema', schema });
      await client.createCollection({
        name: 'built-in',
        metadata: { n: 1 },
        configuration: { hnsw: { vectors: 'disk-rescored' } },
      });
    }

    async function points(count: number, dimensions = 8): Promise<void> {
      const collection = await client.getOrCreateCollection({ name: 'points', embeddingFunction: null });
      const random = seeded(count);
      for (let from = 0; from < count; from += 5_000) {
        const rows = Math.min(5_000, count - from);
        const data = Float32Array.from({ length: rows * dimensions }, random);
        await collection.add({
          ids: Array.from({ length: rows }, (_, i) => `p${from + i}`),
          embeddings: { data, rows, dimensions },
          documents: Array.from({ length: rows }, (_, i) => `document ${from + i} ${'x'.repeat(i % 300)}`),
        });
      }
    }

    test('C63 everything comes back as it was, and exported again it is the same bytes', async () => {
      await fill();
      const blob = await (await client.export()).blob();
      const report = await target.import(blob);
      expect(report.collections.map((each) => [each.name, each.records])).toEqual([
        ['notes', 4],
        ['by-schema', 0],
        ['built-in', 0],
      ]);
      expect(report.skipped).toEqual([]);
      expect(await contentsOf(target)).toEqual(await contentsOf(client));
      const found = (await contentsOf(target))[0] as { records: { metadata: Metadata | null }[] };
      expect(Object.keys(found.records[2]?.metadata ?? {})).toEqual(['__proto__', 'ok']);
      expect(await bytesOf(await (await target.export()).blob())).toEqual(await bytesOf(blob));
      // The indexes are there too, made anew.
      const notes = await target.getCollection({ name: 'notes' });
      expect((await notes.query({ queryEmbeddings: [[9, 8, 7]], nResults: 1 })).ids).toEqual([['a']]);
      await expect(notes.add({ ids: ['x'], embeddings: [[1]] })).rejects.toMatchObject({
        code: 'VALUE_DIMENSION',
      });
    });

    test('C63 many records pass in pieces, with progress on both sides', async () => {
      await points(20_000);
      const out: ExportProgress[] = [];
      const back: SnapshotImportProgress[] = [];
      const stream = (await client.export({ onProgress: (step) => out.push(step) })).stream();
      const sizes: number[] = [];
      const counted = stream.pipeThrough(
        new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
          transform(piece, controller) {
            sizes.push(piece.length);
            controller.enqueue(piece);
          },
        }),
      );
      await target.import(counted, { onProgress: (step) => back.push(step) });
      expect(sizes.length).toBeGreaterThan(4);
      expect(Math.max(...sizes)).toBeLessThan(1.5 * 1024 * 1024);
      expect(out.at(-1)).toMatchObject({ collection: 'points', records: 20_000 });
      expect(back.at(-1)).toMatchObject({ collection: 'points', records: 20_000, totalBytes: null });
      expect(back.length).toBe(out.length);
      expect(back.map(({ records }) => records)).toEqual(
        back.map(({ records }) => records).sort((a, b) => a - b),
      );
      expect(await contentsOf(target)).toEqual(await contentsOf(client));
    });

    test('S20 what is written while the export goes on is not in it, and what was there is', async () => {
      await points(20_000);
      const before = await contentsOf(client);
      const collection = await client.getCollection({ name: 'points' });
      let steps = 0;
      const snapshot = await client.export({
        onProgress() {
          steps += 1;
        },
      });
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      const reader = snapshot.stream().getReader();
      for (let n = 0; ; n++) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(value);
        if (n < 1) continue;
        // Behind the reader, before it, and new ones.
        await collection.update({
          ids: ['p0', `p${19_999 - n}`],
          documents: ['changed', 'changed'],
          embeddings: [Array(8).fill(n), Array(8).fill(n)],
        });
        await collection.delete({ ids: [`p${n}`, `p${19_900 - n}`, `p${10_000 + n}`] });
        await collection.add({ ids: [`new${n}`, `p${n}`], embeddings: [Array(8).fill(n), Array(8).fill(1)] });
      }
      expect(steps).toBeGreaterThan(4);
      await target.import(joined(pieces));
      expect(await contentsOf(target)).toEqual(before);
      expect(await contentsOf(client)).not.toEqual(before);
    });

    test('C63 named collections only, both ways, and unknown names are told', async () => {
      await fill();
      await points(10);
      const blob = await (await client.export({ collections: ['points', 'built-in'] })).blob();
      const { collections } = await target.import(blob, { collections: ['points'] });
      expect(collections).toMatchObject([{ name: 'points', records: 10 }]);
      expect((await target.listCollections()).map((each) => each.name)).toEqual(['points']);
      await expect(client.export({ collections: ['poinst'] })).rejects.toMatchObject({
        code: 'NOT_FOUND_COLLECTION',
      });
      await expect(client.export({ collections: ['points', 'points'] })).rejects.toMatchObject({
        code: 'VALUE_ARGUMENT',
      });
      const missing = await refusal(
        target.import(blob, { collections: ['points', 'notes'], ifExists: 'replace' }),
      );
      expect(missing).toMatchObject({ code: 'NOT_FOUND_COLLECTION', details: { name: 'notes' } });
    });

    test('C64 a name that exists is an error, is passed over, or gives way, as asked', async () => {
      await points(3);
      const blob = await (await client.export()).blob();
      const old = await target.createCollection({ name: 'points', embeddingFunction: null });
      await old.add({ ids: ['old'], embeddings: [[1]] });
      const other = await target.createCollection({ name: 'other', embeddingFunction: null });
      const before = await contentsOf(target);
      await expect(target.import(blob)).rejects.toMatchObject({
        code: 'EXISTS_COLLECTION',
        details: { name: 'points' },
      });
      expect(await target.import(blob, { ifExists: 'skip' })).toEqual({
        collections: [],
        skipped: ['points'],
      });
      expect(await contentsOf(target)).toEqual(before);
      const { collections } = await target.import(blob, { ifExists: 'replace' });
      expect(collections).toMatchObject([{ name: 'points', records: 3 }]);
      await expect(old.count()).rejects.toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
      const found = await target.getCollection({ name: 'points' });
      expect([found.id, await found.count(), await other.count()]).toEqual([collections[0]?.id, 3, 0]);
      await expect(target.import(blob, { ifExists: 'maybe' as never })).rejects.toMatchObject({
        code: 'VALUE_ARGUMENT',
      });
    });

    test('C64 S21 nothing of an import can be seen before all of it is there', async () => {
      await points(9_000);
      const bytes = await bytesOf(await (await client.export()).blob());
      const seen = new Set<string>();
      await target.import(bytes, {
        onProgress() {
          void target.listCollections().then((list) => seen.add(`${list.length}`));
          void target.countCollections().then((count) => seen.add(`${count}`));
        },
      });
      expect([...seen]).toEqual(['0']);
      expect(await target.countCollections()).toBe(1);
      const report = await target.storageReport();
      expect(report.collections).toMatchObject([{ name: 'points', importing: false, records: 9_000 }]);
    });

    test('C64 an aborted import leaves nothing, and an aborted export ends its stream', async () => {
      await points(9_000);
      const bytes = await bytesOf(await (await client.export()).blob());
      const reason = new Error('enough');
      const abort = new AbortController();
      const error = await refusal(
        target.import(bytes, { signal: abort.signal, onProgress: () => abort.abort(reason) }),
      );
      expect(error).toMatchObject({ code: 'ABORTED', cause: reason });
      expect((await target.storageReport()).collections).toEqual([]);
      expect(await refusal(target.import(bytes, { signal: abort.signal }))).toMatchObject({
        code: 'ABORTED',
      });
      // A source that never gives anything does not hold it up.
      const late = new AbortController();
      const waiting = target.import(new ReadableStream(), { signal: late.signal });
      setTimeout(() => late.abort(), 20);
      expect(await refusal(waiting)).toMatchObject({ code: 'ABORTED' });

      const stop = new AbortController();
      const snapshot = await client.export({ signal: stop.signal, onProgress: () => stop.abort(reason) });
      expect(await refusal(snapshot.blob())).toMatchObject({ code: 'ABORTED', cause: reason });
    });

    test('C65 every kind of source is taken, in pieces of any size', async () => {
      await fill();
      const bytes = await bytesOf(await (await client.export()).blob());
      const expected = await contentsOf(client);
      const crumbs = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 37) controller.enqueue(bytes.subarray(at, at + 37));
          controller.close();
        },
      });
      const sources = [new Blob([bytes]), new Response(bytes), crumbs, bytes.buffer, bytes];
      for (const source of sources) {
        await target.import(source, { ifExists: 'replace' });
        expect(await contentsOf(target)).toEqual(expected);
      }
      for (const wrong of ['text', null, 7, new Response(null, { status: 404 })]) {
        await expect(target.import(wrong as never)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
      }
    });

    test('C65 gzip is recognised, damaged gzip refused, and what unpacks beyond measure too', async () => {
      await points(3_000);
      const plain = await (await client.export()).blob();
      const packed = await (await client.export({ gzip: true })).blob();
      expect(packed.size).toBeLessThan(plain.size);
      const progress: SnapshotImportProgress[] = [];
      await target.import(packed, { onProgress: (step) => progress.push(step) });
      expect(progress.at(-1)).toMatchObject({ totalBytes: packed.size });
      expect(await contentsOf(target)).toEqual(await contentsOf(client));

      const cut = packed.slice(0, packed.size - 9);
      expect(await refusal(target.import(cut, { ifExists: 'replace' }))).toMatchObject({
        code: 'FORMAT_SNAPSHOT',
      });

      // A snapshot that is sound but for its size: a document of zeros, which shrinks a thousandfold.
      const huge = snapshotOf([
        collectionPart('bomb', 1, 1),
        recordsPart({ id: 'a', vector: [1], document: '\0'.repeat(24 * 1024 * 1024) }),
      ]);
      const small = await new Response(
        new Blob([huge]).stream().pipeThrough(new CompressionStream('gzip')),
      ).blob();
      expect(small.size).toBeLessThan(huge.length / 900);
      // In pieces, and as a source that gives all at once.
      for (const source of [small, new Uint8Array(await small.arrayBuffer())]) {
        const error = await refusal(target.import(source));
        expect(error).toMatchObject({ code: 'FORMAT_SNAPSHOT' });
        expect(error.message).toMatch(/unpack to \d+ and more/);
        expect(error.details['size']).toBeLessThan(huge.length);
      }
      expect(await target.countCollections()).toBe(1);
    });

    test.each<[what: string, parts: Parameters<typeof snapshotOf>[0]]>([
      ['a name that is none', [collectionPart('..', 0, null)]],
      ['a parameter out of its range', [collectionPart('abc', 0, null, { maxNeighbors: 100_000 })]],
      ['a precision that is none', [collectionPart('abc', 0, null, { precision: 'f16' })]],
      [
        'floats throughout, and vectors on the disk',
        [collectionPart('abc', 0, null, { precision: 'f32', vectors: 'disk' })],
      ],
      ['two collections of one name', [collectionPart('abc', 0, null), collectionPart('abc', 0, null)]],
      [
        'an id twice, in two pieces',
        [
          collectionPart('abc', 2, 1),
          recordsPart({ id: 'a', vector: [1] }),
          recordsPart({ id: 'a', vector: [2] }),
        ],
      ],
      [
        'a vector too long to be compared',
        [collectionPart('abc', 1, 2), recordsPart({ id: 'a', vector: [3e38, 3e38] })],
      ],
      [
        'metadata with a null',
        [collectionPart('abc', 1, 1), recordsPart({ id: 'a', vector: [1], metadata: { a: null } })],
      ],
      [
        'metadata without a key',
        [collectionPart('abc', 1, 1), recordsPart({ id: 'a', vector: [1], metadata: {} })],
      ],
      [
        'metadata with a reserved key',
        [collectionPart('abc', 1, 1), recordsPart({ id: 'a', vector: [1], metadata: { $a: 1 } })],
      ],
    ])('C64 a snapshot with %s is refused whole', async (_, parts) => {
      const error = await refusal(target.import(snapshotOf(parts)));
      expect(error).toMatchObject({ code: 'FORMAT_SNAPSHOT' });
      expect(error.details['offset']).toBeTypeOf('number');
      expect((await target.storageReport()).collections).toEqual([]);
    });

    test(`C64 ${damaged} damaged snapshots (seed 5) are refused without a trace, or imported as they are`, async () => {
      const random = seeded(5);
      const sample = sampleSnapshots().at(-1)!;
      let refused = 0;
      for (let run = 0; run < damaged; run++) {
        const bytes = mutate(sample, random);
        const label = `seed 5, run ${run}`;
        const outcome: unknown = await target.import(bytes).catch((reason: unknown) => reason);
        if (outcome instanceof Error) {
          refused += 1;
          expect(outcome, label).toMatchObject({
            code: expect.stringMatching(/^FORMAT_(SNAPSHOT|TOO_NEW)$/) as string,
          });
        }
        const { collections } = await target.storageReport();
        expect(
          collections.some(({ importing }) => importing),
          label,
        ).toBe(false);
        if (outcome instanceof Error) expect(collections, label).toEqual([]);
        else await target.reset();
      }
      expect(refused).toBeGreaterThan(damaged / 2);
    });

    test('C66 the report counts records and bytes, of memory and of the origin', async () => {
      await points(100);
      const empty = await client.createCollection({ name: 'empty', embeddingFunction: null });
      const report = await client.storageReport();
      expect(report.collections).toEqual([
        {
          id: expect.any(String) as string,
          name: 'points',
          tenant: 'default_tenant',
          database: 'default_database',
          records: 100,
          dimensions: 8,
          vectorBytes: 100 * 8 * 4,
          recordBytes: expect.any(Number) as number,
          storedBytes: { vectors: 0, records: 0, index: 0 },
          setAside: 0,
          importing: false,
        },
        expect.objectContaining({
          id: empty.id,
          records: 0,
          dimensions: null,
          vectorBytes: 0,
          recordBytes: 0,
        }) as object,
      ]);
      expect(report.collections[0]?.recordBytes).toBeGreaterThan(100 * 12);
      expect(report.logBytes).toBeGreaterThan(100 * 8 * 4);
      expect(report.state).toBe('ok');
      expect([true, false, null]).toContain(report.persisted);
      expect(await client.persist()).toBeTypeOf('boolean');
    });
  });
}
