/** What chromadb's configuration helpers do, with the rules of `createCollection` and `modify`. */
import type { Metadata, StoredEmbeddingFunction } from '../base/types.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import { getEmbeddingFunction, givenTwice, serializeEmbeddingFunction } from '../embed/registry.js';
import { STATIC_IDENTITY, staticConfig } from '../embed/static-identity.js';
import {
  createIndexConfiguration,
  updateIndexConfiguration,
  type CreateCollectionConfiguration,
  type UpdateCollectionConfiguration,
} from './configuration.js';
import type { SchemaLike } from './chroma-client.js';
import { toWireConfiguration, type CollectionConfiguration } from './wire.js';

/** What the configuration asks of the built-in function; it embeds nothing. */
const BUILT_IN: EmbeddingFunction = {
  generate: () => Promise.resolve([]),
  defaultSpace: () => STATIC_IDENTITY.defaultSpace,
  supportedSpaces: () => [...STATIC_IDENTITY.supportedSpaces],
};

export function defaultEFConfig(): StoredEmbeddingFunction {
  return { type: 'known', name: STATIC_IDENTITY.name, config: staticConfig() };
}

export interface ProcessCreateArgs {
  configuration?: CreateCollectionConfiguration;
  embeddingFunction?: EmbeddingFunction | null;
  metadata?: Metadata;
  schema?: SchemaLike;
}

export function processCreate(args: ProcessCreateArgs): CollectionConfiguration {
  const { configuration, embeddingFunction, metadata, schema } = args;
  if (embeddingFunction && configuration?.embeddingFunction) throw givenTwice();
  const embed = embeddingFunction ?? configuration?.embeddingFunction;
  const isDefault =
    embed === undefined && embeddingFunction !== null && schema?.resolveEmbeddingFunction?.() === undefined;
  const index = createIndexConfiguration({
    configuration,
    metadata,
    embeddingFunction: embed ?? (isDefault ? BUILT_IN : undefined),
  });
  return toWireConfiguration({
    index,
    embeddingFunction: isDefault ? defaultEFConfig() : serializeEmbeddingFunction(embed ?? null),
  });
}

export interface ProcessUpdateArgs {
  collectionName: string;
  currentConfiguration: { embeddingFunction?: StoredEmbeddingFunction | null };
  currentEmbeddingFunction?: EmbeddingFunction;
  newConfiguration: UpdateCollectionConfiguration;
  client?: unknown;
}

export async function processUpdate(args: ProcessUpdateArgs): Promise<{
  updateConfiguration: Record<string, unknown>;
  updateEmbeddingFunction: EmbeddingFunction | undefined;
}> {
  const { newConfiguration, currentConfiguration, client } = args;
  updateIndexConfiguration(newConfiguration);
  const current =
    args.currentEmbeddingFunction ??
    (await getEmbeddingFunction({ client, efConfig: currentConfiguration.embeddingFunction ?? null }));
  const next = newConfiguration.embeddingFunction ?? undefined;
  if (next?.getConfig) current?.validateConfigUpdate?.(next.getConfig());
  return {
    updateConfiguration: {
      hnsw: newConfiguration.hnsw,
      spann: newConfiguration.spann,
      ['embedding_function']: next && serializeEmbeddingFunction(next),
    },
    updateEmbeddingFunction: next,
  };
}
