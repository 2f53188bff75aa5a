/** Deletions can be taken back: keeps what was deleted, offers it at the foot of the page and on Ctrl+Z. */
import { element } from './dom.js';
import { icon } from './icons.js';
import type { DeletedSource } from './library.js';

/** Kept in memory only: a reload makes deletions final. */
const KEPT = 20;

export class Undo {
  readonly #region: HTMLElement;
  readonly #restore: (deleted: DeletedSource) => void;
  readonly #deleted: DeletedSource[] = [];

  /** `region` has role status: an offer is read out without taking the focus. */
  constructor(region: HTMLElement, restore: (deleted: DeletedSource) => void) {
    this.#region = region;
    this.#restore = restore;
    addEventListener('keydown', (event) => {
      if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
      // In a text field it is the field's own undo.
      if (event.target instanceof HTMLInputElement || this.#deleted.length === 0) return;
      event.preventDefault();
      this.#takeBack();
    });
  }

  /** The offer stays until it is used, dismissed, or followed by the next: no clock runs against the reader. */
  offer(deleted: DeletedSource): void {
    this.#deleted.push(deleted);
    if (this.#deleted.length > KEPT) this.#deleted.shift();
    this.#show();
  }

  /** What was deleted before stays deleted. */
  forget(): void {
    this.#deleted.length = 0;
    this.#show();
  }

  #takeBack(): void {
    const last = this.#deleted.pop();
    this.#show();
    if (last) this.#restore(last);
  }

  #show(): void {
    const last = this.#deleted.at(-1);
    this.#region.replaceChildren();
    if (!last) return;
    this.#region.append(
      element(
        'div',
        { class: 'toast' },
        element('span', {}, `Deleted “${last.entry.title}”.`),
        element(
          'button',
          { class: 'button on-toast', attributes: { type: 'button' }, on: { click: () => this.#takeBack() } },
          'Undo',
        ),
        element(
          'button',
          {
            class: 'icon-button on-toast',
            attributes: { type: 'button', 'aria-label': 'Dismiss' },
            on: { click: () => this.forget() },
          },
          icon('close'),
        ),
      ),
    );
  }
}
