/** Reads HTML as its visible text, section by section. The parsed page is inert: no script runs, nothing is fetched. */
import type { Passage } from '../documents.js';
import { splitText } from './split.js';

const HIDDEN = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'SVG', 'HEAD', 'IFRAME', 'OBJECT', 'NAV']);
const BLOCK = new Set(
  (
    'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY BR CAPTION DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM HEADER HR LI MAIN OL P PRE ' +
    'SECTION SUMMARY TABLE TBODY TD TFOOT TH THEAD TR UL'
  ).split(' '),
);

export interface HtmlText {
  /** From `<title>` or the first heading; empty where there is none. */
  title: string;
  passages: Iterable<Passage>;
}

export function readHtml(text: string): HtmlText {
  const page = new DOMParser().parseFromString(withoutStyle(text), 'text/html');
  const title = page.querySelector('title')?.textContent ?? page.querySelector('h1')?.textContent ?? '';
  return { title: collapse(title), passages: passagesOf(page.body) };
}

/**
 * The parsed page inherits this page's content security policy, which reports every inline style. Only the letters of
 * the attribute's name change; what is left means nothing to a parser.
 */
function withoutStyle(text: string): string {
  return text
    .replaceAll(/<style\b[^>]*>[\s\S]*?<\/style\s*>/gi, '')
    .replaceAll(/(<[a-z][^<>]*?\s)style(\s*=)/gi, '$1data-s$2');
}

function* passagesOf(body: HTMLElement): Generator<Passage> {
  const headings: string[] = [];
  let paragraphs: string[] = [];
  let line = '';
  const endLine = (): void => {
    const collapsed = collapse(line);
    if (collapsed !== '') paragraphs.push(collapsed);
    line = '';
  };
  for (const step of walk(body)) {
    if (step.kind === 'text') line += step.text;
    else if (step.kind === 'break') endLine();
    else {
      endLine();
      yield* splitText(paragraphs.join('\n'), headings.filter(Boolean).join(' › '));
      paragraphs = [];
      headings.length = step.level - 1;
      headings[step.level - 1] = collapse(step.text);
    }
  }
  endLine();
  yield* splitText(paragraphs.join('\n'), headings.filter(Boolean).join(' › '));
}

type Step =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'heading'; level: number; text: string };

function* walk(node: Node): Generator<Step> {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      yield { kind: 'text', text: child.textContent ?? '' };
    } else if (
      child instanceof Element &&
      !HIDDEN.has(child.tagName.toUpperCase()) &&
      !child.hasAttribute('hidden')
    ) {
      const level = /^H([1-6])$/.exec(child.tagName)?.[1];
      if (level) {
        yield { kind: 'heading', level: Number(level), text: child.textContent ?? '' };
        continue;
      }
      const block = BLOCK.has(child.tagName);
      if (block) yield { kind: 'break' };
      yield* walk(child);
      if (block) yield { kind: 'break' };
    }
  }
}

function collapse(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
