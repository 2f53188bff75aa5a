/** The view of all collections: choose one, filter its records by clicking, edit, add and delete them. Loaded when first shown. */
import { ChromaError, type ChromaClient, type GetResultRow } from 'kindex';
import type { Alerts } from '../alerts.js';
import { askFirst } from '../confirm.js';
import { findByKey, isTyping } from '../dom.js';
import { countOf, formatCount } from '../format.js';
import { latestOnly, type Latest } from '../latest.js';
import '../styles/explorer.css';
import { formatAddress, parseAddress } from './address.js';
import { showCollections, showConfiguration, summaryText } from './collection-view.js';
import { openCreateDialog } from './create-dialog.js';
import { FacetView } from './facet-view.js';
import { FilterBar } from './filter-bar.js';
import {
  isEmptyFilter,
  negate,
  NO_FILTER,
  toggle,
  type Alternative,
  type DocumentMode,
  type Filter,
} from './filter.js';
import { createLayout, type Layout } from './layout.js';
import { openRecordDialog } from './record-dialog.js';
import { COLUMNS, RecordTable } from './record-table.js';
import { connectTransfer } from './transfer.js';
import {
  listCollections,
  PAGE_SIZE,
  readFacets,
  readPage,
  type CollectionSummary,
  type FacetSummary,
  type RecordPage,
} from './records.js';

/** A typist's pause before the document filter is asked for. */
const DEBOUNCE_MS = 180;

/** Changes from elsewhere come in bursts. */
const QUIET_MS = 300;

export interface ExplorerOptions {
  client: ChromaClient;
  region: HTMLElement;
  alertRegion: HTMLElement;
  alerts: Alerts;
  /** The collection the search view lives on: deleting it says so. */
  libraryName: string;
  /** Something was written to the collection, or it was made or deleted. */
  onWrite: (collection: string) => void;
}

/** What a load is asked for. */
interface Wanted {
  /** Whether the list of collections may have changed. */
  list: boolean;
}

export class Explorer {
  readonly #options: ExplorerOptions;
  readonly #layout: Layout;
  readonly #table: RecordTable;
  readonly #facets: FacetView;
  readonly #filterBar: FilterBar;
  readonly #latest: Latest<Wanted>;
  #summaries: CollectionSummary[] = [];
  #name: string | null = null;
  #filter: Filter = NO_FILTER;
  #offset = 0;
  #listIsStale = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Focused once it is drawn: the record just written. */
  #focusKey: string | null = null;

  constructor(options: ExplorerOptions) {
    this.#options = options;
    const layout = createLayout(options.region, options.alertRegion);
    this.#layout = layout;
    const onToggle = (key: string, alternative: Alternative): void =>
      this.#setFilter(toggle(this.#filter, key, alternative));
    this.#facets = new FacetView({ region: layout.facets, note: layout.facetNote, onToggle });
    this.#filterBar = new FilterBar({
      region: layout.filter,
      onToggle,
      onNegate: (key) => this.#setFilter(negate(this.#filter, key)),
      onClear: () => {
        this.#setFilter(NO_FILTER);
        layout.text.focus();
      },
    });
    this.#table = new RecordTable({
      table: layout.table,
      onOpen: (row) => this.#openRecord(row),
      onSelect: () => this.#showSelection(),
    });
    this.#latest = latestOnly(
      (wanted, isCurrent) => this.#run(wanted, isCurrent),
      (error) => this.#failed(error),
    );
    this.#connect();
  }

  /** Shows what the address asks for. */
  show(): void {
    const { collection, filter } = parseAddress(location.hash);
    if (filter === null)
      this.#options.alerts.show(
        'The filter of this address could not be read.',
        new Error('It is shown without a filter: choose one on the left.'),
      );
    this.#choose(collection, filter ?? NO_FILTER);
    this.#load({ list: true });
  }

  /** Something was written elsewhere: reads again what is shown, after a moment of quiet. */
  storeChanged(): void {
    this.#listIsStale = true;
    if (this.#options.region.hidden) return;
    this.#later(QUIET_MS, { list: true });
  }

  /** Where the skip link leads. */
  focus(): void {
    this.#layout.title.focus();
  }

  get #chosen(): CollectionSummary | null {
    return this.#summaries.find(({ collection }) => collection.name === this.#name) ?? null;
  }

  #connect(): void {
    const layout = this.#layout;
    layout.create.addEventListener('click', () =>
      openCreateDialog(this.#options.client, ({ name }) => {
        this.#options.onWrite(name);
        location.hash = formatAddress(name, NO_FILTER);
      }),
    );
    connectTransfer({
      client: this.#options.client,
      status: layout.transferStatus,
      exportAll: layout.exportAll,
      importFile: layout.importFile,
      onImport: (name) => this.#written(name),
      onError: (doing, error) => this.#options.alerts.show(doing, error),
    });
    layout.addRecord.addEventListener('click', () => this.#openRecord(null));
    layout.deleteCollection.addEventListener('click', () => void this.#deleteCollection());
    layout.deleteSelected.addEventListener('click', () => void this.#deleteSelected());
    layout.clearSelection.addEventListener('click', () => {
      this.#table.clearSelection();
      layout.tableRegion.focus();
    });
    layout.previous.addEventListener('click', () => this.#turn(-PAGE_SIZE));
    layout.next.addEventListener('click', () => this.#turn(PAGE_SIZE));
    const ask = (): void => {
      const mode = layout.mode.value as DocumentMode;
      this.#setFilter({ ...this.#filter, document: { mode, text: layout.text.value } }, DEBOUNCE_MS);
    };
    layout.text.addEventListener('input', ask);
    layout.mode.addEventListener('change', ask);
    layout.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#load({ list: false });
    });
    addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      if (!layout.text.checkVisibility()) return;
      event.preventDefault();
      layout.text.focus();
    });
  }

  #choose(name: string | null, filter: Filter): void {
    if (name !== this.#name) {
      this.#facets.forget();
      this.#table.clearSelection();
    }
    this.#name = name;
    this.#filter = filter;
    this.#offset = 0;
    this.#layout.mode.value = filter.document.mode;
    this.#layout.text.value = filter.document.text;
  }

  #setFilter(filter: Filter, delayMs = 0): void {
    this.#filter = filter;
    this.#offset = 0;
    if (this.#layout.text.value !== filter.document.text) this.#layout.text.value = filter.document.text;
    this.#table.clearSelection();
    history.replaceState(null, '', formatAddress(this.#name, filter));
    this.#later(delayMs, { list: false });
  }

  #turn(by: number): void {
    this.#offset = Math.max(0, this.#offset + by);
    this.#load({ list: false });
    this.#layout.tableRegion.scrollTo(0, 0);
  }

  #later(delayMs: number, wanted: Wanted): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(wanted), delayMs);
  }

  #load({ list }: Wanted): void {
    clearTimeout(this.#timer);
    this.#listIsStale ||= list;
    this.#latest.request({ list: this.#listIsStale });
  }

  async #run({ list }: Wanted, isCurrent: () => boolean): Promise<void> {
    if (list) {
      const summaries = await listCollections(this.#options.client);
      if (!isCurrent()) return;
      this.#summaries = summaries;
      this.#listIsStale = false;
      this.#name ??= summaries[0]?.collection.name ?? null;
      this.#showList();
    }
    const chosen = this.#chosen;
    if (!chosen) return;
    const filter = this.#filter;
    const [page, facets] = await Promise.all([
      readPage(chosen.collection, filter, this.#offset),
      readFacets(chosen.collection, filter),
    ]);
    if (!isCurrent()) return;
    this.#showFault(null);
    this.#showRecords(page, facets, filter);
  }

  #showList(): void {
    const layout = this.#layout;
    const chosen = this.#chosen;
    showCollections(layout.list, this.#summaries, chosen?.collection.name ?? null);
    for (const part of layout.chosen) part.hidden = chosen === null;
    layout.title.textContent = chosen?.collection.name ?? 'Collections';
    layout.nothing.textContent = chosen ? '' : this.#nothingText();
    layout.nothing.hidden = chosen !== null;
    layout.summary.textContent = chosen ? summaryText(chosen) : '';
    if (chosen) {
      showConfiguration(layout.configuration, chosen);
      return;
    }
    layout.status.textContent = '';
    layout.columnsNote.textContent = '';
    this.#filterBar.show(NO_FILTER);
  }

  #nothingText(): string {
    if (this.#name !== null)
      return `There is no collection “${this.#name}”. Choose one from the list, or create it.`;
    return 'There are no collections yet. Create one to begin.';
  }

  #showRecords(page: RecordPage, summary: FacetSummary, filter: Filter): void {
    const layout = this.#layout;
    this.#offset = page.offset;
    const keys = [...new Set(summary.facets.toSorted((a, b) => b.records - a.records).map(({ key }) => key))];
    this.#table.show(page.rows, keys.slice(0, COLUMNS));
    this.#facets.show(summary, filter);
    this.#filterBar.show(filter);
    layout.status.textContent = statusOf(page, summary, filter);
    layout.columnsNote.textContent =
      keys.length > COLUMNS
        ? `${countOf(keys.length - COLUMNS, 'further key')}: open a record to see them.`
        : '';
    layout.tableRegion.hidden = page.rows.length === 0;
    layout.pager.hidden = page.offset === 0 && !page.hasNext;
    // Disabled buttons lose the focus: it goes to the other one.
    const { activeElement } = document;
    layout.previous.disabled = page.offset === 0;
    layout.next.disabled = !page.hasNext;
    if (activeElement === layout.previous && layout.previous.disabled) layout.next.focus();
    if (activeElement === layout.next && layout.next.disabled) layout.previous.focus();
    if (this.#focusKey !== null) findByKey(layout.table, this.#focusKey)?.focus();
    this.#focusKey = null;
  }

  #showSelection(): void {
    const { size } = this.#table.selected;
    const { selection, selectionText } = this.#layout;
    selection.hidden = size === 0;
    selectionText.textContent = size === 0 ? '' : `${formatCount(size)} selected`;
  }

  #openRecord(row: GetResultRow | null): void {
    const collection = this.#chosen?.collection;
    if (!collection) return;
    openRecordDialog({
      collection,
      row,
      onSaved: (id) => {
        this.#focusKey = `record:${id}`;
        this.#written(collection.name);
      },
    });
  }

  async #deleteSelected(): Promise<void> {
    const collection = this.#chosen?.collection;
    const ids = [...this.#table.selected];
    if (!collection || ids.length === 0) return;
    const records = countOf(ids.length, 'record');
    const sure = await askFirst({
      title: `Delete ${records}?`,
      text: `${ids.length === 1 ? `“${ids[0] ?? ''}”` : 'They'} will be deleted from “${collection.name}”. This cannot be undone.`,
      confirm: `Delete ${records}`,
    });
    if (!sure) return;
    try {
      await collection.delete({ ids });
      this.#table.clearSelection();
      this.#written(collection.name);
      this.#layout.title.focus();
    } catch (error) {
      this.#options.alerts.show('The records could not be deleted.', error);
    }
  }

  async #deleteCollection(): Promise<void> {
    const chosen = this.#chosen;
    if (!chosen) return;
    const { name } = chosen.collection;
    const library =
      name === this.#options.libraryName ? ' The search view will begin anew with an empty library.' : '';
    const sure = await askFirst({
      title: `Delete the collection “${name}”?`,
      text: `It is deleted with its ${countOf(chosen.records, 'record')}. This cannot be undone.${library}`,
      confirm: 'Delete collection',
    });
    if (!sure) return;
    try {
      await this.#options.client.deleteCollection({ name });
      this.#choose(null, NO_FILTER);
      history.replaceState(null, '', formatAddress(null, NO_FILTER));
      this.#written(name);
      this.focus();
    } catch (error) {
      this.#options.alerts.show('The collection could not be deleted.', error);
    }
  }

  #written(name: string): void {
    this.#options.onWrite(name);
    this.#load({ list: true });
  }

  #failed(error: unknown): void {
    if (
      error instanceof ChromaError &&
      this.#filter.document.text !== '' &&
      error.code.startsWith('VALUE_')
    ) {
      this.#showFault(error);
      return;
    }
    if (error instanceof ChromaError && error.code === 'NOT_FOUND_COLLECTION' && !this.#listIsStale) {
      // Deleted in another tab a moment ago: the list says so.
      this.#load({ list: true });
      return;
    }
    this.#options.alerts.show('The records could not be read.', error);
  }

  /** What is wrong with the document filter stands beside it: it is being typed. */
  #showFault(error: ChromaError | null): void {
    const { text, fault } = this.#layout;
    fault.textContent = error ? `${error.message} ${error.fix}` : '';
    if (error) text.setAttribute('aria-invalid', 'true');
    else text.removeAttribute('aria-invalid');
  }
}

function statusOf({ rows, offset }: RecordPage, { total, atLeast }: FacetSummary, filter: Filter): string {
  if (rows.length === 0) return isEmptyFilter(filter) ? 'No records yet.' : 'No record matches.';
  const of = atLeast ? `more than ${formatCount(total)}` : formatCount(total);
  const matching = isEmptyFilter(filter) ? 'records' : 'matching records';
  return `${formatCount(offset + 1)}–${formatCount(offset + rows.length)} of ${of} ${total === 1 ? matching.slice(0, -1) : matching}`;
}
