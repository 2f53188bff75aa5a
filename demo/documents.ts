/** Words of the demo: a source document, its passages, and what is kept beside each stored passage. */

export type DocumentKind = 'note' | 'markdown' | 'html' | 'csv' | 'json' | 'text';

/** Where a document came from: shipped with the page, or added by its user. */
export type Origin = 'sample' | 'file';

/** A piece of a document short enough to be one search hit. */
export interface Passage {
  /** What the passage stands under: section headings, a table row; empty where there is nothing to say. */
  heading: string;
  text: string;
}

export interface SourceDocument {
  /** Unique in the library; reading the same path again replaces what is stored. */
  path: string;
  title: string;
  /** Shown before the title and groups the list of sources; empty for a lone file. */
  folder: string;
  /** Words embedded with each passage besides title and heading; empty where there are none. */
  context: string;
  kind: DocumentKind;
  origin: Origin;
  /** Length of the whole text: tells how far reading has come. */
  characters: number;
  /** Drawn one at a time, so that a large file can be split in slices. */
  passages: Iterable<Passage>;
}

/** Stored with each passage; `heading` is left out when empty, as is `folder`. */
export interface PassageMetadata {
  path: string;
  title: string;
  kind: DocumentKind;
  origin: Origin;
  /** Position of the passage in its document, from 0. */
  part: number;
  folder?: string;
  heading?: string;
}

/** Record ids are made of path and position, so that a document read again meets its own records. */
export function passageId(path: string, part: number): string {
  return `${path}#${part}`;
}

/** The metadata of a stored passage; null for a record of another kind, put into the collection by hand. */
export function parsePassageMetadata(metadata: unknown): PassageMetadata | null {
  const fields = metadata as Partial<PassageMetadata> | null;
  if (
    typeof fields?.path !== 'string' ||
    typeof fields.title !== 'string' ||
    typeof fields.part !== 'number' ||
    typeof fields.kind !== 'string' ||
    typeof fields.origin !== 'string'
  ) {
    return null;
  }
  return fields as PassageMetadata;
}
