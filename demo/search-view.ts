/** The search field: searches while one types, remembers what was typed before the library was open, says what was found. */
import { isTyping } from './dom.js';
import { countOf, formatCount } from './format.js';
import { latestOnly, type Latest } from './latest.js';
import type { ResultsView } from './results.js';
import type { Search, SearchResult } from './search.js';
import { viewOf } from './views.js';

/** Short enough to feel immediate, long enough that a fast typist causes one search per word rather than per letter. */
const DEBOUNCE_MS = 40;

export interface SearchViewOptions {
  input: HTMLInputElement;
  form: HTMLFormElement;
  /** Has role status. */
  status: HTMLElement;
  results: ResultsView;
  /** Hears whether there is a query: what else the page shows depends on it. */
  onQuery: (query: string) => void;
  onError: (error: unknown) => void;
}

export class SearchView {
  readonly #options: SearchViewOptions;
  readonly #latest: Latest<string>;
  readonly #firstAnswer: { promise: Promise<void>; done: () => void } = deferred();
  #answers = 0;
  #search: Search | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SearchViewOptions) {
    this.#options = options;
    this.#latest = latestOnly((query, isCurrent) => this.#run(query, isCurrent), options.onError);
    const { input, form, results } = options;
    if (input.value === '') input.value = queryOfAddress() ?? '';
    input.addEventListener('input', () => this.#later(DEBOUNCE_MS));
    input.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown' && results.enter()) event.preventDefault();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.refresh();
      results.enter();
    });
    addEventListener('hashchange', () => {
      const query = queryOfAddress();
      // Links inside the page change the address too, without a question in it.
      if (query !== null) this.ask(query);
    });
    addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      if (!input.checkVisibility()) return;
      event.preventDefault();
      this.focus();
    });
    options.onQuery(this.query);
    this.#say(this.query === '' ? '' : 'Opening the library …');
  }

  get query(): string {
    return this.#options.input.value.trim();
  }

  /** From now on questions are answered; the first is what was typed so far. Resolves when that one is, or none was typed. */
  connect(search: Search): Promise<void> {
    this.#search = search;
    this.refresh();
    return this.query === '' ? Promise.resolve() : this.#firstAnswer.promise;
  }

  /** Puts `query` into the field and searches for it. */
  ask(query: string): void {
    if (query === this.query) return;
    this.#options.input.value = query;
    this.refresh();
  }

  /** Searches again, e.g. because the library has changed. */
  refresh(): void {
    this.#later(0);
  }

  focus(): void {
    this.#options.input.focus();
    this.#options.input.select();
  }

  #later(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { query } = this;
      this.#options.onQuery(query);
      rememberInAddress(query);
      if (this.#search) this.#latest.request(query);
      else this.#say(query === '' ? '' : 'Opening the library …');
    }, delayMs);
  }

  async #run(query: string, isCurrent: () => boolean): Promise<void> {
    if (query === '') {
      this.#options.results.show(null);
      this.#say('');
      this.#firstAnswer.done();
      return;
    }
    const show = (result: SearchResult): void => {
      this.#answers++;
      this.#options.results.show(result);
      this.#say(summaryOf(result));
    };
    try {
      // The first answer comes in two steps: marking sentences takes longest while everything is cold.
      const result = await this.#search?.run(query, isCurrent, this.#answers === 0 ? show : undefined);
      if (result) show(result);
    } finally {
      this.#firstAnswer.done();
    }
  }

  #say(text: string): void {
    if (this.#options.status.textContent !== text) this.#options.status.textContent = text;
  }
}

function summaryOf({ understood, hits, elapsedMs }: SearchResult): string {
  if (!understood) return 'No word of this is known to the model, which reads English.';
  if (hits.length === 0) return 'The library is empty so far.';
  return `${countOf(hits.length, 'result')} in ${formatCount(Math.max(1, Math.round(elapsedMs)))} ms`;
}

/** The part of the address behind # never leaves the browser: a search can be bookmarked and survives a reload. */
function queryOfAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('q');
}

function rememberInAddress(query: string): void {
  // Another view has the address while it is shown.
  if (viewOf(location.hash) !== 'search') return;
  const address =
    query === '' ? location.pathname + location.search : `#${new URLSearchParams({ q: query }).toString()}`;
  history.replaceState(null, '', address);
}

function deferred(): { promise: Promise<void>; done: () => void } {
  let done = (): void => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
