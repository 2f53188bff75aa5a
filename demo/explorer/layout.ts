/** The explorer's fixed elements, made once when it is first shown; what fills them lives with each part. */
import { element } from '../dom.js';
import { icon } from '../icons.js';
import { DOCUMENT_MODES, type DocumentMode } from './filter.js';
import { selectOf } from './form-dialog.js';

const MODES: Record<DocumentMode, string> = {
  contains: 'contains',
  regex: 'matches regex',
  not_contains: 'does not contain',
  not_regex: 'does not match',
};

export interface Layout {
  list: HTMLElement;
  create: HTMLButtonElement;
  exportAll: HTMLButtonElement;
  importFile: HTMLInputElement;
  transferStatus: HTMLElement;
  facets: HTMLElement;
  facetNote: HTMLElement;
  title: HTMLElement;
  summary: HTMLElement;
  configuration: HTMLElement;
  /** Everything that needs a chosen collection. */
  chosen: HTMLElement[];
  nothing: HTMLElement;
  addRecord: HTMLButtonElement;
  deleteCollection: HTMLButtonElement;
  form: HTMLFormElement;
  mode: HTMLSelectElement;
  text: HTMLInputElement;
  fault: HTMLElement;
  filter: HTMLElement;
  status: HTMLElement;
  selection: HTMLElement;
  selectionText: HTMLElement;
  deleteSelected: HTMLButtonElement;
  clearSelection: HTMLButtonElement;
  table: HTMLTableElement;
  tableRegion: HTMLElement;
  columnsNote: HTMLElement;
  previous: HTMLButtonElement;
  next: HTMLButtonElement;
  pager: HTMLElement;
}

/** Fills `region`; `alerts` becomes part of it. */
export function createLayout(region: HTMLElement, alerts: HTMLElement): Layout {
  const list = element('ul', { class: 'collections', attributes: { role: 'list' } });
  const create = button('New collection', 'button');
  const exportAll = button('Export all', 'button quiet');
  const importFile = element('input', { class: 'visually-hidden', attributes: { type: 'file' } });
  const transferStatus = element('p', { class: 'small-print', attributes: { role: 'status' } });
  const facets = element('div', { class: 'facets' });
  const facetNote = element('p', { class: 'small-print', attributes: { id: 'facet-note' } });
  const title = element('h1', { attributes: { tabindex: '-1' } }, 'Collections');
  const summary = element('p', { class: 'explorer-summary' });
  const configuration = element('dl', { class: 'facts configuration' });
  const addRecord = button('Add a record', 'button');
  const deleteCollection = button('Delete collection …', 'button quiet danger');
  const mode = selectOf(
    DOCUMENT_MODES.map((name) => [name, MODES[name]]),
    'contains',
    'How the document is compared',
  );
  const text = element('input', {
    class: 'input',
    attributes: {
      type: 'search',
      'aria-label': 'Text in the document',
      'aria-describedby': 'document-fault',
      'aria-keyshortcuts': '/',
      placeholder: 'text, case matters',
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: 'false',
    },
  });
  const fault = element('p', { class: 'field-fault', attributes: { id: 'document-fault', role: 'alert' } });
  const form = element(
    'form',
    { class: 'document-filter', attributes: { role: 'search', 'aria-label': 'Filter by document' } },
    element('span', { class: 'field-label' }, 'Document'),
    mode,
    text,
  );
  const filter = element('section', {
    class: 'filter-bar',
    attributes: { 'aria-label': 'Filter in force', hidden: '' },
  });
  const status = element('p', { class: 'status', attributes: { role: 'status' } });
  const deleteSelected = button('Delete selected …', 'button danger');
  const clearSelection = button('Select none', 'button quiet');
  const selectionText = element('span', {});
  const selection = element(
    'div',
    { class: 'row selection', attributes: { hidden: '' } },
    selectionText,
    deleteSelected,
    clearSelection,
  );
  const table = element('table', { class: 'records', attributes: { 'aria-label': 'Records' } });
  const tableRegion = element(
    'div',
    {
      class: 'table-region',
      attributes: { role: 'region', 'aria-label': 'Table of records', tabindex: '0' },
    },
    table,
  );
  const columnsNote = element('p', { class: 'small-print' });
  const previous = button('Previous', 'button');
  const next = button('Next', 'button');
  const pager = element('nav', { class: 'row pager', attributes: { 'aria-label': 'Pages' } }, previous, next);
  const nothing = element('p', { class: 'explorer-nothing' });

  const filters = element(
    'details',
    { class: 'filters' },
    element('summary', {}, icon('chevron'), element('h2', {}, 'Filter by metadata')),
    facetNote,
    facets,
  );
  // Beside the table where there is room; one line to open above it where there is not.
  filters.open = matchMedia('(min-width: 62rem)').matches;
  const head = element('div', { class: 'row' }, addRecord, deleteCollection);
  const details = element(
    'details',
    { class: 'configuration-box' },
    element('summary', {}, icon('chevron'), 'Configuration'),
    configuration,
  );
  const filterPanel = element('section', { class: 'panel' }, filters);
  region.replaceChildren(
    element(
      'aside',
      { attributes: { 'aria-label': 'Collections and filters' } },
      element(
        'nav',
        { class: 'panel', attributes: { 'aria-label': 'Collections' } },
        element('div', { class: 'row spread' }, element('h2', {}, 'Collections'), create),
        list,
        element(
          'div',
          { class: 'row' },
          exportAll,
          element('label', { class: 'button quiet' }, 'Import …', importFile),
        ),
        transferStatus,
      ),
      filterPanel,
    ),
    element(
      'main',
      {},
      element('div', { class: 'explorer-head' }, element('div', {}, title, summary), head),
      alerts,
      nothing,
      details,
      form,
      fault,
      filter,
      element('div', { class: 'table-bar' }, status, selection),
      tableRegion,
      columnsNote,
      pager,
    ),
  );
  return {
    list,
    create,
    exportAll,
    importFile,
    transferStatus,
    facets,
    facetNote,
    title,
    summary,
    configuration,
    chosen: [head, details, filterPanel, form, tableRegion, pager],
    nothing,
    addRecord,
    deleteCollection,
    form,
    mode,
    text,
    fault,
    filter,
    status,
    selection,
    selectionText,
    deleteSelected,
    clearSelection,
    table,
    tableRegion,
    columnsNote,
    previous,
    next,
    pager,
  };
}

function button(label: string, name: string): HTMLButtonElement {
  return element('button', { class: name, attributes: { type: 'button' } }, label);
}
