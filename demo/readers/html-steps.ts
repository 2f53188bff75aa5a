/**
 * Scans HTML into what a reader sees: text, breaks between blocks, headings. Works on the text alone: a document parsed by the
 * browser inherits this page's content security policy, which then reports every inline style and handler of the file.
 */

export type HtmlStep =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'title'; text: string };

/** Shown to nobody, or navigation that repeats on every page. Left out with everything inside. */
const HIDDEN = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'nav',
  'select',
  'textarea',
]);
/** Their content is text up to the end tag, whatever it looks like. */
const RAW = new Set(['script', 'style', 'textarea', 'title', 'iframe']);
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
const INLINE = new Set(
  (
    'a abbr b bdi bdo cite code data del dfn em font i img ins kbd label mark output q s samp small span strong sub sup time ' +
    'tt u var wbr'
  ).split(' '),
);

/** How a tag, a comment or a declaration begins; a `<` before anything else is text. */
const OPENING = /<(?:(\/?)([a-z][^\s/>]*)|(!--)|[!?])/gi;

/** `decodeNamed` turns `&eacute;` into `é`; by default the browser does. Cost: linear in the length of the text. */
export function* htmlSteps(
  html: string,
  decodeNamed: (reference: string) => string = decodeByBrowser,
): Generator<HtmlStep> {
  /** Text of the heading that is open; null outside. */
  let heading: string | null = null;
  let at = 0;
  const openings = new RegExp(OPENING);
  const text = (from: number, to: number): string => decodeReferences(html.slice(from, to), decodeNamed);
  for (let match = openings.exec(html); match; match = openings.exec(html)) {
    const before = text(at, match.index);
    if (heading !== null) heading += before;
    else if (before !== '') yield { kind: 'text', text: before };

    const [, slash = '', rawName, comment] = match;
    const name = rawName?.toLowerCase();
    const attributesStart = openings.lastIndex;
    at = comment === undefined ? tagEnd(html, attributesStart) : commentEnd(html, attributesStart);
    const attributes = html.slice(attributesStart, at);
    const level = /^h([1-6])$/.exec(name ?? '')?.[1];
    if (name === undefined) {
      // A comment or declaration: nothing of it is shown.
    } else if (slash === '' && name === 'title') {
      const start = at;
      at = elementEnd(html, name, start) ?? html.length;
      yield { kind: 'title', text: text(start, Math.max(start, html.lastIndexOf('<', at - 1))) };
    } else if (slash === '' && HIDDEN.has(name)) {
      at = elementEnd(html, name, at) ?? html.length;
    } else if (slash === '' && isHiddenByAttribute(name, attributes)) {
      // Never closed (as `<p hidden>` may be): rather show too much than lose what follows.
      at = elementEnd(html, name, at) ?? at;
    } else if (level !== undefined) {
      if (slash === '') heading = '';
      else if (heading !== null) {
        yield { kind: 'heading', level: Number(level), text: heading };
        heading = null;
      }
    } else if (!INLINE.has(name)) {
      if (heading === null) yield { kind: 'break' };
      else heading += ' ';
    }
    openings.lastIndex = at;
  }
  const rest = (heading ?? '') + text(at, html.length);
  if (rest !== '') yield { kind: 'text', text: rest };
}

function isHiddenByAttribute(name: string, attributes: string): boolean {
  return !VOID.has(name) && /\s(?:hidden(?:[\s=/>]|$)|aria-hidden\s*=\s*["']?true)/i.test(attributes);
}

/** Behind the `>` of the tag whose attributes begin at `from`; one inside a quoted value does not count. */
function tagEnd(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const character = html[at];
    if (character === '>') return at + 1;
    if (character !== '=') continue;
    // Quotes matter only where a value begins: a stray one elsewhere must not swallow the text behind it.
    while (/\s/.test(html[at + 1] ?? '')) at++;
    const quote = html[at + 1];
    if (quote !== '"' && quote !== "'") continue;
    const closing = html.indexOf(quote, at + 2);
    if (closing === -1) return html.length;
    at = closing;
  }
  return html.length;
}

function commentEnd(html: string, from: number): number {
  const end = html.indexOf('-->', from);
  return end === -1 ? html.length : end + 3;
}

/** Behind the end tag that closes the element `name` whose content begins at `from`; null where it is never closed. */
function elementEnd(html: string, name: string, from: number): number | null {
  const tags = new RegExp(`<(/?)${name.replaceAll(/[^a-z0-9-]/g, '')}(?=[\\s/>])[^>]*>`, 'gi');
  tags.lastIndex = from;
  let depth = 1;
  for (let match = tags.exec(html); match; match = tags.exec(html)) {
    if (match[1] === '/') depth--;
    else if (!RAW.has(name) && !match[0].endsWith('/>')) depth++;
    if (depth === 0) return tags.lastIndex;
  }
  return null;
}

function decodeReferences(text: string, decodeNamed: (reference: string) => string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|[a-z][a-z0-9]{1,31});?/gi,
    (reference, decimal?: string, hex?: string) => {
      if (decimal === undefined && hex === undefined) return decodeNamed(reference);
      const code = Number.parseInt(decimal ?? hex ?? '', decimal === undefined ? 16 : 10);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\u{fffd}';
    },
  );
}

/** A reference alone holds no element: parsing it can neither run nor load anything. */
function decodeByBrowser(reference: string): string {
  return new DOMParser().parseFromString(reference, 'text/html').body.textContent ?? reference;
}
