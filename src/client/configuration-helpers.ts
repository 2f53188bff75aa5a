/** chromadb's helpers for configurations, as names of the doors. What they do is loaded with the first call. */
import type { StoredEmbeddingFunction } from '../base/types.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import type { ProcessCreateArgs, ProcessUpdateArgs } from './process-configuration.js';
import type { CollectionConfiguration } from './wire.js';

/** What a collection stores when it is created without an embedding function: the built-in one. */
export async function getDefaultEFConfig(): Promise<StoredEmbeddingFunction> {
  return (await import('./process-configuration.js')).defaultEFConfig();
}

/** The configuration a collection created with these arguments gets. @throws VALUE_CONFIGURATION · VALUE_CONFIGURATION_CONFLICT · VALUE_ARGUMENT */
export async function processCreateCollectionConfig(
  args: ProcessCreateArgs,
): Promise<CollectionConfiguration> {
  return (await import('./process-configuration.js')).processCreate(args);
}

/** The change a `modify` with this configuration makes. @throws VALUE_CONFIGURATION · what the present function's `validateConfigUpdate` throws */
export async function processUpdateCollectionConfig(args: ProcessUpdateArgs): Promise<{
  updateConfiguration: Record<string, unknown>;
  updateEmbeddingFunction: EmbeddingFunction | undefined;
}> {
  return (await import('./process-configuration.js')).processUpdate(args);
}
