/** Which result a live query gives follows from what it is asked; must compile and must not. */
import { expectTypeOf, test } from 'vitest';
import type { ChromaClient, Collection, GetResult, QueryResult, Snapshot } from '../inline.js';

declare const notes: Collection;
declare const client: ChromaClient;

test('a query gives query results, a reading gives records', () => {
  expectTypeOf(
    notes.live({ queryTexts: ['a'] }, (result) => expectTypeOf(result).toEqualTypeOf<QueryResult>()),
  ).toEqualTypeOf<() => void>();
  notes.live({ queryEmbeddings: [[1]], nResults: 3 }, (result) =>
    expectTypeOf(result).toEqualTypeOf<QueryResult>(),
  );
  notes.live({ where: { n: 1 } }, (result) => expectTypeOf(result).toEqualTypeOf<GetResult>());
  notes.live<{ n: number }>({}, (result) =>
    expectTypeOf(result.metadatas).toEqualTypeOf<({ n: number } | null)[]>(),
  );
  // @ts-expect-error unknown argument
  notes.live({ whre: {} }, () => {});
  // @ts-expect-error a callback has to be there
  notes.live({});
});

test('snapshots come from what has bytes', () => {
  expectTypeOf(client.export({ collections: ['a'], gzip: true })).resolves.toEqualTypeOf<Snapshot>();
  void client.import(new Blob(), { ifExists: 'replace' });
  void client.import(new Uint8Array(3));
  // @ts-expect-error no bytes
  void client.import('text');
  // @ts-expect-error not one of the three
  void client.import(new Blob(), { ifExists: 'overwrite' });
});
