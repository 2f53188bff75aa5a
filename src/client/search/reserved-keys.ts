/** The two record fields that are reached by a key although they are not metadata. Other names beginning with `#` are reserved too. */

/** The document's text. */
export const DOCUMENT_KEY = '#document';

/** The record's own vector. */
export const EMBEDDING_KEY = '#embedding';
