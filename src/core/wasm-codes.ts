/** Fits the codes of a graph to its vectors and hands the tables over to the instance. */
import type { Space } from '../base/types.js';
import type { CodeTables } from './core.js';
import { fitQuantizer, SAMPLE_ROWS, toUnitLength } from './quantizer.js';
import type { WasmExports } from './wasm-exports.js';
import type { Views } from './wasm-instance.js';

export interface GraphMemory {
  exports: WasmExports;
  views: Views;
  space: Space;
  dimensions: number;
}

/** All codes there are are made anew. `sample`: f32 [rows × dimensions], at least one row; it is overwritten. */
export function fitCodes(memory: GraphMemory, sample: Float32Array, fittedTo: number): CodeTables {
  const { space, dimensions } = memory;
  if (space === 'cosine') toUnitLength(sample, dimensions);
  const tables = { ...fitQuantizer(sample, dimensions), fittedTo };
  useCodeTables(memory, tables);
  return tables;
}

/** Hands the tables over; all codes of vectors that are there are made anew. */
export function useCodeTables({ exports, views }: GraphMemory, tables: CodeTables): void {
  const { weights, codeFactors, queryFactors } = tables;
  views.f32.set(codeFactors, exports.graphCodeFactorsAt() >>> 2);
  views.f32.set(queryFactors, exports.graphQueryFactorsAt() >>> 2);
  new Int16Array(views.u32.buffer, exports.graphWeightsAt() >>> 0, weights.length).set(weights);
  exports.graphEncode();
}

/** Copies of vectors spread over all of `slots` that are live. */
export function sampleVectors(
  { exports, views: { f32 }, dimensions }: GraphMemory,
  { slots, isLive }: { slots: number; isLive: (slot: number) => boolean },
): Float32Array {
  const stride = Math.max(1, Math.ceil(slots / SAMPLE_ROWS));
  const sample = new Float32Array(Math.ceil(slots / stride) * dimensions);
  let at = 0;
  for (let slot = 0; slot < slots; slot += stride) {
    if (!isLive(slot)) continue;
    const start = exports.graphVectorAt(slot) >>> 2;
    sample.set(f32.subarray(start, start + dimensions), at);
    at += dimensions;
  }
  return sample.subarray(0, at);
}
