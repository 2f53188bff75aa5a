/** Asks before something that cannot be undone: a modal dialog of the platform, with its focus handling and Escape. */
import { element } from './dom.js';

export interface Question {
  title: string;
  text: string;
  /** The button that goes ahead, e.g. `Delete everything`. */
  confirm: string;
}

/** True when the visitor goes ahead; false for Cancel and Escape. Focus returns to where it was. */
export function askFirst({ title, text, confirm }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = element(
      'button',
      { class: 'button', attributes: { value: 'cancel', type: 'submit' } },
      'Cancel',
    );
    const dialog = element(
      'dialog',
      {
        class: 'dialog',
        attributes: { 'aria-labelledby': 'question-title', 'aria-describedby': 'question-text' },
      },
      element(
        'form',
        { attributes: { method: 'dialog' } },
        element('h2', { attributes: { id: 'question-title' } }, title),
        element('p', { attributes: { id: 'question-text' } }, text),
        element(
          'div',
          { class: 'row end' },
          cancel,
          element(
            'button',
            { class: 'button danger', attributes: { value: 'confirm', type: 'submit' } },
            confirm,
          ),
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'confirm');
    });
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}
