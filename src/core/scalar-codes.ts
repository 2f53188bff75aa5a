/** Vectors to codes and back in plain TypeScript: the definition of `encode` and `graphDecode` of wasm/graph-distance.ts. */
import type { Matrix, Space } from '../base/types.js';
import type { CodedVectors, CodeTables } from './core.js';
import { CODE_LIMIT } from './quantizer.js';
import { squaredNorms } from './scalar-flat.js';

/** What stands for 0. */
const ZERO = 64;

/** Rounded in f32 as wasm does it, so that codes are the same bytes. */
export function encodeVectors(matrix: Matrix, space: Space, { codeFactors }: CodeTables): CodedVectors {
  const { data, rows, dimensions } = matrix;
  const codes = new Uint8Array(data.length);
  const inverseLengths = squaredNorms(matrix).map((norm) =>
    norm > 0 ? 1 / Math.fround(Math.sqrt(norm)) : 0,
  );
  for (let i = 0; i < data.length; i++) {
    const factor = space === 'cosine' ? inverseLengths[Math.floor(i / dimensions)]! : 1;
    const scaled = Math.fround(Math.fround(data[i]! * codeFactors[i % dimensions]!) * factor);
    codes[i] = ZERO + roundToEven(Math.min(CODE_LIMIT, Math.max(-CODE_LIMIT, scaled)));
  }
  return { rows, dimensions, codes, inverseLengths };
}

/** What codes stand for, rounded as wasm does it too. */
export function decodeVectors(coded: CodedVectors, space: Space, { codeFactors }: CodeTables): Matrix {
  const { rows, dimensions, codes, inverseLengths } = coded;
  const data = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const inverse = inverseLengths[Math.floor(i / dimensions)]!;
    const length = space === 'cosine' && inverse > 0 ? Math.fround(1 / inverse) : 1;
    data[i] = Math.fround((codes[i]! - ZERO) / codeFactors[i % dimensions]!) * length;
  }
  return { data, rows, dimensions };
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
