/** Snapshots imported one after the other into a store of this page, and what was there afterwards. No imports but texts: it runs in Node too. */
import { codeOf } from './texts.mjs';

/** @typedef {import('../read-snapshot.mjs').Said} Said */
/** @typedef {{ code: string, ms: number, left: number, said: string }} Tried `left`: collections, of a refused one; `said`: as `textOf` */

/** The same text for the same content, whatever the order of keys. @param {Said[]} said */
export const textOf = (said) =>
  JSON.stringify(said, (_, value) =>
    Object.is(value, -0)
      ? '-0'
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  );

/** Everything in a store, as the public API gives it, each collection also asked a query. @param {any} client @returns {Promise<Said[]>} */
async function saidBy(client) {
  /** @type {Said[]} */
  const said = [];
  for (const collection of await client.listCollections()) {
    const found = await collection.get({ include: ['documents', 'metadatas', 'embeddings', 'uris'] });
    const rows = found.ids.map((/** @type {string} */ id, /** @type {number} */ i) => [
      id,
      Array.from(found.embeddings[i]),
      found.documents[i] ?? null,
      found.metadatas[i] ?? null,
      found.uris[i] ?? null,
    ]);
    said.push({ name: collection.name, metadata: collection.metadata ?? null, rows });
    if (rows.length > 0) await collection.query({ queryEmbeddings: [rows[0][1]], nResults: 3 });
  }
  return said.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {any} client empty, and so it is afterwards @param {Uint8Array} bytes @returns {Promise<Tried>} */
export async function tryImport(client, bytes) {
  const start = performance.now();
  /** @type {Tried} */
  const tried = { code: 'ok', ms: 0, left: 0, said: '' };
  try {
    await client.import(new Blob([/** @type {BlobPart} */ (bytes)]));
    tried.ms = performance.now() - start;
    tried.said = textOf(await saidBy(client));
  } catch (error) {
    tried.code = codeOf(error);
    tried.ms = performance.now() - start;
  }
  const there = await client.listCollections();
  if (tried.code !== 'ok') tried.left = there.length;
  for (const { name } of there) await client.deleteCollection({ name });
  return tried;
}
