/** The built-in embedding function as the page holds it: the same name and configuration, the work done behind a port. */
import { kindexError } from '../base/errors.js';
import type { Matrix, Space } from '../base/types.js';
import { checkTexts } from './check-texts.js';
import type { EmbeddingFunction } from './embedding-function.js';
import { matrixRows } from './matrix-rows.js';
import { checkStaticConfigUpdate, STATIC_IDENTITY, staticConfig } from './static-identity.js';

/** The part of the embedding service used here; `EmbedService` fits. */
export interface EmbedPort {
  embed(request: {
    name: string;
    config: Record<string, unknown>;
    texts: string[];
    kind: 'document' | 'query';
  }): Promise<{ vectors: Matrix; unknownTexts: number }>;
}

export interface RemoteEmbeddingOptions {
  port: EmbedPort;
  /** As stored with a collection. It is checked where the work is done, at the first text. Default: 256 dimensions. */
  config?: Record<string, unknown>;
}

export class RemoteEmbeddingFunction implements EmbeddingFunction {
  readonly name: 'kindex-static' = STATIC_IDENTITY.name;
  readonly #port: EmbedPort;
  readonly #config: Record<string, unknown>;
  #unknownTexts = 0;

  constructor(options: RemoteEmbeddingOptions) {
    this.#port = options.port;
    this.#config = { ...staticConfig(), ...options.config };
  }

  /** `port` is an `EmbedPort`. @throws VALUE_ARGUMENT without one */
  static buildFromConfig(config: Record<string, unknown>, port?: unknown): RemoteEmbeddingFunction {
    if (!isEmbedPort(port)) {
      throw kindexError(
        'VALUE_ARGUMENT',
        `${STATIC_IDENTITY.name} in a page needs the service that embeds for it.`,
        {
          fix: "Leave embeddingFunction out, or use StaticEmbeddingFunction of 'kindex/embed'.",
        },
      );
    }
    return new RemoteEmbeddingFunction({ port, config });
  }

  /** Texts so far of which no piece was known: all of them have the same vector, a reason to warn. */
  get unknownTexts(): number {
    return this.#unknownTexts;
  }

  /** @throws what `generateMatrix` throws */
  async generate(texts: string[]): Promise<number[][]> {
    return matrixRows(await this.generateMatrix(texts, 'document'));
  }

  /** @throws what `generateMatrix` throws */
  async generateForQueries(texts: string[]): Promise<number[][]> {
    return matrixRows(await this.generateMatrix(texts, 'query'));
  }

  /** @throws VALUE_ARGUMENT · VALUE_DOCUMENT · VALUE_CONFIGURATION · EMBED_REVISION · EMBED_* of the load · WORKER_DIED · CLOSED */
  async generateMatrix(texts: string[], kind: 'document' | 'query'): Promise<Matrix> {
    checkTexts(texts);
    const reply = await this.#port.embed({ name: this.name, config: this.#config, texts, kind });
    this.#unknownTexts += reply.unknownTexts;
    return reply.vectors;
  }

  defaultSpace(): Space {
    return STATIC_IDENTITY.defaultSpace;
  }

  supportedSpaces(): Space[] {
    return [...STATIC_IDENTITY.supportedSpaces];
  }

  getConfig(): Record<string, unknown> {
    return { ...this.#config };
  }

  /** @throws VALUE_CONFIGURATION: vectors of another configuration would not compare */
  validateConfigUpdate(newConfig: Record<string, unknown>): void {
    checkStaticConfigUpdate(this.#config, newConfig);
  }
}

function isEmbedPort(value: unknown): value is EmbedPort {
  return typeof value === 'object' && value !== null && 'embed' in value && typeof value.embed === 'function';
}
