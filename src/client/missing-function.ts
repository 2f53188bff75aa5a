/** Why a collection cannot embed texts, and what would help. Loaded when one is asked to. */
import { kindexError, type ChromaError } from '../base/errors.js';
import type { CollectionRecord } from '../base/types.js';
import { registeredName } from '../embed/registry.js';

/** EMBED_UNKNOWN_FUNCTION where one is stored by name, else EMBED_NO_FUNCTION. */
export function missingFunction({ name, configuration }: CollectionRecord): ChromaError {
  const stored = configuration.embeddingFunction;
  if (stored?.type === 'known') {
    const registered = registeredName(stored.name);
    return kindexError(
      'EMBED_UNKNOWN_FUNCTION',
      `Collection '${name}' was created with the embedding function '${stored.name}', which is not registered here`,
      {
        fix: `Pass embeddingFunction to getCollection(), or register its class first: registerEmbeddingFunction('${registered}', …); Chroma's are in '@chroma-core/${registered}'.`,
        details: { name: stored.name },
      },
    );
  }
  return kindexError(
    'EMBED_NO_FUNCTION',
    `No embedding function found for collection '${name}'. You can either provide embeddings directly, or get the collection with an embedding function.`,
  );
}
