/** Snapshots: what was written comes back, and anything else is refused, whatever was done to the bytes (SPEC.md S23). */
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ChromaError } from '../base/errors.js';
import { joined } from '../base/joined.js';
import { unpackText } from '../base/packed-texts.js';
import {
  collectionPart,
  crc32c,
  mutate,
  recordsPart,
  sampleSnapshots,
  seeded,
  snapshotOf,
} from './fixtures/snapshots.js';
import { readSnapshot } from './snapshot-reader.js';
import type { SnapshotPart } from './snapshot-reader.js';
import { encodeFrame, encodeSnapshotHeader, HEADER_BYTES } from './snapshot.js';

async function* cut(bytes: Uint8Array, sizes: number[] = [bytes.length]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(0, sizes[i % sizes.length]!) || 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Uint8Array, sizes?: number[]): Promise<SnapshotPart[]> {
  const parts: SnapshotPart[] = [];
  for await (const part of readSnapshot(cut(bytes, sizes), crc32c)) parts.push(part);
  return parts;
}

async function refusal(bytes: Uint8Array): Promise<ChromaError> {
  const error: unknown = await read(bytes).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ChromaError);
  return error as ChromaError;
}

const [nothing, empty, full] = sampleSnapshots() as [
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
];

describe('a snapshot', () => {
  test('S23 is read as it was written, however its bytes are cut', async () => {
    const parts = await read(full);
    expect(parts.map(({ kind }) => kind)).toEqual([
      'collection',
      'records',
      'records',
      'collection',
      'records',
    ]);
    const [notes, first, second] = parts;
    expect(notes).toMatchObject({
      collection: { name: 'notes', records: 3, dimensions: 3, metadata: { about: 'notes', n: 1 } },
    });
    if (first?.kind !== 'records' || second?.kind !== 'records') throw new Error('no records');
    expect(first.records.ids).toEqual(['a', 'b😀']);
    expect([...first.records.vectors.data]).toEqual([1, 0, -2.5, 0, 0, 0]);
    expect([0, 1].map((i) => unpackText(first.records.documents!, i))).toEqual(['first – ü 🚲', null]);
    expect([...second.records.vectors.data]).toEqual([...new Float32Array([1e-40, 3e38, 1])]);
    expect(second.records.metadatas).toBeNull();
    for (const sizes of [[1], [7], [3, 1000], [HEADER_BYTES], [full.length - 1, 1]]) {
      expect(snapshotOf(await read(full, sizes))).toEqual(full);
    }
    expect(await read(nothing)).toEqual([]);
    expect(await read(empty)).toHaveLength(1);
  });

  test('S23 ends with the SHA-256 of every byte before its last frame, so that any tool can check it', () => {
    const digest = createHash('sha256')
      .update(full.subarray(0, full.length - 48))
      .digest('hex');
    expect(Buffer.from(full.subarray(full.length - 36, full.length - 4)).toString('hex')).toBe(digest);
  });

  test('S23 any records come back equal', async () => {
    const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: null });
    const record = fc.record({
      id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      vector: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }),
      document: text,
      uri: text,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { minLength: 1, maxLength: 20, selector: ({ id }) => id }),
        async (rows) => {
          const bytes = snapshotOf([collectionPart('any', rows.length, 2), recordsPart(...rows)]);
          const parts = await read(bytes, [11, 500]);
          const last = parts[1];
          if (last?.kind !== 'records') throw new Error('no records');
          expect(last.records).toEqual((recordsPart(...rows) as typeof last).records);
          expect(snapshotOf(parts)).toEqual(bytes);
        },
      ),
    );
  });
});

describe('S23 a snapshot is refused', () => {
  const sealed = (...parts: SnapshotPart[]): Uint8Array<ArrayBuffer> => snapshotOf(parts);

  test('when it is cut anywhere, and the place is told', async () => {
    for (let length = 0; length < full.length; length += 3) {
      const error = await refusal(full.subarray(0, length));
      expect(error).toMatchObject({ code: 'FORMAT_SNAPSHOT', details: { offset: length } });
      expect(error.fix).not.toBe('');
    }
  });

  test('when any bit is another', async () => {
    for (let bit = 0; bit < full.length * 8; bit += 5) {
      const bytes = full.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const { code } = await refusal(bytes);
      expect(['FORMAT_SNAPSHOT', 'FORMAT_TOO_NEW'], `bit ${bit}`).toContain(code);
    }
  });

  test('when a newer version is needed to read it', async () => {
    const bytes = full.slice();
    bytes[10] = 2;
    expect(await refusal(bytes)).toMatchObject({ code: 'FORMAT_TOO_NEW', details: { minReader: 2 } });
  });

  test('when something follows its end', async () => {
    expect((await refusal(joined([full, Uint8Array.of(0)]))).message).toContain('more follows its end');
  });

  const point = { id: 'p', vector: [1, 2] };
  test.each<[what: string, bytes: Uint8Array<ArrayBuffer>]>([
    ['a collection claims more records than follow', sealed(collectionPart('x', 2, 2), recordsPart(point))],
    [
      'it has more records than it claims',
      sealed(collectionPart('x', 1, 2), recordsPart(point, { id: 'q', vector: [1, 2] })),
    ],
    ['records have other dimensions', sealed(collectionPart('x', 1, 3), recordsPart(point))],
    ['records have no collection', sealed(recordsPart(point))],
    ['there are no dimensions', sealed(collectionPart('x', 1, null), recordsPart(point))],
    ['there are too many dimensions', sealed(collectionPart('x', 1, 65_537))],
    [
      'a component is NaN',
      sealed(collectionPart('x', 1, 2), recordsPart({ id: 'p', vector: [1, Number.NaN] })),
    ],
    [
      'a component is infinite',
      sealed(collectionPart('x', 1, 1), recordsPart({ id: 'p', vector: [Infinity] })),
    ],
    ['an id is empty', sealed(collectionPart('x', 1, 2), recordsPart({ ...point, id: '' }))],
    ['an id is there twice', sealed(collectionPart('x', 2, 2), recordsPart(point, point))],
  ])('when %s', async (_, bytes) => {
    expect(await refusal(bytes)).toMatchObject({ code: 'FORMAT_SNAPSHOT' });
  });

  test('when a text is no UTF-8, or is cut inside a character', async () => {
    const part = recordsPart({ id: 'ab', vector: [1] }, { id: 'c', vector: [1] });
    if (part.kind !== 'records') throw new Error('no records');
    const texts = (bytes: number[], ends: number[]): typeof part.records.documents => ({
      bytes: Uint8Array.from(bytes),
      ends: Uint32Array.from(ends),
      present: null,
    });
    for (const documents of [
      texts([0xff], [0, 1]),
      texts([0xc3, 0xbc], [1, 2]),
      texts([0xed, 0xa0, 0x80], [0, 3]),
    ]) {
      const bytes = sealed(collectionPart('x', 2, 1), { ...part, records: { ...part.records, documents } });
      expect(await refusal(bytes)).toMatchObject({ code: 'FORMAT_SNAPSHOT' });
    }
  });

  test('a frame that claims 256 MiB costs what has come of it, no more', async () => {
    const header = encodeSnapshotHeader(1);
    const frame = encodeFrame('collection', 0, { pieces: [], length: 0 }, crc32c);
    new DataView(frame.buffer).setUint32(4, 0x1000_0000, true);
    const before = process.memoryUsage().arrayBuffers;
    const error = await refusal(joined([header, frame]));
    expect(error.message).toContain('ends inside frame 0');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    new DataView(frame.buffer).setUint32(4, 0x1000_0004, true);
    expect((await refusal(joined([header, frame]))).message).toContain('claims 268435460 bytes');
  });

  test('keys that mean something to JavaScript are data like any other', async () => {
    const part = collectionPart('x', 0, null);
    if (part.kind !== 'collection') throw new Error('no collection');
    const metadata = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as never;
    const [found] = await read(sealed({ ...part, collection: { ...part.collection, metadata } }));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    if (found?.kind !== 'collection') throw new Error('no collection');
    expect(Object.getOwnPropertyNames(found.collection.metadata)).toEqual(['__proto__', 'constructor']);
  });
});

const RUNS = Number(process.env['KINDEX_FUZZ_RUNS'] ?? 12_000);
const SEED = Number(process.env['KINDEX_FUZZ_SEED'] ?? 20_261_124);

test(`S23 ${RUNS} damaged snapshots (seed ${SEED}) are refused with a place, or say what their bytes say`, async () => {
  const random = seeded(SEED);
  const samples = sampleSnapshots();
  const counts = { refused: 0, accepted: 0 };
  let peak = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutate(samples[Math.min(samples.length - 1, Math.floor(random() * 8))]!, random);
    const label = `seed ${SEED}, run ${run}, ${Buffer.from(bytes).toString('base64')}`;
    let parts: SnapshotPart[];
    try {
      parts = await read(bytes, [1 + Math.floor(random() * 200)]);
    } catch (error) {
      if (!(error instanceof ChromaError)) throw new Error(label, { cause: error });
      expect(['FORMAT_SNAPSHOT', 'FORMAT_TOO_NEW'], `${label}: ${error.message}`).toContain(error.code);
      if (error.code === 'FORMAT_SNAPSHOT') expect(error.details['offset'], label).toBeTypeOf('number');
      counts.refused += 1;
      continue;
    } finally {
      if (run % 100 === 0) peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    }
    counts.accepted += 1;
    // Of the JSON of a collection only what is known goes further; everything else is byte for byte what was read.
    expect(stripped(snapshotOf(parts)), label).toEqual(stripped(bytes));
  }
  expect(counts.refused).toBeGreaterThan(RUNS / 2);
  // Damage that hits nothing, or a value that may as well be another: there must be some, or nothing was compared.
  expect(counts.accepted).toBeGreaterThan(RUNS / 200);
  expect(peak).toBeLessThan(256 * 1024 * 1024);
});

/** The payloads that hold records, and the parsed JSON of the others. */
function stripped(bytes: Uint8Array<ArrayBuffer>): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: unknown[] = [view.getUint32(12, true)];
  for (let at = HEADER_BYTES; at + 12 < bytes.length;) {
    const [kind, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const payload = bytes.subarray(at + 12, at + 12 + length);
    if (kind === 2) found.push(Buffer.from(payload).toString('hex'));
    if (kind === 1) {
      const json = Buffer.from(payload.subarray(12, 12 + view.getUint32(at + 20, true))).toString('utf8');
      const { name, tenant, database, metadata, configuration, schema } = JSON.parse(json) as Record<
        string,
        unknown
      >;
      const { index, embeddingFunction } = configuration as Record<string, Record<string, unknown> | null>;
      const { space, efConstruction, efSearch, maxNeighbors, resizeFactor, syncThreshold } = index ?? {};
      found.push([
        view.getUint32(at + 12, true),
        view.getUint32(at + 16, true),
        name,
        tenant,
        database,
        metadata,
        schema,
      ]);
      found.push([space, efConstruction, efSearch, maxNeighbors, resizeFactor, syncThreshold]);
      found.push([embeddingFunction?.['type'], embeddingFunction?.['name'], embeddingFunction?.['config']]);
    }
    at += length + 16;
  }
  return found;
}
