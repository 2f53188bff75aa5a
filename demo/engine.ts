/** Opens the page's one store and its one collection; everything else here asks this for them. */
import { ChromaClient, type Collection } from 'kindex';

const STORAGE = 'indexeddb:kindex-demo';
/** The collection the search view lives on. */
export const LIBRARY_COLLECTION = 'library';

/** Collection metadata: kept in the store itself, so that it is lost only together with the records it speaks of. */
const SAMPLES_LOADED = 'samples_loaded';

export interface Engine {
  readonly client: ChromaClient;
  readonly collection: Collection;
}

/** Rejects with what the store says. */
export async function openEngine(): Promise<Engine> {
  return withCollection(new ChromaClient({ storage: STORAGE }));
}

/** The same store with the collection as it is now: another tab may have made it anew. */
export function reopenEngine({ client }: Engine): Promise<Engine> {
  return withCollection(client);
}

async function withCollection(client: ChromaClient): Promise<Engine> {
  return { client, collection: await client.getOrCreateCollection({ name: LIBRARY_COLLECTION }) };
}

/** Whether the samples were once stored completely; deleting them afterwards does not change it. */
export function haveSamplesLoaded({ collection }: Engine): boolean {
  return collection.metadata?.[SAMPLES_LOADED] === true;
}

export async function markSamplesLoaded({ collection }: Engine): Promise<void> {
  await collection.modify({ metadata: { ...collection.metadata, [SAMPLES_LOADED]: true } });
}

/** Drops every record and the log behind them; the samples count as seen, so that they do not come back by themselves. */
export async function recreateEmpty({ client }: Engine): Promise<Engine> {
  await client.deleteCollection({ name: LIBRARY_COLLECTION });
  const engine = await withCollection(client);
  await markSamplesLoaded(engine);
  return engine;
}
