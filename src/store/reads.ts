/** get and query: rows found by src/query become ids, texts and vectors. Nothing here changes anything (SPEC.md S10). */
import { kindexError } from '../base/errors.js';
import type { Include } from '../base/types.js';
import type { Core } from '../core/core.js';
import { executeNearest, planNearest } from '../query/nearest.js';
import type { NearestRequest } from '../query/nearest.js';
import { selectRows } from '../query/select-rows.js';
import type { GetReply, GetRequest, QueryReply, QueryRequest } from '../rpc/service.js';
import { checkQueryVectors } from './check-batch.js';
import type { CollectionState } from './collection-state.js';
import { checkLimit } from './deletes.js';
import { candidateRows, parseSelection } from './selection.js';
import type { FilterLanguage } from './selection.js';
import { checkDimensions } from './writes.js';

const MAX_RESULTS = 0x7fff_ffff;

/** Insertion order. @throws VALUE_IDS … VALUE_LIMIT · VALUE_INCLUDE, and what `parseFilter` throws */
export function getRecords(
  collection: CollectionState,
  request: GetRequest,
  filters: FilterLanguage,
): GetReply {
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
export function queryRecords(
  collection: CollectionState,
  request: QueryRequest,
  { core, filters }: { core: Core; filters: FilterLanguage },
): QueryReply {
  const { ids, vectors, nResults, include } = request;
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
  const hits = executeNearest(planNearest(nearest, collection), nearest, collection);
  return {
    results: hits.map(({ rows, distances }) => ({
      ...columnsOf(collection, rows, include),
      distances: include.includes('distances') ? distances : null,
    })),
  };
}

/** What the rows hold, in the order given. */
function columnsOf(collection: CollectionState, rows: Uint32Array, include: Include[]): GetReply {
  const texts = (field: Include, column: { text(row: number): string | null }): (string | null)[] | null =>
    include.includes(field) ? Array.from(rows, (row) => column.text(row)) : null;
  return {
    ids: Array.from(rows, (row) => collection.rows.idOf(row)!),
    documents: texts('documents', collection.documents),
    metadatas: texts('metadatas', collection.metadatas),
    uris: texts('uris', collection.uris),
    embeddings: include.includes('embeddings') ? collection.vectorsOf(rows) : null,
  };
}
