/** get and query: rows found by src/query become ids, texts and vectors. Nothing here changes anything (SPEC.md S10). */
import { kindexError } from '../base/errors.js';
import type { Include } from '../base/types.js';
import type { Core } from '../core/core.js';
import { executeNearest, missingRows, planNearest } from '../query/nearest.js';
import type { NearestRequest } from '../query/nearest.js';
import { selectRows } from '../query/select-rows.js';
import type { GetReply, GetRequest, QueryReply, QueryRequest } from '../rpc/service.js';
import { checkQueryVectors } from './check-batch.js';
import type { CollectionState } from './collection-state.js';
import { checkLimit } from './deletes.js';
import { candidateRows, parseSelection } from './selection.js';
import type { FilterLanguage } from './selection.js';
import type { TextColumn } from './text-column.js';
import { checkDimensions } from './writes.js';

const MAX_RESULTS = 0x7fff_ffff;

/** Insertion order. @throws VALUE_IDS … VALUE_LIMIT · VALUE_INCLUDE, and what `parseFilter` throws */
export async function getRecords(
  collection: CollectionState,
  request: GetRequest,
  filters: FilterLanguage,
): Promise<GetReply> {
  const { ids, limit, offset, include } = request;
  checkLimit('limit', limit);
  checkLimit('offset', offset);
  if (include.includes('distances'))
    throw kindexError('VALUE_INCLUDE', 'distances is not allowed for this operation.');
  const { filter } = parseSelection(request, filters);
  filters.checkIndexed(filter, collection.stored.schema);
  const rows = selectRows(collection, {
    filter,
    ...(ids === undefined ? {} : { candidates: candidateRows(collection, ids) }),
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
  });
  return columnsOf(collection, rows, include);
}

/** @throws as `getRecords` · VALUE_N_RESULTS · VALUE_EMBEDDING · VALUE_NOT_FINITE · VALUE_DIMENSION */
export async function queryRecords(
  collection: CollectionState,
  request: QueryRequest,
  { core, filters, check }: { core: Core; filters: FilterLanguage; check: () => void },
): Promise<QueryReply> {
  const { ids, vectors, nResults, include } = request;
  // Before anything is looked at: from there to the reply nothing may change.
  const rescoring = collection.rescores ? await import('./rescored.js') : null;
  if (rescoring) check();
  if (!Number.isInteger(nResults) || nResults < 1 || nResults > MAX_RESULTS) {
    throw kindexError(
      'VALUE_N_RESULTS',
      `nResults must be an integer from 1 to ${MAX_RESULTS}, got ${String(nResults)}.`,
      {
        details: { nResults: String(nResults) },
      },
    );
  }
  checkQueryVectors(vectors, core);
  checkDimensions(vectors, collection);
  const { filter } = parseSelection(request, filters);
  filters.checkIndexed(filter, collection.stored.schema);
  const nearest: NearestRequest = {
    vectors,
    k: nResults,
    filter,
    ...(ids === undefined ? {} : { candidates: candidateRows(collection, ids) }),
  };
  const { vectors: stored } = collection;
  const wide = { ...nearest, k: rescoring?.candidatesFor(nResults) ?? nResults };
  const plan = planNearest(wide, collection);
  // What is not in memory yet is read before it is answered: an answer is never less exact for that.
  for (;;) {
    const missing = missingRows(plan, wide, collection);
    if (missing.length === 0) break;
    await stored.load(missing);
    check();
  }
  const hits = executeNearest(plan, wide, collection);
  const results = hits.map(async ({ rows, distances }, i) => {
    const columns = columnsOf(collection, rows, include);
    if (!rescoring)
      return { ...(await columns), distances: include.includes('distances') ? distances : null };
    const query = vectors.data.subarray(i * vectors.dimensions, (i + 1) * vectors.dimensions);
    return rescoring.rescored(collection, { rows, columns, query, nResults, include });
  });
  return { results: await Promise.all(results) };
}

/** What the rows hold, in the order given. */
async function columnsOf(
  collection: CollectionState,
  rows: Uint32Array<ArrayBuffer>,
  include: Include[],
): Promise<GetReply> {
  const texts = (field: Include, column: TextColumn): (string | null)[] | null =>
    include.includes(field) ? column.texts(rows) : null;
  // All of one moment; only vectors may have to be waited for.
  const embeddings = include.includes('embeddings') ? collection.vectors.read(rows) : null;
  const columns = {
    ids: Array.from(rows, (row) => collection.rows.idOf(row)!),
    documents: texts('documents', collection.documents),
    metadatas: texts('metadatas', collection.metadatas),
    uris: texts('uris', collection.uris),
  };
  return { ...columns, embeddings: await embeddings };
}
