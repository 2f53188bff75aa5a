/** Collections out to a file and back: the browser's storage is a cache, a file is the visitor's. */
import { ChromaError, type ChromaClient } from 'kindex';
import { askFirst } from '../confirm.js';
import { element } from '../dom.js';
import { countOf } from '../format.js';

export interface TransferOptions {
  client: ChromaClient;
  /** What is going on, and what came of it. */
  status: HTMLElement;
  exportAll: HTMLButtonElement;
  importFile: HTMLInputElement;
  /** Hears of each collection that was imported. */
  onImport: (collection: string) => void;
  onError: (doing: string, error: unknown) => void;
}

/** How long a link to a Blob may take to be followed. */
const LINK_MS = 60_000;

export function connectTransfer(options: TransferOptions): void {
  const { exportAll, importFile, status } = options;
  const during = async (doing: string, failed: string, run: () => Promise<string>): Promise<void> => {
    exportAll.disabled = importFile.disabled = true;
    status.textContent = doing;
    try {
      status.textContent = await run();
    } catch (error) {
      status.textContent = '';
      options.onError(failed, error);
    } finally {
      exportAll.disabled = importFile.disabled = false;
    }
  };
  exportAll.addEventListener('click', () => {
    void during('Exporting …', 'The collections could not be exported.', () => saveAll(options));
  });
  importFile.addEventListener('change', () => {
    const file = importFile.files?.[0];
    if (!file) return;
    void during('Importing …', `“${file.name}” could not be imported.`, () => load(file, options));
    // The same file can be chosen again.
    importFile.value = '';
  });
}

async function saveAll({ client, status }: TransferOptions): Promise<string> {
  const snapshot = await client.export({
    gzip: true,
    onProgress: ({ records }) => (status.textContent = `Exporting … ${countOf(records, 'record')}`),
  });
  const href = URL.createObjectURL(await snapshot.blob());
  const day = new Date().toISOString().slice(0, 10);
  element('a', { attributes: { href, download: `collections-${day}.kindex` } }).click();
  setTimeout(() => URL.revokeObjectURL(href), LINK_MS);
  return 'Exported.';
}

async function load(file: File, options: TransferOptions, replace = false): Promise<string> {
  const { client, status, onImport } = options;
  try {
    const { collections } = await client.import(file, {
      ifExists: replace ? 'replace' : 'error',
      onProgress: ({ records }) => (status.textContent = `Importing … ${countOf(records, 'record')}`),
    });
    for (const { name } of collections) onImport(name);
    return `Imported ${countOf(collections.length, 'collection')}.`;
  } catch (error) {
    if (replace || !(error instanceof ChromaError) || error.code !== 'EXISTS_COLLECTION') throw error;
    const sure = await askFirst({
      title: 'Replace collections?',
      text: `${error.message} Those of the file replace the ones here that have the same names. This cannot be undone.`,
      confirm: 'Replace',
    });
    return sure ? load(file, options, true) : '';
  }
}
