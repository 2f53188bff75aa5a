/** Metadata as rows of key, type and value that can be added, changed and taken away. */
import { element } from '../dom.js';
import { icon } from '../icons.js';
import { selectOf } from './form-dialog.js';
import { FIELD_TYPES, type Field, type FieldFault, type FieldType } from './metadata-fields.js';

const TYPES: Record<FieldType, string> = {
  text: 'text',
  number: 'number',
  boolean: 'true or false',
  texts: 'list of texts',
  numbers: 'list of numbers',
  booleans: 'list of true or false',
  sparse: 'sparse vector',
};

interface Row {
  element: HTMLElement;
  key: HTMLInputElement;
  type: HTMLSelectElement;
  value: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
}

export class FieldEditor {
  readonly element: HTMLElement;
  readonly #list: HTMLElement = element('div', { class: 'meta-rows' });
  readonly #rows: Row[] = [];
  readonly #add: HTMLButtonElement;

  constructor(fields: readonly Field[]) {
    this.#add = element(
      'button',
      {
        class: 'button quiet',
        attributes: { type: 'button' },
        on: { click: () => this.#append({ key: '', type: 'text', text: '' }).key.focus() },
      },
      'Add a key',
    );
    this.element = element(
      'fieldset',
      { class: 'meta-editor' },
      element('legend', { class: 'field-label' }, 'Metadata'),
      this.#list,
      this.#add,
    );
    for (const field of fields) this.#append(field);
  }

  /** As they stand in the form, not yet read. */
  get fields(): Field[] {
    return this.#rows.map(({ key, type, value }) => ({
      key: key.value,
      type: type.value as FieldType,
      text: value.value,
    }));
  }

  /** Marks the row a fault speaks of, or none. */
  mark(fault: FieldFault | null): void {
    this.#rows.forEach(({ key, value }, index) => {
      for (const control of [key, value]) {
        if (fault?.index === index) control.setAttribute('aria-invalid', 'true');
        else control.removeAttribute('aria-invalid');
      }
    });
    if (fault) this.#rows[fault.index]?.value.focus();
  }

  #append(field: Field): Row {
    const key = element('input', {
      class: 'input',
      attributes: {
        type: 'text',
        'aria-label': 'Key',
        placeholder: 'key',
        autocomplete: 'off',
        spellcheck: 'false',
      },
    });
    key.value = field.key;
    const type = selectOf(
      FIELD_TYPES.map((name) => [name, TYPES[name]]),
      field.type,
    );
    const row: Row = {
      element: element('div', { class: 'meta-row' }),
      key,
      type,
      value: valueControl(field),
    };
    const remove = element(
      'button',
      {
        class: 'icon-button',
        attributes: { type: 'button' },
        on: { click: () => this.#remove(row) },
      },
      icon('trash'),
    );
    const name = (): void => {
      const named = key.value === '' ? 'the new key' : key.value;
      type.setAttribute('aria-label', `Type of ${named}`);
      row.value.setAttribute('aria-label', `Value of ${named}`);
      remove.setAttribute('aria-label', `Take away ${named}`);
    };
    name();
    key.addEventListener('input', name);
    row.element.append(key, type, row.value, remove);
    type.addEventListener('change', () => {
      const value = valueControl({
        type: type.value as FieldType,
        text: row.value.value,
      });
      row.value.replaceWith(value);
      row.value = value;
      name();
    });
    this.#rows.push(row);
    this.#list.append(row.element);
    return row;
  }

  #remove(row: Row): void {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    row.element.remove();
    this.#add.focus();
  }
}

function valueControl({ type, text }: Pick<Field, 'type' | 'text'>): Row['value'] {
  if (type === 'boolean') {
    return selectOf(
      [
        ['true', 'true'],
        ['false', 'false'],
      ],
      text === 'false' ? 'false' : 'true',
    );
  }
  if (type === 'number') {
    const input = element('input', {
      class: 'input',
      attributes: { type: 'text', inputmode: 'decimal', autocomplete: 'off' },
    });
    input.value = text;
    return input;
  }
  const area = element('textarea', {
    class: 'input',
    attributes: {
      rows: String(Math.min(5, text.split('\n').length + (type === 'text' ? 0 : 1))),
      placeholder:
        type === 'sparse' ? '{"indices": [0], "values": [1]}' : type === 'text' ? null : 'one per line',
    },
  });
  area.value = text;
  return area;
}
