/** The nearest rows of one or many query vectors: a request becomes a plan, which is data, and the plan is run. */
import type { Matrix, Row } from '../base/types.js';
import type { Filter } from '../filter/filter.js';
import type { SearchHits, VectorIndex } from '../vector-index/vector-index.js';
import type { ReadView } from './read-view.js';
import { selectRowBits } from './select-rows.js';

export interface NearestRequest {
  /** One row per query. */
  vectors: Matrix;
  /** At least 1; fewer come back when fewer match. */
  k: number;
  /** Live rows, ascending. Default: all. */
  candidates?: Uint32Array;
  filter?: Filter | null;
}

/** JSON-able: what will be done, before anything is computed. */
export interface NearestPlan {
  node: 'nearest';
  engine: VectorIndex['kind'] | 'none';
  queries: number;
  /** Results of each query. */
  k: number;
  /** Where the rows that may come back are from. */
  source: { node: 'all'; rows: number } | { node: 'select'; candidates: number; filtered: boolean };
}

export function planNearest(request: NearestRequest, view: ReadView): NearestPlan {
  const candidates = request.candidates?.length ?? view.size;
  const filtered = (request.filter ?? null) !== null;
  return {
    node: 'nearest',
    engine: view.index?.kind ?? 'none',
    queries: request.vectors.rows,
    k: Math.min(request.k, candidates),
    source:
      request.candidates === undefined && !filtered
        ? { node: 'all', rows: candidates }
        : { node: 'select', candidates, filtered },
  };
}

/**
 * Hits of each query vector, nearest first, ties in insertion order; none in a collection never written to.
 * @throws VALUE_DIMENSION when the vectors are not as long as the collection's
 */
export function executeNearest(plan: NearestPlan, request: NearestRequest, view: ReadView): SearchHits[] {
  const { vectors } = request;
  const { index } = view;
  const { k, allow } = selected(plan, request, view);
  return Array.from({ length: plan.queries }, (_, i) => {
    if (index === null || k === 0)
      return { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };
    return index.search(queryAt(vectors, i), k, allow === undefined ? {} : { allow });
  });
}

/** Rows whose vectors the index has to be given before the plan is carried out; none, mostly. Throws what carrying it out throws. */
export function missingRows(
  plan: NearestPlan,
  request: NearestRequest,
  view: ReadView,
): Uint32Array<ArrayBuffer> {
  const { index } = view;
  if (index?.missing === undefined || index.absent === 0) return new Uint32Array(0);
  const { k, allow } = selected(plan, request, view);
  if (k === 0) return new Uint32Array(0);
  const rows = new Set<Row>();
  for (let i = 0; i < plan.queries; i++) {
    const options = allow === undefined ? {} : { allow };
    for (const row of index.missing(queryAt(request.vectors, i), k, options)) rows.add(row);
  }
  return Uint32Array.from(rows).sort();
}

function queryAt({ data, dimensions }: Matrix, i: number): Float32Array {
  return data.subarray(i * dimensions, (i + 1) * dimensions);
}

function selected(
  plan: NearestPlan,
  request: NearestRequest,
  view: ReadView,
): { k: number; allow: Uint32Array | undefined } {
  const { index } = view;
  let { k } = plan;
  let allow: Uint32Array | undefined;
  if (plan.source.node === 'select' && index !== null) {
    const { bits, size } = selectRowBits(view, {
      filter: request.filter ?? null,
      ...(request.candidates === undefined ? {} : { candidates: request.candidates }),
    });
    k = Math.min(k, size);
    allow = bits;
  }
  return { k, allow };
}
