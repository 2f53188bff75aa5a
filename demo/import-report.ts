/** What became of added files: how much was stored, and every file that was not, with the reason. */
import { element } from './dom.js';
import { countOf } from './format.js';
import { icon } from './icons.js';
import type { JobReport } from './ingest.js';

/** Shown in `region`, which has role status, until dismissed or replaced. */
export function showImportReport(region: HTMLElement, report: JobReport): void {
  const { documents, passages, problems, stopped } = report;
  const stored =
    documents === 0
      ? 'Nothing was added'
      : `Added ${countOf(documents, 'document')}, ${countOf(passages, 'passage')}`;
  const byReason = new Map<string, string[]>();
  for (const { path, reason } of problems) {
    const paths = byReason.get(reason);
    if (paths) paths.push(path);
    else byReason.set(reason, [path]);
  }
  region.replaceChildren(
    element(
      'div',
      { class: 'report' },
      element('p', { class: 'report-title' }, stopped ? `${stored}, then stopped.` : `${stored}.`),
      problems.length === 0 ? null : element('p', {}, `${countOf(problems.length, 'file')} with a problem:`),
      ...[...byReason].map(([reason, paths]) =>
        element(
          'div',
          { class: 'problem' },
          element('p', { class: 'problem-reason' }, reason),
          element(
            'ul',
            { class: 'problem-paths', attributes: { role: 'list' } },
            ...paths.map((path) => element('li', {}, path)),
          ),
        ),
      ),
      element(
        'button',
        {
          class: 'icon-button alert-close',
          attributes: { type: 'button', 'aria-label': 'Dismiss report' },
          on: { click: () => region.replaceChildren() },
        },
        icon('close'),
      ),
    ),
  );
}
