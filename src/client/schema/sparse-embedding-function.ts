/** Chroma's interface of functions that turn texts into sparse vectors, as a sparse index in a schema names one. */
import type { SparseVector } from '../../base/types.js';
import type { EmbeddingFunction } from '../../embed/embedding-function.js';

/** Dense or sparse. */
export type AnyEmbeddingFunction = EmbeddingFunction | SparseEmbeddingFunction;

/** `generate` gets documents (and queries too where `generateForQueries` is missing). */
export interface SparseEmbeddingFunction {
  /** One sparse vector per text. */
  generate(texts: string[]): Promise<SparseVector[]>;
  generateForQueries?(texts: string[]): Promise<SparseVector[]>;
  /** The name a schema stores; with `getConfig` and a class with `buildFromConfig` it is what rebuilds this function later. */
  name?: string;
  getConfig?(): Record<string, unknown>;
  validateConfigUpdate?(newConfig: Record<string, unknown>): void;
  validateConfig?(config: Record<string, unknown>): void;
}

/** The class side: what a stored function is rebuilt with. */
export interface SparseEmbeddingFunctionClass {
  new (...args: never[]): SparseEmbeddingFunction;
  name: string;
  buildFromConfig(
    config: Record<string, unknown>,
    client?: unknown,
  ): SparseEmbeddingFunction | Promise<SparseEmbeddingFunction>;
}
