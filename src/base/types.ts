/** Words every folder shares: spaces, rows, matrices, metadata, packed texts. No behaviour. */

/** How far apart two vectors are. `l2` is squared, `ip` is 1 − dot, `cosine` is 1 − cos; lower is nearer in all three. */
export type Space = 'l2' | 'cosine' | 'ip';

/**
 * Names a call that changes something, so that it can be sent again and still takes effect once. `client` is unique to the
 * sender (1 to 64 ASCII characters), `n` counts its calls from 1; every call below `answered` has been answered.
 */
export interface RequestId {
  client: string;
  n: number;
  answered: number;
  /** True: the argument is gone. Whoever carried the request out gives its reply; nobody carries it out now. */
  probe?: boolean;
}

/** Position of a record inside one collection: u32, given in order of first write, never given twice. */
export type Row = number;

/** `rows` vectors of `dimensions` numbers each, row-major: `data.length === rows * dimensions`. */
export interface Matrix {
  data: Float32Array<ArrayBuffer>;
  rows: number;
  dimensions: number;
}

/** Sparse term weights: `indices` strictly increasing u32, `values` finite, both of one length. */
export interface SparseVector {
  indices: number[];
  values: number[];
  tokens?: string[] | null;
}

export type MetadataScalar = string | number | boolean;
export type MetadataValue = MetadataScalar | SparseVector | string[] | number[] | boolean[] | null;

/** What a user keeps beside a record. `null` as a value deletes that key on update and upsert. */
export type Metadata = Record<string, MetadataValue>;

/** The five parts of a record that a read may ask for. */
export type Include = 'distances' | 'documents' | 'embeddings' | 'metadatas' | 'uris';

/**
 * Texts as one UTF-8 buffer, so that any number of them crosses threads as two transfers and lies in the log as it came.
 * Text i is `bytes[ends[i-1] ?? 0, ends[i])`; it is absent (null) where `present` exists and `present[i] === 0`.
 */
export interface PackedTexts {
  bytes: Uint8Array<ArrayBuffer>;
  /** Exclusive end of each text, ascending; length = number of texts. */
  ends: Uint32Array<ArrayBuffer>;
  present: Uint8Array<ArrayBuffer> | null;
}

/** The embedding function a collection remembers: rebuilt from `name` and `config`; `legacy` ones cannot be rebuilt. */
export type StoredEmbeddingFunction =
  | { type: 'known'; name: string; config: Record<string, unknown> }
  | { type: 'legacy' };

/** Index parameters as stored; Chroma's snake-case wire names exist only in `client/wire.ts`. */
export interface IndexConfiguration {
  space: Space;
  efConstruction: number;
  efSearch: number;
  maxNeighbors: number;
  resizeFactor: number;
  syncThreshold: number;
  /** Where f32 vectors are kept: beside the codes, or in segments alone. Absent: `memory`. */
  vectors?: VectorResidence;
  /** What a graph is walked by. Absent: `int8`. */
  precision?: VectorPrecision;
}

/**
 * `memory`: f32 vectors and codes are in memory, distances are exact. `disk`: memory holds codes of one byte a dimension and the graph,
 * distances are those of the codes. `disk-rescored`: the same, and the nearest are measured anew over vectors read from the storage.
 */
export type VectorResidence = 'memory' | 'disk' | 'disk-rescored';

/** `int8`: a graph is walked over codes, and results are measured over f32. `f32`: floats throughout. */
export type VectorPrecision = 'int8' | 'f32';

export interface CollectionConfigurationRecord {
  index: IndexConfiguration;
  embeddingFunction: StoredEmbeddingFunction | null;
}

/** One collection as the store describes it. `dimensions` is null until the first vector is written, then fixed for ever. */
export interface CollectionRecord {
  id: string;
  name: string;
  tenant: string;
  database: string;
  metadata: Metadata | null;
  configuration: CollectionConfigurationRecord;
  /** Chroma's JSON of the schema it was created with; absent without one. */
  schema?: Record<string, unknown>;
  dimensions: number | null;
}
