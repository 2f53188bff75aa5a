/** Types of index.mjs. */
import type { ConformanceCase } from '../run-case.mjs';

export const cases: ConformanceCase[];
