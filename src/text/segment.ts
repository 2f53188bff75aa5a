/** Sentences of a text as offsets. Nothing is trimmed: the spans touch and cover the text. */

/** UTF-16 offsets into a text: `text.slice(start, end)`. */
export interface Span {
  start: number;
  end: number;
}

export interface SegmentOptions {
  /** BCP 47 tag; matters for a few languages only. Default `en`. */
  locale?: string;
  /** `platform` is Intl.Segmenter, `simple` the rule below. Default: the platform's where it has one. */
  rules?: 'platform' | 'simple';
}

/** UTF-16 units given to Intl.Segmenter at once: V8 copies its whole input for every segment it returns. */
const WINDOW = 2_000;

/**
 * Sentences in order; the white space after one belongs to it. Abbreviations ("Dr. Who") may end a sentence.
 * Cost: linear.
 */
export function segmentSentences(text: string, options: SegmentOptions = {}): Span[] {
  const { locale = 'en', rules = typeof Intl.Segmenter === 'function' ? 'platform' : 'simple' } = options;
  if (rules === 'simple') return simpleSentences(text);
  const segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' });
  const spans: Span[] = [];
  let window = WINDOW;
  for (let start = 0; start < text.length;) {
    const end = Math.min(start + window, text.length);
    const found: Span[] = [];
    for (const { index, segment } of segmenter.segment(text.slice(start, end))) {
      found.push({ start: start + index, end: start + index + segment.length });
    }
    // What the window cut off is no sentence yet, and whether the one before it ends there depends on what follows.
    const complete = end < text.length ? found.slice(0, -2) : found;
    spans.push(...complete);
    start = complete.at(-1)?.end ?? start;
    window = complete.length === 0 ? window * 2 : WINDOW;
  }
  return spans;
}

const TERMINATOR = new Set('.!?…');
/** These end a sentence without white space after them. */
const FULL_WIDTH_TERMINATOR = new Set('。！？');
const CLOSER = new Set('"\'”’»)]」』）');
const isSpace = (character: string | undefined): boolean =>
  character !== undefined && character.trim() === '';

/** A sentence ends after a terminator and its closing marks when white space follows, and at every line break. */
function simpleSentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const first = text.charAt(at++);
    let ends = first === '\n' || FULL_WIDTH_TERMINATOR.has(first);
    if (ends || TERMINATOR.has(first)) {
      for (
        let next = text.charAt(at);
        TERMINATOR.has(next) || FULL_WIDTH_TERMINATOR.has(next);
        next = text.charAt(++at)
      ) {
        if (FULL_WIDTH_TERMINATOR.has(next)) ends = true;
      }
      while (CLOSER.has(text.charAt(at))) at++;
      if (isSpace(text[at])) ends = true;
    }
    if (!ends) continue;
    while (isSpace(text[at])) at++;
    spans.push({ start, end: at });
    start = at;
  }
  if (start < text.length) spans.push({ start, end: text.length });
  return spans;
}
