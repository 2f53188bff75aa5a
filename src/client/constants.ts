/** chromadb's constants, value for value. */

/** The five parts of a record that a read may ask for, by name. */
export const IncludeEnum = {
  distances: 'distances',
  documents: 'documents',
  embeddings: 'embeddings',
  metadatas: 'metadatas',
  uris: 'uris',
} as const;
export type IncludeEnum = (typeof IncludeEnum)[keyof typeof IncludeEnum];

/** How far a read must look. There is one store and it is always up to date: all three read everything. */
export const ReadLevel = {
  INDEX_AND_WAL: 'index_and_wal',
  INDEX_ONLY: 'index_only',
  INDEX_AND_BOUNDED_WAL: 'index_and_bounded_wal',
} as const;
export type ReadLevel = (typeof ReadLevel)[keyof typeof ReadLevel];

export const baseRecordSetFields: string[] = ['ids', 'embeddings', 'metadatas', 'documents', 'uris'];

/** With `ids` twice, as in chromadb. */
export const recordSetFields: string[] = [...baseRecordSetFields, 'ids'];
