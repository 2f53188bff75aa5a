/** What a mark means for what was opened, in words: loaded when it does not agree (SPEC.md S50). */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { DamageNote } from '../rpc/service.js';
import type { FoundMark, Mark } from '../storage/marker.js';
import type { OpenedState } from './mark-keeper.js';

/** An empty database where a mark says that there was a store. */
export function lostStoreError(storage: string, { mark }: FoundMark): ChromaError {
  const what = mark === null ? 'a store' : `a store of ${mark.records} records`;
  return kindexError(
    'STORAGE_LOST',
    `The database of "${storage}" is empty, but ${what} was kept there: the browser has lost or removed it.`,
    {
      fix: "Restore from an export: call reset(), or open with ifLost: 'recreate', to begin a new store.",
      details: { storage, reason: 'missing', ...mark },
    },
  );
}

/** Of a database that is older than its mark, or another. */
export function olderNote(mark: Mark, opened: OpenedState): DamageNote {
  if (mark.uuid !== opened.uuid) {
    return {
      effect: 'older',
      message: `Another store lies where one of ${mark.records} records was kept.`,
      details: { reason: 'other', was: mark.uuid, is: opened.uuid, records: mark.records },
    };
  }
  const missing = Math.max(0, mark.lastSeq - opened.lastSeq);
  return {
    effect: 'older',
    message: `The browser has put an older state of the database in place: at least ${missing} rows of the log that were durable are gone.`,
    details: { reason: 'older', marked: { ...mark }, found: { ...opened }, missingRows: missing },
  };
}
