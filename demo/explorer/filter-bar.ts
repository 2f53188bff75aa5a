/** The filter in force: its conditions to take away or turn round, and the same as JSON to copy into one's own code. */
import { element, replaceKeepingFocus } from '../dom.js';
import { icon } from '../icons.js';
import { formatRange } from './facet-view.js';
import {
  canNegate,
  isEmptyFilter,
  toWhere,
  toWhereDocument,
  type Alternative,
  type Filter,
  type KeyCondition,
} from './filter.js';
import { formatScalar } from './format-value.js';

export interface FilterBarOptions {
  region: HTMLElement;
  onToggle: (key: string, alternative: Alternative) => void;
  onNegate: (key: string) => void;
  onClear: () => void;
}

export class FilterBar {
  readonly #options: FilterBarOptions;

  constructor(options: FilterBarOptions) {
    this.#options = options;
  }

  show(filter: Filter): void {
    const { region, onClear } = this.#options;
    region.hidden = isEmptyFilter(filter);
    if (region.hidden) {
      region.replaceChildren();
      return;
    }
    const where = toWhere(filter);
    const whereDocument = toWhereDocument(filter);
    replaceKeepingFocus(
      region,
      element(
        'div',
        { class: 'chips' },
        ...filter.keys.map((condition) => this.#chip(condition)),
        element(
          'button',
          {
            class: 'button quiet',
            attributes: { type: 'button', 'data-key': 'clear' },
            on: { click: onClear },
          },
          'Clear filter',
        ),
      ),
      where ? jsonBlock('where', where) : null,
      whereDocument ? jsonBlock('whereDocument', whereDocument) : null,
    );
  }

  #chip(condition: KeyCondition): HTMLElement {
    const { key, not = false, any } = condition;
    const { onNegate, onToggle } = this.#options;
    const verb = not ? 'is not' : 'is';
    return element(
      'span',
      { class: 'chip', attributes: { role: 'group', 'aria-label': `Condition on ${key}` } },
      element('span', { class: 'chip-key' }, key),
      canNegate(condition)
        ? element(
            'button',
            {
              class: 'chip-verb',
              attributes: {
                type: 'button',
                'data-key': `negate:${key}`,
                'aria-label': `${key} ${verb}: turn round`,
                title: 'Turn round',
              },
              on: { click: () => onNegate(key) },
            },
            verb,
          )
        : element('span', {}, verb),
      ...any.map((alternative) => {
        const label = labelOf(alternative);
        return element(
          'button',
          {
            class: 'chip-value',
            attributes: {
              type: 'button',
              'data-key': `chip:${key}:${label}`,
              'aria-label': `Take away ${key} ${verb} ${label}`,
            },
            on: { click: () => onToggle(key, alternative) },
          },
          element('span', {}, label),
          icon('close'),
        );
      }),
    );
  }
}

function labelOf(alternative: Alternative): string {
  if ('is' in alternative) return formatScalar(alternative.is);
  return 'has' in alternative ? formatScalar(alternative.has) : formatRange(alternative.in);
}

function jsonBlock(name: string, value: object): HTMLElement {
  const text = JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
  const code = element('code', { attributes: { 'data-json': name } }, text);
  const copy = element(
    'button',
    {
      class: 'button small',
      attributes: { type: 'button', 'aria-label': `Copy ${name}`, 'data-key': `copy:${name}` },
      on: { click: () => void copyText(code, copy) },
    },
    'Copy',
  );
  return element(
    'div',
    { class: 'json' },
    element('span', { class: 'json-name' }, name),
    element('pre', { attributes: { tabindex: '0', 'aria-label': `${name} as JSON` } }, code),
    copy,
  );
}

/** Where the clipboard is closed to the page, the text is selected: one key press copies it. */
async function copyText(code: HTMLElement, button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    button.textContent = 'Copied';
  } catch {
    getSelection()?.selectAllChildren(code);
    button.textContent = 'Selected';
  }
}
