/** What a store makes its indexes with: one engine for all its collections. */
import type { Space, VectorPrecision } from '../base/types.js';
import type { Core } from '../core/core.js';
import { createFlatIndex } from './flat.js';
import { createHnswIndex, type HnswIndex, type HnswParameters } from './hnsw.js';
import type { BuildableIndex, VectorIndex } from './vector-index.js';

export interface EngineOptions extends HnswParameters {
  space: Space;
  dimensions: number;
  /** For engines with codes. Default `int8`. */
  precision?: VectorPrecision;
}

export interface VectorEngine {
  readonly kind: VectorIndex['kind'];
  /** An empty index; the caller disposes it. @throws VALUE_DIMENSION · VALUE_ARGUMENT for parameters out of range */
  create(options: EngineOptions): VectorIndex | BuildableIndex | HnswIndex;
}

/** Gives the engine of a store once its core is loaded; where it fails the store does not open. */
export type EngineLoader = (core: Core) => VectorEngine | Promise<VectorEngine>;

/**
 * The graph of our own core. Without SIMD it would take minutes to build and slow every call meanwhile: there the exact scan
 * answers alone.
 */
export function defaultEngine(core: Core): VectorEngine {
  return core.kind === 'scalar'
    ? { kind: 'flat', create: (options) => createFlatIndex(core, options) }
    : { kind: 'hnsw', create: (options) => createHnswIndex(core, options) };
}
