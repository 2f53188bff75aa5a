/** One search: asks the collection, groups by document, finds the sentence to mark. Draws nothing. */
import { SentencePicker } from './best-sentence.js';
import { parsePassageMetadata } from './documents.js';
import type { Library } from './library.js';
import { groupByDocument, type FoundPassage, type Hit } from './grouping.js';
import { queryWords, type Span } from './highlight.js';

/** Documents shown at most. */
const SHOWN = 12;

/** Passages asked for: first a few, then more where they all come from a few documents. */
const PASSAGES = [48, 240] as const;

export interface MarkedHit extends Hit {
  sentence: Span | null;
}

export interface SearchResult {
  query: string;
  hits: MarkedHit[];
  words: string[];
  /** False when no word of the query is known to the model; there are no hits then. */
  understood: boolean;
  /** From the question to the answer of the store, embedding of the query included. */
  elapsedMs: number;
}

export class Search {
  readonly #library: Library;
  readonly #picker: SentencePicker;

  constructor(library: Library) {
    this.#library = library;
    this.#picker = new SentencePicker((texts) => library.embed(texts));
  }

  /**
   * Null once `isCurrent` says that nobody waits for it any more. `onFound` hears of the hits before their sentences are
   * known. Rejects with what the store says.
   */
  async run(
    query: string,
    isCurrent: () => boolean,
    onFound?: (result: SearchResult) => void,
  ): Promise<SearchResult | null> {
    const started = performance.now();
    const [embedded] = await this.#library.embed([query]);
    const { vector, known: understood } = embedded ?? { vector: [], known: false };
    // To a query of unknown words everything is equally near: an order of hits would mean nothing.
    const hits = understood ? await this.#hits(vector) : [];
    const elapsedMs = performance.now() - started;
    if (!isCurrent()) return null;
    const found = { query, understood, words: queryWords(query), elapsedMs };
    onFound?.({ ...found, hits: hits.map((hit) => ({ ...hit, sentence: null })) });
    const sentences = await this.#picker.pick(
      vector,
      hits.map(({ best }) => best.text),
    );
    if (!isCurrent()) return null;
    return { ...found, hits: hits.map((hit, i) => ({ ...hit, sentence: sentences[i] ?? null })) };
  }

  async #hits(vector: number[]): Promise<Hit[]> {
    let hits: Hit[] = [];
    for (const nResults of PASSAGES) {
      const { passages, isAll } = await this.#passages(vector, nResults);
      hits = groupByDocument(passages);
      if (hits.length >= SHOWN || isAll) break;
    }
    return hits.slice(0, SHOWN);
  }

  async #passages(vector: number[], nResults: number): Promise<{ passages: FoundPassage[]; isAll: boolean }> {
    const result = await this.#library.engine.collection.query({
      queryEmbeddings: [vector],
      nResults,
      include: ['documents', 'metadatas', 'distances'],
    });
    const rows = result.rows()[0] ?? [];
    const passages = rows.flatMap((row) => {
      const metadata = parsePassageMetadata(row.metadata);
      if (!metadata) return [];
      return [{ id: row.id, text: row.document ?? '', distance: row.distance ?? Number.NaN, metadata }];
    });
    return { passages, isAll: rows.length < nResults };
  }
}
