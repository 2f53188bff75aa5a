/** The peers of case `peers`: what each is, and the settings it is measured with. */

/**
 * `package`: npm's name, null for our own engine. `parameter`: what trades speed for recall in a search, with its range; null where
 * nothing does, or only when the index is made. `settings`: beside M and efConstruction, which all
 * with a graph share.
 * @typedef {{
 *   name: string,
 *   place: 'chromium' | 'node',
 *   package: string | null,
 *   parameter: { name: string, low: number, high: number } | null,
 *   settings: string,
 * }} PeerEntry
 */

const EF = { name: 'ef', low: 10, high: 1000 };
const HNSWLIB = 'inner product';
const EDGEVEC = 'l2 (under cosine and dot it answers with the farthest)';

/** @type {readonly PeerEntry[]} */
export const PEERS = [
  entry('kindex_int8', 'chromium', null, EF, 'int8 codes, rescored in float32'),
  entry('kindex_f32', 'chromium', null, EF, 'float32'),
  entry('kindex_exact', 'chromium', null, null, 'no graph: every row compared in float32'),
  entry('hnswlib_wasm', 'chromium', 'hnswlib-wasm', EF, HNSWLIB),
  entry(
    'edgevec',
    'chromium',
    'edgevec',
    null,
    `${EDGEVEC}, insertBatchFlat, ef_search 24, fixed when the index is made`,
  ),
  entry(
    'edgevec_wide',
    'chromium',
    'edgevec',
    null,
    `${EDGEVEC}, insertBatchFlat, ef_search 64, fixed when the index is made`,
  ),
  entry(
    'edgevec_binary',
    'chromium',
    'edgevec',
    { name: 'rescore factor', low: 1, high: 100 },
    `${EDGEVEC}, enableBQ, insert, searchBQRescored`,
  ),
  entry('mememo', 'chromium', 'mememo', EF, 'cosine-normalized, in memory (useIndexedDB: false)'),
  entry(
    'pgvector',
    'chromium',
    '@electric-sql/pglite-pgvector',
    { name: 'hnsw.ef_search', low: 10, high: 1000 },
    'PGlite in memory, binary COPY, then CREATE INDEX … USING hnsw (vector_ip_ops), maintenance_work_mem 512MB, enable_seqscan off',
  ),
  entry('orama', 'chromium', '@orama/orama', null, 'exact; mode vector, similarity 0'),
  entry('voy', 'chromium', 'voy-search', null, 'k-d tree; one resource of all rows'),
  entry('int8', 'node', null, EF, 'int8 codes, rescored in float32'),
  entry('f32', 'node', null, EF, 'float32'),
  entry('hnswlib_sse', 'node', 'hnswlib-node', EF, `${HNSWLIB}; native, as npm builds it`),
  entry('hnswlib_avx2', 'node', 'hnswlib-node', EF, `${HNSWLIB}; native, compiled for AVX2`),
  entry('usearch', 'node', 'usearch', EF, 'native prebuild, ip, f32, one thread'),
  entry('usearch_i8', 'node', 'usearch', EF, 'native prebuild, cos, i8, one thread'),
];

/**
 * @param {string} name
 * @param {PeerEntry['place']} place
 * @param {string | null} packageName
 * @param {PeerEntry['parameter']} parameter
 * @param {string} settings
 * @returns {PeerEntry}
 */
function entry(name, place, packageName, parameter, settings) {
  return { name, place, package: packageName, parameter, settings };
}
