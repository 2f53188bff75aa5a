/** The list of hits: draws them, moves the focus among them by keys, and asks for deletion. */
import { element } from './dom.js';
import type { PassageMetadata } from './documents.js';
import { excerptSpan, shiftInto } from './excerpt.js';
import { countOf } from './format.js';
import type { FoundPassage } from './grouping.js';
import { markedText, wordSpans, type Span } from './highlight.js';
import { icon } from './icons.js';
import type { MarkedHit, SearchResult } from './search.js';

export interface ResultsOptions {
  list: HTMLOListElement;
  onDelete: (path: string) => void;
  /** The focus leaves the list upwards, or nothing is left to hold it. */
  onLeave: () => void;
}

export class ResultsView {
  readonly #options: ResultsOptions;
  /** Documents shown in full; kept while the same query is shown again. */
  readonly #expanded: Set<string> = new Set();
  #query = '';

  constructor(options: ResultsOptions) {
    this.#options = options;
    options.list.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Null empties the list. Where the focus was in it, it stays on the same document, and on the same button of it, else on the same place. */
  show(result: SearchResult | null): void {
    const { list } = this.#options;
    const focused = this.#focusedHit();
    const place = focused ? this.#hits().indexOf(focused) : -1;
    const pressed = ['hit-more', 'hit-delete'].find((name) =>
      document.activeElement?.classList.contains(name),
    );
    if (result?.query !== this.#query) this.#expanded.clear();
    this.#query = result?.query ?? '';
    list.dataset['query'] = this.#query;
    list.replaceChildren(...(result?.hits ?? []).map((hit, i) => this.#item(hit, i, result?.words ?? [])));
    if (!focused) return;
    const hits = this.#hits();
    const next =
      hits.find((hit) => hit.dataset['path'] === focused.dataset['path']) ??
      hits[Math.min(place, hits.length - 1)];
    if (!next) {
      this.#options.onLeave();
      return;
    }
    this.#focus(next);
    if (pressed && next.dataset['path'] === focused.dataset['path'])
      next.querySelector<HTMLElement>(`.${pressed}`)?.focus();
  }

  /** Moves the focus to the first hit; false where there is none. */
  enter(): boolean {
    const [first] = this.#hits();
    if (first) this.#focus(first);
    return first !== undefined;
  }

  #item(hit: MarkedHit, index: number, words: readonly string[]): HTMLLIElement {
    const { metadata } = hit.best;
    const titleId = `hit-${index}`;
    const item = element('li', {
      class: 'hit',
      // One stop for the Tab key, the arrows move from there.
      attributes: { tabindex: index === 0 ? '0' : '-1', 'aria-labelledby': titleId, 'data-path': hit.path },
    });
    const draw = (): void => {
      const expanded = this.#expanded.has(hit.path);
      const head = element(
        'div',
        { class: 'hit-head' },
        element('h3', { class: 'hit-title', attributes: { id: titleId } }, ...marked(metadata.title, words)),
        distanceView(hit.best.distance),
        element(
          'button',
          {
            class: 'icon-button hit-delete',
            attributes: { type: 'button', 'aria-label': `Delete ${metadata.title}`, title: 'Delete' },
            on: { click: () => this.#options.onDelete(hit.path) },
          },
          icon('trash'),
        ),
      );
      const passage = passageView(hit.best.text, { words, sentence: hit.sentence, whole: expanded });
      item.replaceChildren(head, sourceView(metadata), passage);
      if (expanded && hit.others.length > 0) item.append(othersView(hit.others, metadata.title, words));
      const more = moreButton(hit, expanded, () => {
        if (!this.#expanded.delete(hit.path)) this.#expanded.add(hit.path);
        draw();
        item.querySelector<HTMLElement>('.hit-more')?.focus();
      });
      if (more) item.append(more);
    };
    draw();
    return item;
  }

  #onKey(event: KeyboardEvent): void {
    const hit = this.#focusedHit();
    if (!hit || event.ctrlKey || event.metaKey || event.altKey) return;
    const hits = this.#hits();
    const place = hits.indexOf(hit);
    switch (event.key) {
      case 'ArrowDown':
        this.#focus(hits[Math.min(place + 1, hits.length - 1)] ?? hit);
        break;
      case 'ArrowUp':
        if (place === 0) this.#options.onLeave();
        else this.#focus(hits[place - 1] ?? hit);
        break;
      case 'Home':
        this.#focus(hits[0] ?? hit);
        break;
      case 'End':
        this.#focus(hits.at(-1) ?? hit);
        break;
      case 'Enter':
        // On a button, Enter is that button's.
        if (event.target !== hit) return;
        hit.querySelector<HTMLButtonElement>('.hit-more')?.click();
        break;
      case 'Delete':
        this.#options.onDelete(hit.dataset['path'] ?? '');
        break;
      case 'Escape':
        this.#options.onLeave();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #hits(): HTMLElement[] {
    return [...this.#options.list.querySelectorAll<HTMLElement>(':scope > li')];
  }

  #focusedHit(): HTMLElement | null {
    const hit = document.activeElement?.closest<HTMLElement>('li.hit') ?? null;
    return hit && this.#options.list.contains(hit) ? hit : null;
  }

  #focus(hit: HTMLElement): void {
    for (const other of this.#hits()) other.tabIndex = other === hit ? 0 : -1;
    hit.focus();
    hit.scrollIntoView({ block: 'nearest' });
  }
}

/** Null where everything is shown already. */
function moreButton(hit: MarkedHit, expanded: boolean, toggle: () => void): HTMLButtonElement | null {
  const shown = excerptSpan(hit.best.text, hit.sentence);
  const clipped = shown.end - shown.start < hit.best.text.length;
  if (hit.others.length === 0 && !clipped) return null;
  const label = expanded
    ? 'Show less'
    : hit.others.length > 0
      ? countOf(hit.others.length, 'more passage')
      : 'Whole passage';
  return element(
    'button',
    {
      class: 'hit-more',
      attributes: { type: 'button', 'aria-expanded': String(expanded) },
      on: { click: toggle },
    },
    icon('chevron'),
    label,
    element('span', { class: 'visually-hidden' }, ` of ${hit.best.metadata.title}`),
  );
}

/** How near as a number, and as a bar for the eye. Lower is nearer. */
function distanceView(distance: number): HTMLElement {
  const bar = element('span', { class: 'nearness', attributes: { 'aria-hidden': 'true' } });
  bar.style.setProperty('--nearness', String(Math.max(0, Math.min(1, 1 - distance))));
  return element('span', { class: 'distance' }, bar, `distance ${distance.toFixed(3)}`);
}

/** Folder, file and heading: where the passage stands. */
function sourceView({ kind, path, folder, heading }: PassageMetadata): HTMLElement {
  const name = kind === 'note' ? (folder ?? 'Notes') : path;
  return element(
    'p',
    { class: 'hit-source' },
    icon(kind === 'note' ? 'folder' : 'file'),
    element('span', { class: 'hit-path' }, name),
    heading ? element('span', { class: 'hit-heading' }, heading) : null,
  );
}

function passageView(
  text: string,
  { words, sentence, whole }: { words: readonly string[]; sentence: Span | null; whole: boolean },
): HTMLElement {
  const shown = whole ? { start: 0, end: text.length } : excerptSpan(text, sentence);
  const part = text.slice(shown.start, shown.end);
  const marks = markedText(part, { words: wordSpans(part, words), sentence: shiftInto(sentence, shown) });
  return element(
    'p',
    { class: 'passage' },
    shown.start > 0 ? '… ' : null,
    ...marks,
    shown.end < text.length ? ' …' : null,
  );
}

/** Not a nested list: the items of the results are the hits. */
function othersView(others: readonly FoundPassage[], title: string, words: readonly string[]): HTMLElement {
  return element(
    'div',
    { class: 'others', attributes: { role: 'group', 'aria-label': `More passages of ${title}` } },
    ...others.map(({ text, distance, metadata }) =>
      element(
        'div',
        { class: 'other' },
        element(
          'p',
          { class: 'other-head' },
          element('span', { class: 'hit-heading' }, metadata.heading ?? `Passage ${metadata.part + 1}`),
          distanceView(distance),
        ),
        element('p', { class: 'passage' }, ...marked(text, words)),
      ),
    ),
  );
}

function marked(text: string, words: readonly string[]): Node[] {
  return markedText(text, { words: wordSpans(text, words), sentence: null });
}
