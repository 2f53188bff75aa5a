/** Repairing a store with damaged records: what can be made again from the text is, the rest is listed or given up. */
import type { Metadata } from '../base/types.js';
import type { DamageNote, SetAsideRecord, StoreService } from '../rpc/service.js';
import type { Collection } from './collection.js';

export interface RepairArgs {
  /** True: gives up what cannot be made again: records set aside are deleted, a log damaged in the middle is cut off there. Default false. */
  drop?: boolean;
}

export interface RepairReport {
  /** What opening found. */
  damage: DamageNote[];
  /** Records that are whole again, with the embedding of their document; they count as written last. */
  recovered: number;
  /** Records deleted, because `drop` was asked for. */
  dropped: number;
  /** Records that still miss a part. */
  setAside: SetAsideRecord[];
}

/** Records embedded and written at a time. */
const STEP = 500;

interface Repairing {
  store: StoreService;
  collectionOf(id: string): Promise<Collection>;
}

/** Rejects with what embedding and writing reject with; what was recovered until then stays. */
export async function repair(
  { store, collectionOf }: Repairing,
  { drop = false }: RepairArgs,
): Promise<RepairReport> {
  const { damage, state } = await store.diagnostics();
  // What is read-only is given up first: nothing could be written before.
  let dropped = 0;
  if (drop && state === 'read-only') await store.dropDamaged({ what: 'log' });
  let recovered = 0;
  if (drop || state !== 'read-only') {
    const all = await listAll(store);
    for (const id of new Set(all.map(({ collectionId }) => collectionId))) {
      const records = all.filter(({ collectionId }) => collectionId === id);
      recovered += await embedAgain(await collectionOf(id), records);
    }
  }
  if (drop) ({ dropped } = await store.dropDamaged({ what: 'records' }));
  return { damage, recovered, dropped, setAside: await listAll(store) };
}

async function listAll(store: StoreService): Promise<SetAsideRecord[]> {
  const all: SetAsideRecord[] = [];
  for (;;) {
    const some = await store.listSetAside({ limit: STEP, offset: all.length });
    all.push(...some);
    if (some.length < STEP) return all;
  }
}

/** Of records that miss nothing but an embedding, where the collection knows how to make one of the text. */
async function embedAgain(collection: Collection, records: SetAsideRecord[]): Promise<number> {
  if (!collection.embeddingFunction) return 0;
  const able = records.filter(
    ({ lost, document }) => lost.length === 1 && lost[0] === 'embedding' && document,
  );
  // A column is given for all records of a call or for none.
  for (const same of [able.filter(({ uri }) => uri !== null), able.filter(({ uri }) => uri === null)]) {
    for (let from = 0; from < same.length; from += STEP) {
      const some = same.slice(from, from + STEP);
      await collection.upsert({
        ids: some.map(({ id }) => id!),
        documents: some.map(({ document }) => document!),
        metadatas: some.map(({ metadata }) => (metadata === null ? null : JSON.parse(metadata)) as Metadata),
        ...(some[0]!.uri === null ? {} : { uris: some.map(({ uri }) => uri!) }),
      });
    }
  }
  return able.length;
}
