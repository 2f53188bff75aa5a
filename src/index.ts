/** Door `kindex` in browsers: the client over a worker. */
export { AdminClient } from './client/admin-client.js';
export { ChromaClient, ChromaClient as KindexClient } from './client/chroma-client.js';
export * from './client/surface.js';
