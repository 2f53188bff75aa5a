/** A modal form whose answer may be refused: stays open with the reason until it is accepted or cancelled. */
import { Alerts } from '../alerts.js';
import { element } from '../dom.js';

export interface FormDialogOptions {
  title: string;
  /** Below the title, e.g. what happens to the vectors. */
  hint?: string;
  fields: (Node | null)[];
  /** The button that goes ahead. */
  confirm: string;
  /** Wider, for records. */
  wide?: boolean;
  /** Title of the refusal. */
  failure: string;
  /** Rejects with why not; the form stays open then. */
  onConfirm: () => Promise<void>;
}

/** Opens the form; the focus goes to its first field, and back to where it was at the end. */
export function openFormDialog(options: FormDialogOptions): HTMLDialogElement {
  const { title, hint, fields, confirm, wide = false, failure, onConfirm } = options;
  const refusals = element('div', { class: 'alerts', attributes: { role: 'alert' } });
  const alerts = new Alerts(refusals);
  const go = element('button', { class: 'button primary', attributes: { type: 'submit' } }, confirm);
  const cancel = element('button', { class: 'button', attributes: { type: 'button' } }, 'Cancel');
  const form = element(
    'form',
    { class: 'dialog-form', attributes: { novalidate: '' } },
    element('h2', { attributes: { id: 'form-title' } }, title),
    hint === undefined ? null : element('p', { class: 'dialog-hint' }, hint),
    ...fields,
    refusals,
    element('div', { class: 'row end dialog-actions' }, cancel, go),
  );
  const dialog = element(
    'dialog',
    { class: wide ? 'dialog is-wide' : 'dialog', attributes: { 'aria-labelledby': 'form-title' } },
    form,
  );
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    alerts.clear();
    onConfirm().then(
      () => dialog.close(),
      (error: unknown) => {
        go.disabled = false;
        alerts.show(failure, error);
        refusals.scrollIntoView({ block: 'nearest' });
      },
    );
  });
  document.body.append(dialog);
  dialog.showModal();
  const first = form.querySelector<HTMLElement>('input:not([readonly]), textarea, select');
  first?.focus();
  // A long text is read from its beginning.
  if (first instanceof HTMLTextAreaElement) {
    first.setSelectionRange(0, 0);
    first.scrollTop = 0;
  }
  return dialog;
}

/** A control under its visible label. */
export function labelled(label: string, control: HTMLElement, hint?: string): HTMLElement {
  return element(
    'label',
    { class: 'field' },
    element('span', { class: 'field-label' }, label),
    control,
    hint === undefined ? null : element('span', { class: 'small-print' }, hint),
  );
}

/** A `select`; `options` are value and text. */
export function selectOf(
  options: readonly (readonly [string, string])[],
  chosen: string,
  label?: string,
): HTMLSelectElement {
  const select = element(
    'select',
    { class: 'input', attributes: { 'aria-label': label ?? null } },
    ...options.map(([value, text]) => element('option', { attributes: { value } }, text)),
  );
  select.value = chosen;
  return select;
}
