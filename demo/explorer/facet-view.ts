/** Facets as groups of check boxes, each with its count; a click composes the filter. */
import type { MetadataScalar } from 'kindex';
import { element, replaceKeepingFocus } from '../dom.js';
import { countOf, formatCount } from '../format.js';
import { icon } from '../icons.js';
import type { Facet, FacetKind } from './facets.js';
import { isChosen, type Alternative, type Filter, type NumberRange } from './filter.js';
import { formatScalar } from './format-value.js';
import type { FacetSummary } from './records.js';

/** Values shown before “Show more”. */
const FEW = 6;

/** Groups open at the start. */
const OPEN = 4;

const KINDS: Record<FacetKind, string> = {
  text: 'text',
  number: 'number',
  boolean: 'yes or no',
  list: 'list',
  sparse: 'sparse vector',
};

export interface FacetViewOptions {
  region: HTMLElement;
  /** Says over how many records was counted. */
  note: HTMLElement;
  onToggle: (key: string, alternative: Alternative) => void;
}

interface Choice {
  alternative: Alternative;
  label: string;
  count: number;
}

export class FacetView {
  readonly #options: FacetViewOptions;
  /** What the visitor has opened or closed, by group. */
  readonly #open: Map<string, boolean> = new Map();
  readonly #expanded: Set<string> = new Set();

  constructor(options: FacetViewOptions) {
    this.#options = options;
  }

  /** Another collection: its groups open as if seen for the first time. */
  forget(): void {
    this.#open.clear();
    this.#expanded.clear();
  }

  show(summary: FacetSummary, filter: Filter): void {
    const { facets } = summary;
    this.#options.note.textContent = noteOf(summary);
    const groups = facets.map((facet, i) => this.#group(facet, filter, i));
    replaceKeepingFocus(this.#options.region, ...groups);
  }

  #group(facet: Facet, filter: Filter, position: number): HTMLElement {
    const { key, kind, records } = facet;
    const name = `${kind} ${key}`;
    const chosen = filter.keys.some((condition) => condition.key === key);
    const details = element(
      'details',
      { class: 'facet' },
      element(
        'summary',
        { attributes: { 'data-key': `facet:${name}` } },
        icon('chevron'),
        element('span', { class: 'facet-key' }, key),
        element('span', { class: 'count' }, `${KINDS[kind]} · ${formatCount(records)}`),
      ),
      this.#body(facet, filter, name),
    );
    details.open = this.#open.get(name) ?? (chosen || (position < OPEN && !isUnique(facet)));
    details.addEventListener('toggle', () => this.#open.set(name, details.open));
    return details;
  }

  #body(facet: Facet, filter: Filter, name: string): HTMLElement {
    const { key, kind } = facet;
    const choices = choicesOf(facet);
    const list = element('div', {
      class: 'facet-values',
      attributes: { role: 'group', 'aria-label': `${key}, ${KINDS[kind]}` },
    });
    const fill = (): void => {
      const shown = this.#expanded.has(name) ? choices : choices.slice(0, FEW);
      const more = this.#expanded.has(name) ? 0 : choices.length - shown.length;
      const beyond = Math.max(0, facet.distinct - choices.length);
      replaceKeepingFocus(
        list,
        ...shown.map((choice) => this.#choice(key, choice, filter)),
        more > 0
          ? element(
              'button',
              {
                class: 'button quiet facet-more',
                attributes: { type: 'button', 'aria-label': `Show ${more} more of ${key}` },
                on: {
                  click: () => {
                    this.#expanded.add(name);
                    const next = choices[FEW];
                    fill();
                    if (next) list.querySelectorAll<HTMLElement>('input[type=checkbox]').item(FEW)?.focus();
                  },
                },
              },
              `Show ${formatCount(more)} more`,
            )
          : null,
        more <= 0 && beyond > 0 && facet.values.length > 0
          ? element('p', { class: 'small-print' }, `and ${countOf(beyond, 'rarer value')}`)
          : null,
        kind === 'sparse'
          ? element('p', { class: 'small-print' }, 'Sparse vectors are searched, not filtered.')
          : null,
      );
    };
    fill();
    return kind === 'number' ? element('div', {}, list, this.#rangeForm(key, facet)) : list;
  }

  #choice(key: string, { alternative, label, count }: Choice, filter: Filter): HTMLElement {
    const box = element('input', {
      attributes: { type: 'checkbox', 'data-key': `choice:${key}:${JSON.stringify(alternative)}` },
      on: { change: () => this.#options.onToggle(key, alternative) },
    });
    box.checked = isChosen(filter, key, alternative);
    return element(
      'label',
      { class: 'facet-value' },
      box,
      element('span', { class: 'facet-label', attributes: { title: label } }, label),
      element('span', { class: 'count' }, formatCount(count)),
    );
  }

  #rangeForm(key: string, facet: Facet): HTMLElement {
    const bounds = boundsOf(facet);
    const from = rangeInput(`${key} from`, `from:${key}`, bounds?.min);
    const to = rangeInput(`${key} to`, `to:${key}`, bounds?.max);
    return element(
      'form',
      {
        class: 'facet-range',
        on: {
          submit: (event) => {
            event.preventDefault();
            const range: NumberRange = {
              ...(from.value === '' ? {} : { from: from.valueAsNumber }),
              ...(to.value === '' ? {} : { to: to.valueAsNumber, closed: true }),
            };
            if (range.from !== undefined || range.to !== undefined)
              this.#options.onToggle(key, { in: range });
          },
        },
      },
      from,
      element('span', { attributes: { 'aria-hidden': 'true' } }, '–'),
      to,
      element(
        'button',
        {
          class: 'button small',
          attributes: { type: 'submit', 'aria-label': `Filter by this range of ${key}` },
        },
        'Add',
      ),
    );
  }
}

/** How a range reads: `1,960 up to 1,980` excludes its end, `… to …` includes it. */
export function formatRange({ from, to, closed }: NumberRange): string {
  if (from === undefined) return `${closed ? 'at most' : 'below'} ${String(to)}`;
  if (to === undefined) return `at least ${from}`;
  if (from === to) return String(from);
  return closed ? `${from} to ${to}` : `${from} up to ${to}`;
}

function choicesOf({ kind, values, buckets }: Facet): Choice[] {
  const wrap = (value: MetadataScalar): Alternative => (kind === 'list' ? { has: value } : { is: value });
  return [
    ...values.map(({ value, count }) => ({ alternative: wrap(value), label: formatScalar(value), count })),
    ...buckets.map(({ from, to, closed, count }) => {
      const range: NumberRange = closed ? { from, to, closed } : { from, to };
      return { alternative: { in: range }, label: formatRange(range), count };
    }),
  ];
}

function boundsOf({ values, buckets }: Facet): { min: number; max: number } | null {
  const ends = [
    ...buckets.flatMap(({ from, to }) => [from, to]),
    ...values.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])),
  ];
  return ends.length === 0 ? null : { min: Math.min(...ends), max: Math.max(...ends) };
}

function rangeInput(label: string, key: string, placeholder: number | undefined): HTMLInputElement {
  return element('input', {
    class: 'input',
    attributes: {
      type: 'number',
      step: 'any',
      'aria-label': label,
      'data-key': key,
      placeholder: placeholder === undefined ? null : String(placeholder),
    },
  });
}

/** Every record its own value: nothing to filter by at first sight. */
function isUnique({ kind, distinct, records }: Facet): boolean {
  return kind === 'sparse' || (kind === 'text' && distinct > FEW && distinct > records / 2);
}

function noteOf({ facets, sampled, total, atLeast }: FacetSummary): string {
  if (sampled === 0) return 'No records to count.';
  if (facets.length === 0) return 'These records have no metadata.';
  const more = atLeast || total > sampled;
  return more
    ? `Counts over the first ${formatCount(sampled)} of ${atLeast ? 'more' : formatCount(total)} matching records. Values of one key add up, keys narrow.`
    : `Counts over all ${countOf(sampled, 'matching record')}. Values of one key add up, keys narrow.`;
}
