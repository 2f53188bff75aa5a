/** Reads HTML as its visible text, section by section. Nothing of the file is parsed by the browser, run or fetched. */
import type { Passage } from '../documents.js';
import { htmlSteps } from './html-steps.js';
import { splitText } from './split.js';

/** The title stands near the start: how far it is looked for before passages are drawn. */
const HEAD_CHARACTERS = 65_536;

export interface HtmlText {
  /** From `<title>` or the first heading; empty where there is none. */
  title: string;
  passages: Iterable<Passage>;
}

/** `decodeNamed` turns `&eacute;` into `é`; by default the browser does. */
export function readHtml(html: string, decodeNamed?: (reference: string) => string): HtmlText {
  return {
    title: titleOf(html.slice(0, HEAD_CHARACTERS), decodeNamed),
    passages: passagesOf(html, decodeNamed),
  };
}

function titleOf(start: string, decodeNamed?: (reference: string) => string): string {
  let heading = '';
  for (const step of htmlSteps(start, decodeNamed)) {
    if (step.kind === 'title' && collapse(step.text) !== '') return collapse(step.text);
    if (step.kind === 'heading' && heading === '') heading = collapse(step.text);
  }
  return heading;
}

function* passagesOf(html: string, decodeNamed?: (reference: string) => string): Generator<Passage> {
  const headings: string[] = [];
  let lines: string[] = [];
  let line = '';
  const endLine = (): void => {
    const collapsed = collapse(line);
    if (collapsed !== '') lines.push(collapsed);
    line = '';
  };
  const section = function* (): Generator<Passage> {
    endLine();
    yield* splitText(lines.join('\n'), headings.filter(Boolean).join(' › '));
    lines = [];
  };
  for (const step of htmlSteps(html, decodeNamed)) {
    if (step.kind === 'text') line += step.text;
    else if (step.kind === 'break') endLine();
    else if (step.kind === 'heading') {
      yield* section();
      headings.length = step.level - 1;
      headings[step.level - 1] = collapse(step.text);
    }
  }
  yield* section();
}

function collapse(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
