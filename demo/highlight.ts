/** Where in a passage the words of a query stand, and the passage as page nodes with those places marked. */
import { element } from './dom.js';

/** [start, end) in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/** Words that stand in most sentences: marking them would hide the ones that matter. */
const COMMON = new Set(
  (
    'a about after all an and any are as at be been before but by can could did do does for from get had has have how i if in into is it its ' +
    'just may me more my no not of off on one only or our out over should so some than that the their them then there these they this to too two ' +
    'up us was we were what when where which while who whom why will with would you your'
  ).split(' '),
);

const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a query worth marking, lower-cased, each once. All words when every one is common. */
export function queryWords(query: string): string[] {
  const words = [...new Set(query.toLowerCase().match(WORD) ?? [])];
  const telling = words.filter((word) => !COMMON.has(word));
  return telling.length > 0 ? telling : words;
}

/** Places of words that share their stem with a query word: "baking" marks "bake" and "baked". */
export function wordSpans(text: string, words: readonly string[]): Span[] {
  const stems = new Set(words.map(stem));
  const spans: Span[] = [];
  for (const match of text.matchAll(WORD)) {
    if (stems.has(stem(match[0].toLowerCase()))) {
      spans.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  return spans;
}

/** English endings taken off, as far as marking needs it: too much marked is worse than a form missed. */
function stem(word: string): string {
  if (word.length <= 3) return word;
  for (const ending of ['ing', 'ed', 'es', 's', 'e', 'y']) {
    const rest = word.length - ending.length;
    if (word.endsWith(ending) && rest >= 3) {
      const root = word.slice(0, rest);
      // "stopped" and "stop": a doubled final consonant belongs to the ending.
      return /([bdgmnprt])\1$/.test(root) ? root.slice(0, -1) : root;
    }
  }
  return word;
}

export interface MarkOptions {
  words: readonly Span[];
  /** The sentence nearest to the query; marked as a whole, words inside it once more. */
  sentence: Span | null;
}

/** `text` as nodes: plain text, `<mark class="sentence">` and `<mark class="word">`. */
export function markedText(text: string, { words, sentence }: MarkOptions): Node[] {
  if (!sentence) return markWords(text, words, { start: 0, end: text.length });
  return [
    ...markWords(text, words, { start: 0, end: sentence.start }),
    element('mark', { class: 'sentence' }, ...markWords(text, words, sentence)),
    ...markWords(text, words, { start: sentence.end, end: text.length }),
  ];
}

function markWords(text: string, words: readonly Span[], within: Span): Node[] {
  const nodes: Node[] = [];
  let at = within.start;
  const plainUpTo = (end: number): void => {
    if (end > at) nodes.push(document.createTextNode(text.slice(at, end)));
  };
  for (const { start, end } of words) {
    if (start < at || end > within.end) continue;
    plainUpTo(start);
    nodes.push(element('mark', { class: 'word' }, text.slice(start, end)));
    at = end;
  }
  plainUpTo(within.end);
  return nodes;
}
