/** Adds a record or changes one: document, metadata by key and type, uri, and the vector where nobody else makes it. */
import type { Collection, GetResultRow, Metadata } from 'kindex';
import { element } from '../dom.js';
import { FieldEditor } from './field-editor.js';
import { labelled, openFormDialog } from './form-dialog.js';
import { changesOf, FieldFault, parseFields, toFields } from './metadata-fields.js';

export interface RecordDialogOptions {
  collection: Collection;
  /** Null for a new record. */
  row: GetResultRow | null;
  /** Called after the store has it; `id` is what was written. */
  onSaved: (id: string) => void;
}

interface Entered {
  id: string;
  document: string;
  uri: string;
  vector: number[] | null;
  metadata: Metadata | null;
}

export function openRecordDialog({ collection, row, onSaved }: RecordDialogOptions): void {
  const id = element('input', {
    class: 'input',
    attributes: { type: 'text', autocomplete: 'off', spellcheck: 'false', readonly: row ? '' : null },
  });
  id.value = row?.id ?? '';
  const text = element('textarea', { class: 'input', attributes: { rows: '6' } });
  text.value = row?.document ?? '';
  const uri = element('input', { class: 'input', attributes: { type: 'text', autocomplete: 'off' } });
  uri.value = row?.uri ?? '';
  const vector = element('textarea', {
    class: 'input',
    attributes: { rows: '2', placeholder: '[0.12, -0.4, …]', spellcheck: 'false' },
  });
  const editor = new FieldEditor(toFields(row?.metadata ?? null));
  const embeds = collection.embeddingFunction !== undefined;
  openFormDialog({
    title: row ? 'Edit record' : 'Add a record',
    hint: embeds
      ? 'The vector is made from the document here, anew whenever the document changes.'
      : 'This collection makes no vectors: the record brings its own.',
    wide: true,
    fields: [
      labelled('Id', id),
      labelled('Document', text),
      embeds
        ? null
        : labelled('Vector', vector, row ? 'As JSON; left empty, it stays as it is.' : 'As JSON.'),
      editor.element,
      labelled('URI', uri),
    ],
    confirm: row ? 'Save' : 'Add',
    failure: row ? 'The record could not be saved.' : 'The record could not be added.',
    onConfirm: async () => {
      editor.mark(null);
      const entered: Entered = {
        id: id.value,
        document: text.value,
        uri: uri.value,
        vector: embeds ? null : parseVector(vector.value),
        metadata: readFields(editor),
      };
      await (row ? change(collection, row, entered) : add(collection, entered));
      onSaved(entered.id);
    },
  });
}

async function add(collection: Collection, { id, document, uri, vector, metadata }: Entered): Promise<void> {
  // `add` leaves what exists as it is: without this the form would close as if it had been stored.
  const { ids } = await collection.get({ ids: [id], include: [] });
  if (ids.length > 0)
    throw new Error(`There is a record with the id “${id}”. Choose another one, or edit that record.`);
  await collection.add({
    ids: [id],
    ...(document === '' && vector ? {} : { documents: [document] }),
    ...(vector ? { embeddings: [vector] } : {}),
    ...(metadata ? { metadatas: [metadata] } : {}),
    ...(uri === '' ? {} : { uris: [uri] }),
  });
}

/** Only what differs is written: a document as it was keeps its vector. */
async function change(collection: Collection, row: GetResultRow, entered: Entered): Promise<void> {
  const { document, uri, vector, metadata } = entered;
  const changes = changesOf(row.metadata ?? null, metadata);
  const hasNewText = document !== (row.document ?? '');
  const hasNewUri = uri !== (row.uri ?? '');
  if (!hasNewText && !hasNewUri && !vector && !changes) return;
  await collection.update({
    ids: [row.id],
    ...(hasNewText ? { documents: [document] } : {}),
    ...(vector ? { embeddings: [vector] } : {}),
    ...(changes ? { metadatas: [changes] } : {}),
    ...(hasNewUri ? { uris: [uri] } : {}),
  });
}

function readFields(editor: FieldEditor): Metadata | null {
  try {
    return parseFields(editor.fields);
  } catch (error) {
    if (error instanceof FieldFault) editor.mark(error);
    throw error;
  }
}

/** Null for nothing entered. What is in the list is the store's to check. */
function parseVector(text: string): number[] | null {
  if (text.trim() === '') return null;
  try {
    const read: unknown = JSON.parse(text);
    if (Array.isArray(read)) return read as number[];
  } catch {
    // Told below, as for JSON of another form.
  }
  throw new Error('The vector is not a JSON list of numbers, such as [0.12, -0.4].');
}
