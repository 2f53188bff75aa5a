/** What the built-in embedding function is called and configured by. Light: the page bundle carries it, not the engine. */
import { kindexError } from '../base/errors.js';
import type { Space } from '../base/types.js';
import { withFix } from '../base/worker-fixes.js';
import { STATIC_REVISION } from './static-revision.js';

/** Vector lengths the model can give: its leading dimensions are trained to be used alone. */
export const STATIC_DIMENSIONS = [64, 128, 256] as const;
export type StaticDimensions = (typeof STATIC_DIMENSIONS)[number];

export interface StaticIdentity {
  /** Persisted name of the embedding function. */
  readonly name: 'kindex-static';
  readonly model: 'kindex-static-en';
  /** Changes whenever the numbers of the table do. */
  readonly revision: string;
  /** Default, and most. */
  readonly dimensions: 256;
  readonly defaultSpace: Space;
  readonly supportedSpaces: readonly Space[];
}

export const STATIC_IDENTITY: StaticIdentity = {
  name: 'kindex-static',
  model: 'kindex-static-en',
  revision: STATIC_REVISION,
  dimensions: 256,
  defaultSpace: 'cosine',
  supportedSpaces: ['cosine', 'l2', 'ip'],
};

/** What a collection stores of the function; vectors compare only where all three are equal. */
export interface StaticConfig extends Record<string, unknown> {
  model: string;
  revision: string;
  dimensions: StaticDimensions;
}

export function staticConfig(dimensions: StaticDimensions = STATIC_IDENTITY.dimensions): StaticConfig {
  return { model: STATIC_IDENTITY.model, revision: STATIC_IDENTITY.revision, dimensions };
}

/**
 * A stored configuration, complete; what is missing takes its default.
 * @throws VALUE_CONFIGURATION for an unknown model or a length the model does not have
 * @throws EMBED_REVISION when the vectors were made with another table than the one here
 */
export function parseStaticConfig(config: Record<string, unknown>): StaticConfig {
  const complete = { ...staticConfig(), ...withoutUndefined(config) };
  if (complete.model !== STATIC_IDENTITY.model) {
    throw kindexError(
      'VALUE_CONFIGURATION',
      `${STATIC_IDENTITY.name} has no model '${String(complete.model)}'; it has '${STATIC_IDENTITY.model}'.`,
      { details: { model: complete.model } },
    );
  }
  checkStaticDimensions(complete.dimensions);
  if (complete.revision !== STATIC_IDENTITY.revision) {
    throw withFix(
      kindexError(
        'EMBED_REVISION',
        `The vectors were made with revision ${String(complete.revision)} of ${STATIC_IDENTITY.model}; here is ${STATIC_IDENTITY.revision}.`,
        { details: { stored: complete.revision, here: STATIC_IDENTITY.revision } },
      ),
    );
  }
  return { model: complete.model, revision: complete.revision, dimensions: complete.dimensions };
}

/** @throws VALUE_CONFIGURATION */
export function checkStaticDimensions(dimensions: unknown): asserts dimensions is StaticDimensions {
  if ((STATIC_DIMENSIONS as readonly unknown[]).includes(dimensions)) return;
  throw kindexError(
    'VALUE_CONFIGURATION',
    `${STATIC_IDENTITY.name} gives ${STATIC_DIMENSIONS.join(', ')} dimensions, not ${String(dimensions)}.`,
    { details: { dimensions: String(dimensions) } },
  );
}

/**
 * Whether a stored configuration may be replaced by `next`: only by an equal one.
 * @throws VALUE_CONFIGURATION naming the first difference
 */
export function checkStaticConfigUpdate(
  current: Record<string, unknown>,
  next: Record<string, unknown>,
): void {
  for (const key of ['model', 'revision', 'dimensions']) {
    if (next[key] === undefined || next[key] === current[key]) continue;
    throw kindexError(
      'VALUE_CONFIGURATION',
      `${key} of ${STATIC_IDENTITY.name} cannot change from ${String(current[key])} to ${String(next[key])}: stored vectors would not compare.`,
      { fix: 'Create a new collection and add the documents to it.', details: { key } },
    );
  }
}

function withoutUndefined(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
