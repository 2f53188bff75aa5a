/** One page of records as a table: select, open, and the metadata keys as columns. */
import type { GetResultRow, MetadataValue } from 'kindex';
import { element, replaceKeepingFocus } from '../dom.js';
import { formatValue } from './format-value.js';

/** Metadata columns shown at most; the rest stands in the record itself. */
export const COLUMNS = 10;

/** Characters of a cell: more would not be seen and cost layout. */
const CELL = 240;

export interface RecordTableOptions {
  table: HTMLTableElement;
  onOpen: (row: GetResultRow) => void;
  /** Hears after each change of the selection. */
  onSelect: () => void;
}

export class RecordTable {
  readonly #options: RecordTableOptions;
  readonly #selected: Set<string> = new Set();
  #boxes: HTMLInputElement[] = [];
  #all: HTMLInputElement | null = null;

  constructor(options: RecordTableOptions) {
    this.#options = options;
  }

  /** Ids selected so far, over all pages. */
  get selected(): ReadonlySet<string> {
    return this.#selected;
  }

  clearSelection(): void {
    this.#selected.clear();
    this.#drawSelection();
  }

  /** `keys`: metadata keys in the order of their columns. */
  show(rows: readonly GetResultRow[], keys: readonly string[]): void {
    const withUris = rows.some(({ uri }) => typeof uri === 'string');
    this.#boxes = [];
    this.#all = selectBox('Select all on this page', 'select:*', (checked) => {
      for (const { id } of rows) this.#select(id, checked);
      this.#drawSelection();
    });
    const head = element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('td', { class: 'cell-select' }, this.#all),
        ...['id', 'document', ...keys, ...(withUris ? ['uri'] : [])].map((name) =>
          element('th', { attributes: { scope: 'col' } }, name),
        ),
      ),
    );
    const body = element('tbody', {}, ...rows.map((row) => this.#row(row, keys, withUris)));
    replaceKeepingFocus(this.#options.table, head, body);
    this.#drawSelection();
  }

  #row(row: GetResultRow, keys: readonly string[], withUris: boolean): HTMLTableRowElement {
    const { id, document: text, metadata, uri } = row;
    const box = selectBox(`Select ${id}`, `select:${id}`, (checked) => {
      this.#select(id, checked);
      this.#drawSelection();
    });
    box.value = id;
    this.#boxes.push(box);
    return element(
      'tr',
      {},
      element('td', { class: 'cell-select' }, box),
      element(
        'th',
        { class: 'cell-id', attributes: { scope: 'row' } },
        element(
          'button',
          {
            class: 'record-open',
            attributes: { type: 'button', 'aria-label': `Edit ${id}`, 'data-key': `record:${id}`, title: id },
            on: { click: () => this.#options.onOpen(row) },
          },
          id,
        ),
      ),
      textCell(text ?? null, 'cell-document'),
      ...keys.map((key) =>
        valueCell(metadata && Object.hasOwn(metadata, key) ? (metadata[key] ?? null) : null),
      ),
      withUris ? textCell(uri ?? null, 'cell-uri') : null,
    );
  }

  #select(id: string, selected: boolean): void {
    if (selected) this.#selected.add(id);
    else this.#selected.delete(id);
  }

  #drawSelection(): void {
    let here = 0;
    for (const box of this.#boxes) {
      box.checked = this.#selected.has(box.value);
      box.closest('tr')?.classList.toggle('is-selected', box.checked);
      if (box.checked) here++;
    }
    if (this.#all) {
      this.#all.checked = here > 0 && here === this.#boxes.length;
      this.#all.indeterminate = here > 0 && here < this.#boxes.length;
    }
    this.#options.onSelect();
  }
}

function selectBox(label: string, key: string, onChange: (checked: boolean) => void): HTMLInputElement {
  const box = element('input', {
    attributes: { type: 'checkbox', 'aria-label': label, 'data-key': key },
    on: { change: () => onChange(box.checked) },
  });
  return box;
}

function valueCell(value: MetadataValue): HTMLTableCellElement {
  if (typeof value === 'number') return element('td', { class: 'cell-number' }, formatValue(value));
  return textCell(value === null ? null : formatValue(value), 'cell-value');
}

function textCell(text: string | null, name: string): HTMLTableCellElement {
  if (text === null) return element('td', { class: `${name} is-absent` }, '–');
  const shown = text.length > CELL ? `${text.slice(0, CELL).trimEnd()} …` : text;
  return element('td', { class: name }, element('div', { class: 'clamp' }, shown));
}
