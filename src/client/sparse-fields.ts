/** Sparse vectors a schema asks for: made from a document or a string field as records are written. Loaded for such collections only. */
import { asKindexError, kindexError } from '../base/errors.js';
import type { Metadata, SparseVector } from '../base/types.js';
import type { Schema } from './schema/schema.js';
import type { SparseEmbeddingFunction } from './schema/sparse-embedding-function.js';

type Entry = Metadata | null | undefined;

interface Target {
  key: string;
  sourceKey: string;
  embed: SparseEmbeddingFunction;
}

/**
 * The metadata of `count` records with what is missing added; undefined when there is none. What the caller gave stays, and
 * his objects are not touched. A record without text in the source field gets nothing.
 * @throws EMBED_FAILED when a function throws or returns another number of vectors
 */
export async function withSparseFields(
  schema: Schema,
  count: number,
  given: { documents: readonly string[] | undefined; metadatas: readonly Entry[] | undefined },
): Promise<Entry[] | undefined> {
  const targets = targetsOf(schema);
  if (targets.length === 0) return given.metadatas?.slice();
  const filled: Entry[] = Array.from({ length: count }, (_, i) => given.metadatas?.[i]);
  for (const { key, sourceKey, embed } of targets) {
    const places: number[] = [];
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      const own = given.metadatas?.[i];
      const source = sourceKey === '#document' ? given.documents?.[i] : own?.[sourceKey];
      if (typeof source !== 'string' || (own && Object.hasOwn(own, key))) continue;
      places.push(i);
      texts.push(source);
    }
    const vectors = texts.length === 0 ? [] : await generate(embed, texts, key);
    places.forEach((place, i) => {
      const { indices, values } = vectors[i]!;
      filled[place] = { ...filled[place], [key]: { indices, values } };
    });
  }
  return filled.some((entry) => entry !== undefined) ? filled : undefined;
}

function targetsOf(schema: Schema): Target[] {
  return Object.entries(schema.keys).flatMap(([key, types]) => {
    const index = types.sparseVector?.sparseVectorIndex;
    const embed = index?.config.embeddingFunction;
    const sourceKey = index?.config.sourceKey;
    return index?.enabled && embed && sourceKey ? [{ key, sourceKey, embed }] : [];
  });
}

async function generate(
  embed: SparseEmbeddingFunction,
  texts: string[],
  key: string,
): Promise<SparseVector[]> {
  const what = `Sparse embedding function '${embed.name ?? ''}' of key '${key}'`;
  let vectors: SparseVector[];
  try {
    vectors = await embed.generate(texts);
  } catch (cause) {
    const { message } = asKindexError(cause, what);
    throw kindexError('EMBED_FAILED', `${what} failed on ${texts.length} texts: ${message}`, { cause });
  }
  if (Array.isArray(vectors) && vectors.length === texts.length) return vectors;
  throw kindexError('EMBED_FAILED', `${what} did not return one vector for each of ${texts.length} texts`);
}
