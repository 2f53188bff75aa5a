/** Results of a search by codes measured anew over vectors that are read for it (SPEC.md S56). Loaded with the first. */
import type { Include } from '../base/types.js';
import { rescore } from '../core/rescore.js';
import type { GetReply, QueryReply } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import { gatherMatrix } from './gather.js';

const MAX_RESULTS = 0x7fff_ffff;

/** How many are measured anew: of the order by codes alone some is lost. */
export function candidatesFor(k: number): number {
  return Math.min(MAX_RESULTS, Math.ceil(1.5 * k) + 5);
}

interface Found {
  rows: Uint32Array<ArrayBuffer>;
  /** What `rows` hold, of the same moment. */
  columns: Promise<GetReply>;
  query: Float32Array;
  nResults: number;
  include: Include[];
}

/** Begins to read at once, so that vectors are of the moment of `columns`. @throws FORMAT_CORRUPT, which ends the store */
export async function rescored(
  collection: CollectionState,
  { rows, columns, query, nResults, include }: Found,
): Promise<QueryReply['results'][number]> {
  const { space } = collection.stored.configuration.index;
  const [vectors, all] = await Promise.all([collection.vectors.read(rows), columns]);
  const best = rescore(query, nResults, { space, rows, vectors });
  const places = Array.from(best.rows, (row) => rows.indexOf(row));
  return { ...picked(all, places), distances: include.includes('distances') ? best.distances : null };
}

function picked(
  { ids, documents, metadatas, uris, embeddings }: GetReply,
  places: readonly number[],
): GetReply {
  const pick = <T>(column: T[] | null): T[] | null => column && places.map((place) => column[place]!);
  return {
    ids: places.map((place) => ids[place]!),
    documents: pick(documents),
    metadatas: pick(metadatas),
    uris: pick(uris),
    embeddings: embeddings && gatherMatrix(embeddings, Uint32Array.from(places)),
  };
}
