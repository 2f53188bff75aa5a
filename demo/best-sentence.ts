/** The sentence of a passage that lies nearest to the query, by the same embedding the search uses. */
import { segmentSentences } from 'kindex/text';
import type { Span } from './highlight.js';
import type { EmbeddedText } from './library.js';

type Embed = (texts: readonly string[]) => Promise<EmbeddedText[]>;

/** Below this cosine a sentence has little to do with the query: marking it would promise too much. */
const WORTH_MARKING = 0.2;

/** Passages whose sentences stay embedded: a few hundred screens of results. */
const CACHED_PASSAGES = 2_000;

interface EmbeddedSentences {
  spans: Span[];
  vectors: number[][];
}

export class SentencePicker {
  readonly #embed: Embed;
  /** By passage text; insertion order is order of last use. */
  readonly #cache: Map<string, EmbeddedSentences> = new Map();

  constructor(embed: Embed) {
    this.#embed = embed;
  }

  /**
   * The nearest sentence of each text, in order; null where none is worth marking, or there is only one. Cost: one
   * embedding call for all sentences not seen before.
   */
  async pick(queryVector: readonly number[], texts: readonly string[]): Promise<(Span | null)[]> {
    const fresh = [...new Set(texts)].filter((text) => !this.#cache.has(text));
    const spansOf = fresh.map(sentencesOf);
    const sentences = fresh.flatMap((text, i) =>
      (spansOf[i] ?? []).map(({ start, end }) => text.slice(start, end)),
    );
    const embedded = sentences.length === 0 ? [] : await this.#embed(sentences);
    const vectors = embedded.map(({ vector }) => vector);
    let at = 0;
    fresh.forEach((text, i) => {
      const spans = spansOf[i] ?? [];
      this.#remember(text, { spans, vectors: vectors.slice(at, at + spans.length) });
      at += spans.length;
    });
    return texts.map((text) => this.#nearest(queryVector, text));
  }

  #nearest(queryVector: readonly number[], text: string): Span | null {
    const entry = this.#cache.get(text);
    if (!entry || entry.spans.length < 2) return null;
    this.#remember(text, entry);
    let best: Span | null = null;
    let highest = WORTH_MARKING;
    entry.vectors.forEach((vector, i) => {
      const similarity = cosine(queryVector, vector);
      if (similarity > highest) {
        highest = similarity;
        best = entry.spans[i] ?? null;
      }
    });
    return best;
  }

  #remember(text: string, entry: EmbeddedSentences): void {
    this.#cache.delete(text);
    this.#cache.set(text, entry);
    if (this.#cache.size <= CACHED_PASSAGES) return;
    const oldest = this.#cache.keys().next();
    if (!oldest.done) this.#cache.delete(oldest.value);
  }
}

/** Without the white space behind each, and without what is too short to say anything ("e.g.", "1."). */
function sentencesOf(text: string): Span[] {
  return segmentSentences(text)
    .map(({ start, end }) => ({ start, end: start + text.slice(start, end).trimEnd().length }))
    .filter(({ start, end }) => end - start >= 12);
}

/** 0 where one of them has no length. */
function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((x, i) => {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  });
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
