/** Text to vectors by the built-in functions, for callers on the other side of a worker or in the same thread. */
import { kindexError } from '../base/errors.js';
import { parseStaticConfig, STATIC_IDENTITY } from '../embed/static-identity.js';
import { StaticEmbeddingFunction, type StaticEmbeddingOptions } from '../embed/static.js';
import type { EmbedService } from '../rpc/service.js';

export interface EmbedServiceOptions {
  /** Folder of the model files where they do not lie beside the code, as in `StaticEmbeddingFunction`. */
  baseUrl?: string | URL;
  /** As in `StaticEmbeddingFunction`. */
  stallMs?: number;
}

/**
 * The service of `workers/embed.worker.ts` and of inline clients. A model is loaded at its first use and kept; a load that
 * failed is tried again by the next call.
 * Its methods throw EMBED_UNKNOWN_FUNCTION · VALUE_CONFIGURATION · EMBED_REVISION and what StaticEmbeddingFunction throws.
 */
export function createEmbedService(options: EmbedServiceOptions = {}): EmbedService {
  const functions = new Map<number, StaticEmbeddingFunction>();

  function find(name: string, config: Record<string, unknown>): StaticEmbeddingFunction {
    if (name !== STATIC_IDENTITY.name) {
      throw kindexError(
        'EMBED_UNKNOWN_FUNCTION',
        `'${name}' is not built in; '${STATIC_IDENTITY.name}' is.`,
        {
          details: { name },
        },
      );
    }
    const { dimensions } = parseStaticConfig(config);
    let found = functions.get(dimensions);
    if (!found) {
      const staticOptions: StaticEmbeddingOptions = { ...options, dimensions };
      found = new StaticEmbeddingFunction(staticOptions);
      functions.set(dimensions, found);
    }
    return found;
  }

  return {
    async embed({ name, config, texts }) {
      return find(name, config).embed(texts);
    },
    async prepare({ name, config }) {
      const embeddingFunction = find(name, config);
      const { loadMs } = await embeddingFunction.prepare();
      return { dimensions: embeddingFunction.getConfig().dimensions, loadMs };
    },
  };
}
