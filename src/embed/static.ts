/** The built-in embedding function: the static model in this thread. In pages, `remote.ts` asks a worker for the same. */
import type { Matrix, Space } from '../base/types.js';
import { withFix } from '../base/worker-fixes.js';
import { checkTexts } from './check-texts.js';
import type { EmbeddingFunction } from './embedding-function.js';
import { loadStaticModel, type LoadedModel, type LoadModelOptions } from './load-model.js';
import { matrixRows } from './matrix-rows.js';
import {
  checkStaticConfigUpdate,
  checkStaticDimensions,
  parseStaticConfig,
  STATIC_IDENTITY,
  staticConfig,
  type StaticConfig,
  type StaticDimensions,
} from './static-identity.js';
import type { Embedded } from './static-model.js';

export interface StaticEmbeddingOptions extends LoadModelOptions {
  /** Length of the vectors. Default 256; the scores of shorter ones are in the model card. */
  dimensions?: StaticDimensions;
}

/**
 * English text to unit vectors, offline: rows of a table summed. Same vectors for documents and queries.
 * @example
 * const embed = new StaticEmbeddingFunction();
 * const [vector] = await embed.generate(['A cat sits on the mat.']); // 256 numbers
 */
export class StaticEmbeddingFunction implements EmbeddingFunction {
  readonly name: 'kindex-static' = STATIC_IDENTITY.name;
  readonly #dimensions: StaticDimensions;
  readonly #loadOptions: LoadModelOptions;
  #unknownTexts = 0;

  /** Loads nothing yet. @throws VALUE_CONFIGURATION for a length the model does not have */
  constructor(options: StaticEmbeddingOptions = {}) {
    const { dimensions = STATIC_IDENTITY.dimensions, ...loadOptions } = options;
    checkStaticDimensions(dimensions);
    this.#dimensions = dimensions;
    this.#loadOptions = loadOptions;
  }

  /** @throws VALUE_CONFIGURATION · EMBED_REVISION */
  static buildFromConfig(config: Record<string, unknown>): StaticEmbeddingFunction {
    return new StaticEmbeddingFunction({ dimensions: parseStaticConfig(config).dimensions });
  }

  /**
   * Texts so far of which no piece was known (another script, symbols, nothing at all). All of them have the same vector,
   * which says nothing about them: a reason to warn.
   */
  get unknownTexts(): number {
    return this.#unknownTexts;
  }

  /**
   * Loads and checks the model, so that the first text does not wait. `signal` ends the waiting.
   * @throws EMBED_LOAD · EMBED_INTEGRITY · EMBED_CANARY · ABORTED
   */
  async prepare(options: { signal?: AbortSignal } = {}): Promise<LoadedModel> {
    try {
      return await loadStaticModel(this.#loadOptions, options);
    } catch (error) {
      throw withFix(error);
    }
  }

  /** @throws what `embed` throws */
  async generate(texts: string[]): Promise<number[][]> {
    return matrixRows((await this.embed(texts)).vectors);
  }

  /** @throws what `embed` throws */
  generateForQueries(texts: string[]): Promise<number[][]> {
    return this.generate(texts);
  }

  /** @throws what `embed` throws */
  async generateMatrix(texts: string[]): Promise<Matrix> {
    return (await this.embed(texts)).vectors;
  }

  /**
   * One unit vector per text; each depends on its own text only. Cost: about 10 µs per sentence.
   * @throws VALUE_ARGUMENT · VALUE_DOCUMENT · EMBED_LOAD · EMBED_INTEGRITY · EMBED_CANARY
   */
  async embed(texts: string[]): Promise<Embedded> {
    checkTexts(texts);
    const { model } = await this.prepare();
    const embedded = model.embed(texts, this.#dimensions);
    this.#unknownTexts += embedded.unknownTexts;
    return embedded;
  }

  defaultSpace(): Space {
    return STATIC_IDENTITY.defaultSpace;
  }

  supportedSpaces(): Space[] {
    return [...STATIC_IDENTITY.supportedSpaces];
  }

  getConfig(): StaticConfig {
    return staticConfig(this.#dimensions);
  }

  /** @throws VALUE_CONFIGURATION · EMBED_REVISION */
  validateConfig(config: Record<string, unknown>): void {
    parseStaticConfig(config);
  }

  /** @throws VALUE_CONFIGURATION: vectors of another configuration would not compare */
  validateConfigUpdate(newConfig: Record<string, unknown>): void {
    checkStaticConfigUpdate(this.getConfig(), newConfig);
  }
}
