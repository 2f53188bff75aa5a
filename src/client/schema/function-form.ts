/** Embedding functions in a schema: what of them is written, and what is kept of one that could not be rebuilt. */
import { kindexError } from '../../base/errors.js';
import type { StoredEmbeddingFunction } from '../../base/types.js';
import type { EmbeddingFunction } from '../../embed/embedding-function.js';
import type { SparseVectorIndexConfig, VectorIndexConfig } from './index-config.js';
import type { SparseEmbeddingFunction } from './sparse-embedding-function.js';

type AnyFunction = EmbeddingFunction | SparseEmbeddingFunction;
type WithFunction = VectorIndexConfig | SparseVectorIndexConfig;

/** Where a configuration keeps what its function was read from: beside the public fields, not among them. */
const READ_FROM = Symbol('kindex: stored embedding function');

interface Reading {
  form: StoredEmbeddingFunction;
  /** What came of it; another function in its place means that the form no longer holds. */
  gave: AnyFunction | null | undefined;
}

/**
 * What a schema stores of the function in `config`. A function that a previous reading could not rebuild (its class is not
 * registered here) is written as it was read, so that reading and writing loses nothing; chromadb writes `legacy` then.
 * @throws VALUE_SCHEMA when its configuration is not JSON · what its `validateConfig` throws
 */
export function writeForm(config: WithFunction): StoredEmbeddingFunction {
  const written = describe(config.embeddingFunction);
  const reading = (config as { [READ_FROM]?: Reading })[READ_FROM];
  return written.type === 'legacy' && reading && reading.gave === config.embeddingFunction
    ? reading.form
    : written;
}

/** Notes on `config` that its function was read from `form`. */
export function rememberForm(config: WithFunction, form: StoredEmbeddingFunction): void {
  const reading: Reading = { form, gave: config.embeddingFunction };
  Object.defineProperty(config, READ_FROM, { value: reading, configurable: true });
}

/** Takes the note over to a copy of the configuration. */
export function copyForm(from: WithFunction, to: WithFunction): void {
  const reading = (from as { [READ_FROM]?: Reading })[READ_FROM];
  if (reading && reading.gave === to.embeddingFunction) rememberForm(to, reading.form);
}

/** `known` where there is a name, a configuration and a class that rebuilds from it; no function at all is `legacy` too, as in chromadb. */
function describe(embed: AnyFunction | null | undefined): StoredEmbeddingFunction {
  const name = embed && nameOf(embed);
  const { buildFromConfig } = (embed?.constructor ?? {}) as { buildFromConfig?: unknown };
  if (!embed || !name || typeof embed.getConfig !== 'function' || typeof buildFromConfig !== 'function') {
    return { type: 'legacy' };
  }
  const config = embed.getConfig();
  const copy = checkJSON(config, name);
  embed.validateConfig?.(config);
  return { type: 'known', name, config: copy };
}

/** Some of Chroma's functions have `name` as a method. */
function nameOf(embed: AnyFunction): string | undefined {
  const { name }: { name?: unknown } = embed;
  try {
    const value: unknown = typeof name === 'function' ? name.call(embed) : name;
    return typeof value === 'string' ? value : undefined;
  } catch {
    // A method that needs what is not there names nothing: the function counts as one that cannot be rebuilt.
    return undefined;
  }
}

function checkJSON(config: unknown, name: string): Record<string, unknown> {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(config));
    if (typeof copy === 'object' && copy !== null) return copy as Record<string, unknown>;
  } catch (cause) {
    throw notJSON(name, cause);
  }
  throw notJSON(name);
}

function notJSON(name: string, cause?: unknown): Error {
  return kindexError('VALUE_SCHEMA', `getConfig() of embedding function '${name}' is not a JSON object`, {
    fix: 'Return a plain object of strings, numbers, booleans, lists and such objects.',
    details: { name },
    ...(cause === undefined ? {} : { cause }),
  });
}
