/** Names of types that chromadb exports for records on their way: for code that mentions them. */
import type { Metadata } from '../base/types.js';
import type { RecordSet } from './check-records.js';

/** Metadata of a collection: the same kinds of values as of a record. */
export type CollectionMetadata = Metadata;

export type BaseRecordSet = Omit<RecordSet, 'ids'>;

export interface PreparedRecordSet extends Omit<RecordSet, 'embeddings'> {
  embeddings?: number[][] | string[];
}

export interface PreparedInsertRecordSet extends PreparedRecordSet {
  embeddings: number[][] | string[];
}

export interface QueryRecordSet extends BaseRecordSet {
  ids?: string[];
  embeddings: number[][];
}
