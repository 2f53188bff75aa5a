/** Errors where people see them: what happened, what to do, and the technical name in small print. */
import { ChromaError } from 'kindex';
import { element } from './dom.js';
import { icon } from './icons.js';

export interface AlertAction {
  label: string;
  run: () => void;
}

export class Alerts {
  readonly #region: HTMLElement;

  /** `region` has role alert: what is put there is read out at once. */
  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** Shows `error` until it is dismissed; the same message is not shown twice. */
  show(doing: string, error: unknown, action?: AlertAction): void {
    const { message, fix, code } = describe(error);
    const same = [...this.#region.children].find(
      (card) => card.querySelector('.alert-message')?.textContent === message,
    );
    same?.remove();
    const card = element(
      'div',
      { class: 'alert' },
      element('p', { class: 'alert-title' }, doing),
      element('p', { class: 'alert-message' }, message),
      fix === null ? null : element('p', {}, fix),
      code === null ? null : element('p', { class: 'small-print' }, code),
      element(
        'div',
        { class: 'row' },
        action
          ? element(
              'button',
              { class: 'button', attributes: { type: 'button' }, on: { click: action.run } },
              action.label,
            )
          : null,
      ),
      element(
        'button',
        {
          class: 'icon-button alert-close',
          attributes: { type: 'button', 'aria-label': 'Dismiss message' },
          on: { click: () => card.remove() },
        },
        icon('close'),
      ),
    );
    this.#region.append(card);
  }

  clear(): void {
    this.#region.replaceChildren();
  }
}

function describe(error: unknown): { message: string; fix: string | null; code: string | null } {
  if (error instanceof ChromaError) return { message: error.message, fix: error.fix, code: error.code };
  return { message: error instanceof Error ? error.message : String(error), fix: null, code: null };
}
