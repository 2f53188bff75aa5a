/** Where we answer otherwise than Chroma, on purpose. */
import type { Step } from './run-case.mjs';

export interface Deviation {
  row: string;
  steps: Record<number, Step | { error: { classes?: string[]; message?: string; code: string } }>;
  stepCount?: number;
}

export const DEVIATIONS: Record<string, Deviation> = {};
