/** The progress of the running job: one bar, and the four stages with their counts. */
import { element } from './dom.js';
import { countOf, formatCount } from './format.js';
import type { JobProgress, Stage } from './ingest.js';

const STAGES: readonly { stage: Stage; label: string }[] = [
  { stage: 'reading', label: 'Reading' },
  { stage: 'splitting', label: 'Splitting' },
  { stage: 'embedding', label: 'Embedding' },
  { stage: 'storing', label: 'Storing' },
];

export class ProgressView {
  readonly #region: HTMLElement;
  readonly #title: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #stages: Map<Stage, { item: HTMLElement; count: HTMLElement }> = new Map();

  /** `onStop` is called when the visitor ends the job. */
  constructor(region: HTMLElement, onStop: () => void) {
    this.#region = region;
    this.#title = element('p', { class: 'progress-title' });
    this.#bar = element('progress', { attributes: { max: '1', 'aria-label': 'Progress' } });
    const list = element('ol', { class: 'stages', attributes: { 'aria-label': 'Stages', role: 'list' } });
    for (const { stage, label } of STAGES) {
      const count = element('span', { class: 'stage-count' });
      const item = element('li', {}, element('span', { class: 'stage-name' }, label), count);
      this.#stages.set(stage, { item, count });
      list.append(item);
    }
    const stop = element(
      'button',
      { class: 'button quiet', attributes: { type: 'button' }, on: { click: onStop } },
      'Stop',
    );
    region.replaceChildren(element('div', { class: 'row spread' }, this.#title, stop), this.#bar, list);
  }

  /** Null hides it. */
  show(progress: JobProgress | null): void {
    this.#region.hidden = progress === null;
    if (!progress) return;
    this.#title.textContent = `${progress.label}: ${progress.stage}`;
    this.#bar.value = progress.share;
    this.#count('reading', `${formatCount(progress.read)} of ${countOf(progress.total, 'document')}`);
    this.#count('splitting', countOf(progress.split, 'passage'));
    this.#count('embedding', `${formatCount(progress.embedded)} of ${formatCount(progress.split)}`);
    this.#count('storing', `${formatCount(progress.stored)} of ${formatCount(progress.split)}`);
    for (const [stage, { item }] of this.#stages) {
      if (stage === progress.stage) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
  }

  #count(stage: Stage, text: string): void {
    const view = this.#stages.get(stage);
    if (view) view.count.textContent = text;
  }
}
