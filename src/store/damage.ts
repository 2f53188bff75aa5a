/** What opening found damaged, in words for diagnostics: one note for each thing, none passed over (SPEC.md S16, S51, S52). */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { Head } from '../format/head.js';
import type { DamageNote } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import type { LogStop } from './replay.js';

/** Segments of records that could not be read while a generation was loaded in part. */
export class LostSegments {
  readonly errors: ChromaError[] = [];

  segment(error: ChromaError): void {
    this.errors.push(error);
  }
}

/** Of a collection that the log copies from one that misses records by now. */
export function forkNote(source: CollectionState, name: string): ChromaError {
  const { size } = source.setAside;
  return kindexError(
    'FORMAT_CORRUPT',
    `Collection "${name}" is a copy of "${source.name}", and misses the same ${size} records: it was not yet stored by itself.`,
    { details: { what: 'fork', collection: name, source: source.name, records: size } },
  );
}

/** Another copy made up for `error`: nothing is lost. */
export function coveredNote(error: ChromaError): DamageNote {
  const message = `Something is damaged, and what else is stored made up for it: nothing is lost. ${error.message}`;
  return { effect: 'covered', message, details: error.details };
}

export function droppedNote({ at, error }: LogStop, head: Head): DamageNote {
  const nothing = head.lastEntry <= at.entry;
  const what = nothing
    ? 'Bytes that were never part of the log are dropped.'
    : 'The last write of the log was not whole and is dropped.';
  return {
    effect: 'dropped',
    message: `${what} ${error.message}`,
    details: { ...error.details, firstSeq: at.seq + 1, lostWrites: nothing ? 0 : 1 },
  };
}

export function readOnlyNote({ at, error }: LogStop, head: Head): DamageNote {
  return {
    effect: 'read-only',
    message: `The log is damaged: what was stored up to row ${at.seq} can be read, and nothing is written. ${error.message}`,
    details: { ...error.details, firstSeq: at.seq + 1, lostWrites: head.lastEntry - at.entry },
  };
}

export function setAsideNote(error: ChromaError): DamageNote {
  return {
    effect: 'set-aside',
    message: `Records that miss a damaged segment are set aside, the others are whole. ${error.message}`,
    details: error.details,
  };
}

/** Why nothing may be written until the damage has been dropped. */
export function readOnlyError(
  storage: string,
  { message, details }: DamageNote,
  cause: ChromaError,
): ChromaError {
  return kindexError('STORAGE_READ_ONLY', `"${storage}" is open for reading only. ${message}`, {
    details: { ...details, storage },
    cause,
  });
}
