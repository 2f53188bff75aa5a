/** Text to a matrix with whatever embedding function a collection has, and the proof that it returned what it must. Loaded when texts are embedded. */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import type { Matrix } from '../base/types.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import { packEmbeddings } from './pack-records.js';

/** Texts per call to a function that returns matrices: bounds the size of one message to the worker. */
const TEXTS_PER_CALL = 1_000;

/**
 * One vector per text, in order.
 * @throws EMBED_FAILED (with the cause) when the function throws or returns something else than one vector per text
 */
export async function embedTexts(
  embed: EmbeddingFunction,
  texts: string[],
  kind: 'document' | 'query',
): Promise<Matrix> {
  const vectors = await run(embed, texts, kind);
  if (vectors.rows !== texts.length) {
    throw kindexError(
      'EMBED_FAILED',
      `Embedding function${label(embed)} returned ${vectors.rows} vectors for ${texts.length} texts`,
      { details: { texts: texts.length, vectors: vectors.rows } },
    );
  }
  return vectors;
}

async function run(embed: EmbeddingFunction, texts: string[], kind: 'document' | 'query'): Promise<Matrix> {
  try {
    if (embed.generateMatrix) return await inParts(embed, texts, kind);
    const generate =
      kind === 'query' && embed.generateForQueries
        ? embed.generateForQueries.bind(embed)
        : embed.generate.bind(embed);
    return packEmbeddings(await generate(texts));
  } catch (error) {
    if (error instanceof ChromaError && error.code.startsWith('EMBED_')) throw error;
    const cause = asKindexError(error, 'embedding');
    throw kindexError(
      'EMBED_FAILED',
      `Embedding function${label(embed)} failed on ${texts.length} texts: ${cause.message}`,
      {
        cause: error,
      },
    );
  }
}

async function inParts(
  embed: EmbeddingFunction,
  texts: string[],
  kind: 'document' | 'query',
): Promise<Matrix> {
  const parts: Matrix[] = [];
  for (let from = 0; from < texts.length; from += TEXTS_PER_CALL) {
    const part = await embed.generateMatrix?.(texts.slice(from, from + TEXTS_PER_CALL), kind);
    if (part) parts.push(part);
  }
  const [first] = parts;
  if (!first) throw kindexError('EMBED_FAILED', `Embedding function${label(embed)} returned nothing`);
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(rows * first.dimensions);
  let at = 0;
  for (const part of parts) {
    if (part.dimensions !== first.dimensions) {
      throw kindexError(
        'EMBED_FAILED',
        `Embedding function${label(embed)} changed its length from ${first.dimensions} to ${part.dimensions} dimensions`,
      );
    }
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, dimensions: first.dimensions };
}

function label(embed: EmbeddingFunction): string {
  return embed.name ? ` '${embed.name}'` : '';
}
