/** What `collection.search` returns: one list per search, column by column. */
import type { Metadata } from '../../base/types.js';

/** The answer to a batch of searches. A column is null for a search that did not select it. */
export interface SearchResponse {
  ids: string[][];
  documents: ((string | null)[] | null)[];
  embeddings: ((number[] | null)[] | null)[];
  metadatas: ((Metadata | null)[] | null)[];
  scores: ((number | null)[] | null)[];
  /** The keys each search selected. */
  select: unknown[][];
}

/** One record found; what it does not have, or was not selected, is left out. */
export interface SearchResultRow {
  id: string;
  document?: string | null;
  embedding?: number[] | null;
  metadata?: Metadata | null;
  /** Lower is better. */
  score?: number | null;
}

/** Hits by search, then by column: `ids[s][i]` is the i-th hit of search s. */
export class SearchResult {
  readonly ids: string[][];
  readonly documents: ((string | null)[] | null)[];
  readonly embeddings: ((number[] | null)[] | null)[];
  readonly metadatas: ((Metadata | null)[] | null)[];
  readonly scores: ((number | null)[] | null)[];
  readonly select: unknown[][];

  constructor(response: SearchResponse) {
    const { ids, documents, embeddings, metadatas, scores, select } = response;
    this.ids = ids;
    this.documents = perSearch(documents, ids.length);
    this.embeddings = perSearch(embeddings, ids.length);
    this.metadatas = perSearch(metadatas, ids.length);
    this.scores = perSearch(scores, ids.length);
    this.select = select ?? [];
  }

  /** One list of hits per search, best first. */
  rows(): SearchResultRow[][] {
    return this.ids.map((ids, s) =>
      ids.map((id, i) => {
        const row: SearchResultRow = { id };
        const document = this.documents[s]?.[i];
        const embedding = this.embeddings[s]?.[i];
        const metadata = this.metadatas[s]?.[i];
        const score = this.scores[s]?.[i];
        if (document !== null && document !== undefined) row.document = document;
        if (embedding) row.embedding = embedding;
        if (metadata) row.metadata = metadata;
        if (score !== null && score !== undefined) row.score = score;
        return row;
      }),
    );
  }
}

/** One entry per search, null where the answer has none. */
function perSearch<T>(column: (T[] | null)[] | undefined, searches: number): (T[] | null)[] {
  return Array.from({ length: searches }, (_, s) => column?.[s]?.slice() ?? null);
}
