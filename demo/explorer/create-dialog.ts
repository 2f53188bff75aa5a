/** Asks for a new collection: its name, its space, and who makes its vectors. */
import type { ChromaClient, Collection, Space } from 'kindex';
import { element } from '../dom.js';
import { labelled, openFormDialog, selectOf } from './form-dialog.js';

export function openCreateDialog(client: ChromaClient, onCreated: (collection: Collection) => void): void {
  const name = element('input', {
    class: 'input',
    attributes: { type: 'text', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' },
  });
  const embedding = selectOf(
    [
      ['built-in', 'kindex-static: texts become vectors here'],
      ['none', 'none: every record brings its own vector'],
    ],
    'built-in',
  );
  const space = selectOf(
    [
      ['cosine', 'cosine: the angle alone counts'],
      ['l2', 'l2: squared Euclidean distance'],
      ['ip', 'ip: inner product'],
    ],
    'cosine',
  );
  openFormDialog({
    title: 'New collection',
    hint: 'Space and embedding function stay as they are chosen here.',
    fields: [
      labelled('Name', name, '3 to 512 letters, digits, dots, dashes or underscores.'),
      labelled('Embedding function', embedding),
      labelled('Space', space),
    ],
    confirm: 'Create',
    failure: 'The collection could not be created.',
    onConfirm: async () => {
      onCreated(
        await client.createCollection({
          name: name.value,
          configuration: { hnsw: { space: space.value as Space } },
          ...(embedding.value === 'none' ? { embeddingFunction: null } : {}),
        }),
      );
    },
  });
}
