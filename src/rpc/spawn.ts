/** The only file that starts workers. Bundlers find the worker files by exactly these `new Worker(new URL(…))` literals. */

/** Hosts one database: index, log and IndexedDB. */
export function spawnStoreWorker(name: string): Worker {
  return new Worker(new URL('../../workers/store.worker.js', import.meta.url), { type: 'module', name });
}

/** Hosts the embedding models. */
export function spawnEmbedWorker(name: string): Worker {
  return new Worker(new URL('../../workers/embed.worker.js', import.meta.url), { type: 'module', name });
}
