/** What reads return: Chroma's column-wise results, with `rows()` to look at them record by record. */
import type { Include, Metadata } from '../base/types.js';

interface GetResultFields<TMeta extends Metadata> {
  ids: string[];
  documents: (string | null)[];
  embeddings: number[][];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
  include: Include[];
}

/** One record of a `GetResult`; fields that were not included are undefined. */
export interface GetResultRow<TMeta extends Metadata = Metadata> {
  id: string;
  document: string | null | undefined;
  embedding: number[] | undefined;
  metadata: TMeta | null | undefined;
  uri: string | null | undefined;
}

/** Records by column. A column that was not included is `[]`; an included one has one entry per id, null where absent. */
export class GetResult<TMeta extends Metadata = Metadata> {
  readonly ids: string[];
  readonly documents: (string | null)[];
  readonly embeddings: number[][];
  readonly metadatas: (TMeta | null)[];
  readonly uris: (string | null)[];
  readonly include: Include[];

  constructor(fields: GetResultFields<TMeta>) {
    this.ids = fields.ids;
    this.documents = fields.documents;
    this.embeddings = fields.embeddings;
    this.metadatas = fields.metadatas;
    this.uris = fields.uris;
    this.include = fields.include;
  }

  /** The same records, one object each, in the same order. */
  rows(): GetResultRow<TMeta>[] {
    return this.ids.map((id, i) => recordRow<TMeta>(id, i, this, this.include));
  }
}

interface QueryResultFields<TMeta extends Metadata> {
  ids: string[][];
  distances: (number | null)[][];
  documents: (string | null)[][];
  embeddings: (number[] | null)[][];
  metadatas: (TMeta | null)[][];
  uris: (string | null)[][];
  include: Include[];
}

/** One hit: a record with its distance to the query, lower is nearer. */
export interface QueryRowResult<TMeta extends Metadata = Metadata> {
  id: string;
  distance?: number | null | undefined;
  document?: string | null | undefined;
  embedding?: number[] | null | undefined;
  metadata?: TMeta | null | undefined;
  uri?: string | null | undefined;
}

/** Hits by query, then by column: `ids[q][i]` is the i-th nearest record to query q. Columns not included are `[]`. */
export class QueryResult<TMeta extends Metadata = Metadata> {
  readonly ids: string[][];
  readonly distances: (number | null)[][];
  readonly documents: (string | null)[][];
  readonly embeddings: (number[] | null)[][];
  readonly metadatas: (TMeta | null)[][];
  readonly uris: (string | null)[][];
  readonly include: Include[];

  constructor(fields: QueryResultFields<TMeta>) {
    this.ids = fields.ids;
    this.distances = fields.distances;
    this.documents = fields.documents;
    this.embeddings = fields.embeddings;
    this.metadatas = fields.metadatas;
    this.uris = fields.uris;
    this.include = fields.include;
  }

  /** One list of hits per query, nearest first. */
  rows(): QueryRowResult<TMeta>[][] {
    return this.ids.map((ids, q) =>
      ids.map((id, i) => ({
        ...recordRow<TMeta>(
          id,
          i,
          {
            documents: this.documents[q] ?? [],
            embeddings: this.embeddings[q] ?? [],
            metadatas: this.metadatas[q] ?? [],
            uris: this.uris[q] ?? [],
          },
          this.include,
        ),
        distance: this.include.includes('distances') ? this.distances[q]?.[i] : undefined,
      })),
    );
  }
}

interface Columns<TMeta extends Metadata> {
  documents: (string | null)[];
  embeddings: (number[] | null)[];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
}

function recordRow<TMeta extends Metadata>(
  id: string,
  i: number,
  columns: Columns<TMeta>,
  include: Include[],
): GetResultRow<TMeta> {
  return {
    id,
    document: include.includes('documents') ? columns.documents[i] : undefined,
    embedding: include.includes('embeddings') ? (columns.embeddings[i] ?? undefined) : undefined,
    metadata: include.includes('metadatas') ? columns.metadatas[i] : undefined,
    uri: include.includes('uris') ? columns.uris[i] : undefined,
  };
}
