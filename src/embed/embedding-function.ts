/** Chroma's embedding-function interface, so that its npm packages plug in unchanged, and the contract ours add to it. */
import type { Matrix, Space } from '../base/types.js';

export type EmbeddingFunctionSpace = Space;

/**
 * The configuration of an embedding function: a JSON object. `any`, as Chroma writes it: the configurations that its
 * packages declare are interfaces, and those are not assignable to a record of `unknown`.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type FunctionConfig = Record<string, any>;

/** Turns texts into vectors. `generate` gets documents (and queries too where `generateForQueries` is missing). */
export interface EmbeddingFunction {
  /** One vector per text, all of one length, finite. */
  generate(texts: string[]): Promise<number[][]>;
  generateForQueries?(texts: string[]): Promise<number[][]>;
  /** The name a collection stores; with `getConfig` and a registered class it is what rebuilds this function later. */
  name?: string;
  defaultSpace?(): EmbeddingFunctionSpace;
  supportedSpaces?(): EmbeddingFunctionSpace[];
  getConfig?(): FunctionConfig;
  validateConfigUpdate?(newConfig: FunctionConfig): void;
  validateConfig?(config: FunctionConfig): void;
  /** Ours: the same vectors without `number[][]` in between. Used instead of `generate` where present. */
  generateMatrix?(texts: string[], kind: 'document' | 'query'): Promise<Matrix>;
}

/** The class side: what a registry rebuilds a stored function with. */
export interface EmbeddingFunctionClass {
  new (...args: never[]): EmbeddingFunction;
  name: string;
  buildFromConfig(
    config: FunctionConfig,
    // Chroma's packages name their own client class here; a method's parameters are compared both ways.
    client?: unknown,
  ): EmbeddingFunction | Promise<EmbeddingFunction>;
}
