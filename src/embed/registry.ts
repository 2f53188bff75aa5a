/** From the name a collection stores to the class that rebuilds its embedding function, and back. Loads nothing itself. */
import { asKindexError, kindexError, type ChromaError } from '../base/errors.js';
import type { StoredEmbeddingFunction } from '../base/types.js';
import type { EmbeddingFunction, EmbeddingFunctionClass } from './embedding-function.js';
import { STATIC_IDENTITY } from './static-identity.js';

/** Names that Chroma's Python and JavaScript packages store for one and the same function. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['default', 'default-embed'],
  ['onnx_mini_lm_l6_v2', 'default-embed'],
  ['chroma_bm25', 'chroma-bm25'],
  ['together_ai', 'together-ai'],
  ['sentence_transformer', 'sentence-transformer'],
  ['google_gemini', 'google-gemini'],
  ['google_genai', 'google-gemini'],
]);

/** The name under which a stored one is registered. */
export function registeredName(name: string): string {
  return ALIASES.get(name) ?? name;
}

export interface BuildRequest {
  name: string;
  config: Record<string, unknown>;
  /** Handed to `buildFromConfig`, as Chroma does. */
  client?: unknown;
}

/** The same as chromadb asks for it: by what a collection stores. */
export interface StoredBuildRequest {
  collectionName?: string;
  client?: unknown;
  efConfig?: StoredEmbeddingFunction | { type: 'unknown' } | null;
}

export interface EmbeddingFunctionRegistry {
  /** @throws VALUE_ARGUMENT when the name is taken, or the class has no `buildFromConfig` */
  register(name: string, functionClass: EmbeddingFunctionClass): void;
  /** The class of this name, or of the name Chroma's packages use for the same function. */
  find(name: string): EmbeddingFunctionClass | undefined;
  /** Undefined when the name is not registered. @throws EMBED_FAILED when `buildFromConfig` throws */
  build(request: BuildRequest): Promise<EmbeddingFunction | undefined>;
}

/** `reserved`: names that are built in and cannot be registered. `classes`: where the registered ones are kept. */
export function createRegistry(
  reserved: readonly string[] = [],
  classes: Map<string, EmbeddingFunctionClass> = new Map(),
): EmbeddingFunctionRegistry {
  const find = (name: string): EmbeddingFunctionClass | undefined =>
    classes.get(name) ?? classes.get(registeredName(name));
  return {
    register(name, functionClass) {
      if (typeof name !== 'string' || name === '') {
        throw kindexError(
          'VALUE_ARGUMENT',
          `An embedding function is registered under a non-empty string, got ${String(name)}.`,
        );
      }
      if (classes.has(name) || reserved.includes(name)) {
        throw kindexError('VALUE_ARGUMENT', `Embedding function with name ${name} is already registered.`, {
          fix: 'Register each name once, or choose another name.',
          details: { name },
        });
      }
      if (typeof functionClass?.buildFromConfig !== 'function') {
        throw kindexError(
          'VALUE_ARGUMENT',
          `The class registered as ${name} has no static buildFromConfig(config).`,
          {
            fix: 'Add it: it is what rebuilds the function when a stored collection is opened.',
            details: { name },
          },
        );
      }
      classes.set(name, functionClass);
    },
    find,
    async build({ name, config, client }) {
      const functionClass = find(name);
      if (!functionClass) return undefined;
      try {
        return await functionClass.buildFromConfig(config, client);
      } catch (cause) {
        const { message } = asKindexError(cause, 'buildFromConfig');
        throw kindexError('EMBED_FAILED', `Embedding function '${name}' could not be rebuilt: ${message}`, {
          fix: 'Pass embeddingFunction to getCollection(), or correct what the cause names.',
          details: { name },
          cause,
        });
      }
    },
  };
}

/**
 * The registry behind `registerEmbeddingFunction`. Shared by the whole program, an exception to "no module-level state":
 * Chroma's packages register themselves by a plain call, before any client exists.
 */
export const knownEmbeddingFunctions: Map<string, EmbeddingFunctionClass> = new Map();

const sharedRegistry: EmbeddingFunctionRegistry = createRegistry(
  [STATIC_IDENTITY.name],
  knownEmbeddingFunctions,
);

/**
 * Makes collections that stored `name` find their function again.
 * @throws VALUE_ARGUMENT when the name is taken, or the class has no `buildFromConfig`
 */
export function registerEmbeddingFunction(name: string, functionClass: EmbeddingFunctionClass): void {
  sharedRegistry.register(name, functionClass);
}

/**
 * The registered function of this name with this configuration, or undefined. A class that cannot rebuild it gives a
 * function that rejects every text with the reason (EMBED_FAILED): a collection stays readable without its function.
 */
export async function getEmbeddingFunction(
  given: BuildRequest | StoredBuildRequest,
): Promise<EmbeddingFunction | undefined> {
  const stored = 'name' in given ? given : given.efConfig;
  if (!stored || !('name' in stored)) return undefined;
  const request: BuildRequest = { name: stored.name, config: stored.config ?? {}, client: given.client };
  try {
    return await sharedRegistry.build(request);
  } catch (reason) {
    return { name: request.name, generate: () => Promise.reject(reason) };
  }
}

/**
 * What a collection stores: enough to rebuild the function where it has a name, a configuration and a class with
 * `buildFromConfig`, else only the fact that there was one. Null for none.
 * @throws VALUE_CONFIGURATION when the configuration is not JSON · what its `validateConfig` throws
 */
export function serializeEmbeddingFunction(
  embeddingFunction: EmbeddingFunction | null | undefined,
): StoredEmbeddingFunction | null;
/** chromadb's form: the function comes from either place, and undefined stands for none. @throws VALUE_ARGUMENT for both */
export function serializeEmbeddingFunction(places: {
  embeddingFunction?: EmbeddingFunction | null | undefined;
  configEmbeddingFunction?: EmbeddingFunction | null | undefined;
}): StoredEmbeddingFunction | undefined;
export function serializeEmbeddingFunction(
  given: EmbeddingFunction | EmbeddingFunctionPlaces | null | undefined,
): StoredEmbeddingFunction | null | undefined {
  if (!given) return null;
  if ('generate' in given) return serialize(given);
  const { embeddingFunction, configEmbeddingFunction } = given;
  if (embeddingFunction && configEmbeddingFunction) throw givenTwice();
  const found = embeddingFunction ?? configEmbeddingFunction;
  return found ? serialize(found) : undefined;
}

interface EmbeddingFunctionPlaces {
  embeddingFunction?: EmbeddingFunction | null | undefined;
  configEmbeddingFunction?: EmbeddingFunction | null | undefined;
}

/** For callers that take an embedding function in two places. */
export function givenTwice(): ChromaError {
  return kindexError(
    'VALUE_ARGUMENT',
    'Embedding function provided when already defined in the collection configuration',
    { fix: 'Give it in one place.' },
  );
}

function serialize(embeddingFunction: EmbeddingFunction): StoredEmbeddingFunction {
  const { name } = embeddingFunction;
  const { buildFromConfig } = embeddingFunction.constructor as Partial<EmbeddingFunctionClass>;
  if (!name || !embeddingFunction.getConfig || typeof buildFromConfig !== 'function')
    return { type: 'legacy' };
  const config = embeddingFunction.getConfig();
  embeddingFunction.validateConfig?.(config);
  return { type: 'known', name, config: asJson(name, config) };
}

function asJson(name: string, config: unknown): Record<string, unknown> {
  let copy: unknown;
  let cause: unknown;
  try {
    copy = JSON.parse(JSON.stringify(config));
  } catch (error) {
    cause = error;
  }
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy))
    return copy as Record<string, unknown>;
  throw kindexError(
    'VALUE_CONFIGURATION',
    `getConfig() of embedding function '${name}' is not a JSON object.`,
    {
      fix: 'Return a plain object of strings, numbers, booleans, lists and such objects.',
      details: { name },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
