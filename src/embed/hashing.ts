/** A deterministic embedding function without a model, for tests and examples. It knows words, not meanings. */
import { kindexError } from '../base/errors.js';
import type { Matrix, Space } from '../base/types.js';
import { checkTexts } from './check-texts.js';
import type { EmbeddingFunction } from './embedding-function.js';
import { matrixRows } from './matrix-rows.js';

export interface HashingEmbeddingOptions {
  /** Length of the vectors, 1 … 65,535. Default 64. */
  dimensions?: number;
}

const DEFAULT_DIMENSIONS = 64;
const WORD = /[\p{L}\p{N}]+/gu;

/**
 * Feature hashing: each word, lower-cased, adds 1 or −1 to one dimension; the sum is made unit length. Text without words
 * gets the first unit vector. Same vectors everywhere and for ever.
 * Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning (arXiv 0902.2206).
 */
export class HashingEmbeddingFunction implements EmbeddingFunction {
  readonly name = 'kindex-hashing';
  readonly #dimensions: number;

  /** @throws VALUE_CONFIGURATION */
  constructor(options: HashingEmbeddingOptions = {}) {
    const { dimensions = DEFAULT_DIMENSIONS } = options;
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > 0xffff) {
      throw kindexError(
        'VALUE_CONFIGURATION',
        `dimensions must be an integer from 1 to 65535, got ${String(dimensions)}.`,
        {
          details: { dimensions: String(dimensions) },
        },
      );
    }
    this.#dimensions = dimensions;
  }

  /** @throws VALUE_CONFIGURATION */
  static buildFromConfig(config: Record<string, unknown>): HashingEmbeddingFunction {
    const { dimensions = DEFAULT_DIMENSIONS } = config;
    return new HashingEmbeddingFunction({ dimensions: dimensions as number });
  }

  /** @throws VALUE_ARGUMENT · VALUE_DOCUMENT */
  async generate(texts: string[]): Promise<number[][]> {
    return matrixRows(await this.generateMatrix(texts));
  }

  /** @throws VALUE_ARGUMENT · VALUE_DOCUMENT */
  async generateMatrix(texts: string[]): Promise<Matrix> {
    checkTexts(texts);
    const dimensions = this.#dimensions;
    const data = new Float32Array(texts.length * dimensions);
    for (const [index, text] of texts.entries()) {
      embedInto(text, data.subarray(index * dimensions, (index + 1) * dimensions));
    }
    return { data, rows: texts.length, dimensions };
  }

  defaultSpace(): Space {
    return 'cosine';
  }

  supportedSpaces(): Space[] {
    return ['cosine', 'l2', 'ip'];
  }

  getConfig(): { dimensions: number } {
    return { dimensions: this.#dimensions };
  }
}

function embedInto(text: string, out: Float32Array): void {
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    const hash = fnv1a(word);
    const at = (hash >>> 1) % out.length;
    out[at] = (out[at] ?? 0) + (hash & 1 ? 1 : -1);
  }
  let square = 0;
  for (const value of out) square += value * value;
  if (square === 0) {
    out[0] = 1;
    return;
  }
  const factor = 1 / Math.sqrt(square);
  for (let d = 0; d < out.length; d++) out[d] = (out[d] ?? 0) * factor;
}

/** FNV-1a, 32 bits, over UTF-16 code units, with a final mix: its lowest bit alone is poor. */
function fnv1a(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) {
    hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
