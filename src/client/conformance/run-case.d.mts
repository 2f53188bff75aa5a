/** Types of run-case.mjs. */

/** What one `note` of a script came to. */
export type Step = { value: unknown } | { error: { classes: string[]; message: string; code?: string } };

export interface CaseTools {
  /** A ChromaClient over an empty database. */
  client: unknown;
  /** The module under test. */
  api: unknown;
  /** An AdminClient over the same server or storage. */
  admin: unknown;
  /** Runs the work and writes down its value or its error; resolves to the value, or undefined after an error. */
  note: (work: () => unknown) => Promise<unknown>;
  /** Creates the collection `records`, without embedding function unless given. */
  collection: (args?: object) => Promise<unknown>;
}

export interface ConformanceCase {
  /** Unique; key of the record. */
  name: string;
  /** What it belongs to, e.g. `writes`. */
  topic: string;
  script: (tools: CaseTools) => Promise<void>;
}

export function runCase(
  testCase: ConformanceCase,
  given: { client: unknown; api: unknown; admin?: unknown },
): Promise<Step[]>;
