/** The built-in model in memory: texts to unit vectors, synchronously. Loading is elsewhere. */
import { kindexError } from '../base/errors.js';
import type { Matrix } from '../base/types.js';
import type { WordPieceTokenizer } from '../text/wordpiece.js';
import type { ModelTable } from './model-table.js';

export interface Embedded {
  /** One unit vector per text. */
  vectors: Matrix;
  /** Texts of which no piece is in the vocabulary, empty ones among them: all of these get one and the same vector. */
  unknownTexts: number;
}

export class StaticModel {
  readonly tokenizer: WordPieceTokenizer;
  readonly dimensions: number;
  readonly #table: ModelTable;

  /** @throws EMBED_INTEGRITY when tokenizer and table do not belong together */
  constructor(tokenizer: WordPieceTokenizer, table: ModelTable) {
    if (tokenizer.vocabularySize !== table.rows || tokenizer.unknownId !== table.unknownRow) {
      throw kindexError(
        'EMBED_INTEGRITY',
        `The tokenizer has ${tokenizer.vocabularySize} pieces (unknown: ${tokenizer.unknownId}), the table ${table.rows} rows (unknown: ${table.unknownRow}).`,
      );
    }
    this.tokenizer = tokenizer;
    this.dimensions = table.dimensions;
    this.#table = table;
  }

  /**
   * Each text alone decides its vector, so a batch equals its single calls bit for bit. Text without any known piece gets
   * the vector of the unknown piece, never zeros. `dimensions`: even, at most the model's.
   * Cost: about 10 µs for a sentence, linear in its length.
   */
  embed(texts: readonly string[], dimensions: number): Embedded {
    const data = new Float32Array(texts.length * dimensions);
    const { unknownId } = this.tokenizer;
    let unknownTexts = 0;
    const ids: number[] = [];
    for (const [index, text] of texts.entries()) {
      ids.length = 0;
      this.tokenizer.encode(text, ids);
      const out = data.subarray(index * dimensions, (index + 1) * dimensions);
      const isKnown = ids.some((id) => id !== unknownId) && this.#table.sumInto(ids, out);
      if (isKnown) continue;
      unknownTexts++;
      this.#table.sumInto([unknownId], out);
    }
    return { vectors: { data, rows: texts.length, dimensions }, unknownTexts };
  }
}
