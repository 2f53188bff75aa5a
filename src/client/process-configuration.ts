/** chromadb's two helpers that turn what a caller gives into a configuration, with the rules of `createCollection` and `modify`. */
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

/** What a collection stores when it is created without an embedding function: the built-in one. */
export async function getDefaultEFConfig(): Promise<StoredEmbeddingFunction> {
  return { type: 'known', name: STATIC_IDENTITY.name, config: staticConfig() };
}

export interface ProcessCreateArgs {
  configuration?: CreateCollectionConfiguration;
  embeddingFunction?: EmbeddingFunction | null;
  metadata?: Metadata;
  schema?: SchemaLike;
}

/** The configuration a collection created with these arguments gets. @throws VALUE_CONFIGURATION · VALUE_CONFIGURATION_CONFLICT · VALUE_ARGUMENT */
export async function processCreateCollectionConfig(
  args: ProcessCreateArgs,
): Promise<CollectionConfiguration> {
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
    embeddingFunction: isDefault ? await getDefaultEFConfig() : serializeEmbeddingFunction(embed ?? null),
  });
}

export interface ProcessUpdateArgs {
  collectionName: string;
  currentConfiguration: { embeddingFunction?: StoredEmbeddingFunction | null };
  currentEmbeddingFunction?: EmbeddingFunction;
  newConfiguration: UpdateCollectionConfiguration;
  client?: unknown;
}

/** The change a `modify` with this configuration makes. @throws VALUE_CONFIGURATION · what the present function's `validateConfigUpdate` throws */
export async function processUpdateCollectionConfig(args: ProcessUpdateArgs): Promise<{
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
