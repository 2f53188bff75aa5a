/** The sparse embedding functions by the name a schema stores: chromadb's registry of them. */
import { kindexError } from '../../base/errors.js';
import type { StoredEmbeddingFunction } from '../../base/types.js';
import type { SparseEmbeddingFunction, SparseEmbeddingFunctionClass } from './sparse-embedding-function.js';

/** Shared by the whole program like the registry of `embed/registry.ts`, and for the same reason. */
export const knownSparseEmbeddingFunctions: Map<string, SparseEmbeddingFunctionClass> = new Map();

/** Names that Chroma's Python and JavaScript packages store for one and the same function. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['chroma_bm25', 'chroma-bm25'],
  ['huggingface_sparse', 'huggingface-sparse'],
]);

/** @throws VALUE_ARGUMENT when the name is taken */
export function registerSparseEmbeddingFunction(
  name: string,
  functionClass: SparseEmbeddingFunctionClass,
): void {
  if (knownSparseEmbeddingFunctions.has(name)) {
    throw kindexError(
      'VALUE_ARGUMENT',
      `Sparse embedding function with name ${name} is already registered.`,
      {
        fix: 'Register each name once, or choose another name.',
        details: { name },
      },
    );
  }
  knownSparseEmbeddingFunctions.set(name, functionClass);
}

/** The registered function, or undefined when there is none, or its class cannot rebuild it. `client` is handed to it. */
export async function getSparseEmbeddingFunction(
  client: unknown,
  stored?: StoredEmbeddingFunction | null,
): Promise<SparseEmbeddingFunction | undefined> {
  if (stored?.type !== 'known') return undefined;
  const functionClass =
    knownSparseEmbeddingFunctions.get(stored.name) ??
    knownSparseEmbeddingFunctions.get(ALIASES.get(stored.name) ?? stored.name);
  try {
    return await functionClass?.buildFromConfig?.(stored.config, client);
  } catch {
    // A schema keeps the name and configuration of a function that cannot be rebuilt.
    return undefined;
  }
}
