/** What is in the library, folder by folder, each document with its number of passages and a way to delete it. */
import { element, replaceKeepingFocus } from './dom.js';
import { countOf, formatCount } from './format.js';
import { icon } from './icons.js';
import type { Library, SourceEntry } from './library.js';

/** More rows than this in one folder are drawn on request only. */
const ROWS = 200;

export interface SourcesPanelOptions {
  library: Library;
  summary: HTMLElement;
  list: HTMLElement;
  onDelete: (path: string) => void;
}

/** Keeps `list` and `summary` as the library is. */
export function showSources(options: SourcesPanelOptions): void {
  const panel = new SourcesPanel(options);
  options.library.onChange(() => {
    panel.sum();
    panel.drawSoon();
  });
}

class SourcesPanel {
  readonly #options: SourcesPanelOptions;
  readonly #open: Set<string> = new Set();
  #planned = false;

  constructor(options: SourcesPanelOptions) {
    this.#options = options;
  }

  sum(): void {
    const { library, summary } = this.#options;
    let passages = 0;
    for (const entry of library.sources.values()) passages += entry.passages;
    summary.textContent =
      library.sources.size === 0
        ? 'Empty'
        : `${countOf(library.sources.size, 'document')} · ${countOf(passages, 'passage')}`;
  }

  /** At most once per frame: while samples load, the library changes with every batch. */
  drawSoon(): void {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { library, list } = this.#options;
    const folders = new Map<string, SourceEntry[]>();
    for (const entry of library.sources.values()) {
      const entries = folders.get(entry.folder);
      if (entries) entries.push(entry);
      else folders.set(entry.folder, [entry]);
    }
    const names = [...folders.keys()].sort((a, b) => a.localeCompare(b));
    replaceKeepingFocus(list, ...names.map((name) => this.#folder(name, folders.get(name) ?? [])));
  }

  #folder(name: string, entries: SourceEntry[]): HTMLElement {
    const rows = element('ul', { class: 'source-rows', attributes: { role: 'list' } });
    const details = element(
      'details',
      { class: 'folder' },
      element(
        'summary',
        { attributes: { 'data-key': `folder:${name}` } },
        icon('chevron'),
        element('span', { class: 'folder-name' }, name === '' ? 'Single files' : name),
        element('span', { class: 'count' }, formatCount(entries.length)),
      ),
      rows,
    );
    // Rows of closed folders are not drawn: there may be thousands.
    const fill = (limit: number): void => {
      rows.replaceChildren(...entries.slice(0, limit).map((entry) => this.#row(entry)));
      if (entries.length <= limit) return;
      const more = element(
        'button',
        {
          class: 'button quiet',
          attributes: { type: 'button' },
          on: { click: () => fill(limit + ROWS * 5) },
        },
        `Show more of ${countOf(entries.length, 'document')}`,
      );
      rows.append(element('li', {}, more));
    };
    details.open = this.#open.has(name);
    if (details.open) fill(ROWS);
    details.addEventListener('toggle', () => {
      if (details.open) this.#open.add(name);
      else this.#open.delete(name);
      if (details.open && rows.childElementCount === 0) fill(ROWS);
    });
    return details;
  }

  #row({ path, title, passages, kind }: SourceEntry): HTMLLIElement {
    const name = kind === 'note' ? title : path.slice(path.lastIndexOf('/') + 1);
    return element(
      'li',
      { class: 'source-row' },
      element('span', { class: 'source-name', attributes: { title: kind === 'note' ? title : path } }, name),
      element('span', { class: 'count' }, countOf(passages, 'passage')),
      element(
        'button',
        {
          class: 'icon-button',
          attributes: { type: 'button', 'aria-label': `Delete source ${name}`, 'data-key': `source:${path}` },
          on: { click: () => this.#options.onDelete(path) },
        },
        icon('trash'),
      ),
    );
  }
}
