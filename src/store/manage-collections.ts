/** Creating, changing and deleting collections, as operations of the commit queue (SPEC.md S12). */
import { ChromaError, kindexError } from '../base/errors.js';
import type { CollectionRecord } from '../base/types.js';
import { parseStoredCollection } from '../format/stored-collection.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { CreateCollectionRequest, DatabaseRef, ModifyCollectionRequest } from '../rpc/service.js';
import { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { exclusive } from './commit.js';
import type { Operation } from './commit.js';
import type { VectorEngine } from '../vector-index/engine.js';

export interface ManageContext {
  collections: Collections;
  engine: VectorEngine;
  uuid: () => string;
}

/** Rejects with VALUE_DATABASE · EXISTS_COLLECTION unless `getOrCreate`, then with nothing: the existing one is returned unchanged. */
export function createCollection(
  request: CreateCollectionRequest,
  { collections, engine, uuid }: ManageContext,
): Operation<CollectionRecord> {
  const { name, tenant, database, metadata, configuration, schema, getOrCreate } = request;
  return exclusive('createCollection', () => {
    const existing = collections.byName(request, name);
    if (existing && !getOrCreate) throw nameTaken(name, { tenant, database });
    if (existing) return { entry: null, apply: () => existing.record };
    collections.databases.checkExists(request);
    const record = { id: uuid(), name, tenant, database, metadata, configuration };
    const stored = storable(schema === undefined ? record : { ...record, schema });
    return {
      entry: { op: 'createCollection', collection: stored },
      reply: { ...stored, dimensions: null },
      apply() {
        const collection = new CollectionState(stored, engine);
        collections.add(collection);
        return collection.record;
      },
    };
  });
}

/** Rejects with NOT_FOUND_COLLECTION · EXISTS_COLLECTION · VALUE_CONFIGURATION. */
export function modifyCollection(
  request: ModifyCollectionRequest,
  { collections }: ManageContext,
): Operation<CollectionRecord> {
  const { id, name, metadata, configuration, embeddingFunction } = request;
  return exclusive('modifyCollection', () => {
    const collection = collections.get({ id });
    const { stored } = collection;
    if ([name, metadata, configuration, embeddingFunction].every((given) => given === undefined)) {
      return { entry: null, apply: () => collection.record };
    }
    const { space } = stored.configuration.index;
    if (configuration?.space !== undefined && configuration.space !== space) {
      throw kindexError(
        'VALUE_CONFIGURATION',
        `The space of collection "${stored.name}" is ${space} and cannot become ${configuration.space}.`,
        {
          fix: 'Create a new collection with that space and copy the records.',
          details: { collection: stored.name, space, asked: configuration.space },
        },
      );
    }
    if (name !== undefined && name !== stored.name && collections.byName(stored, name))
      throw nameTaken(name, stored);
    const changed = storable({
      ...stored,
      name: name ?? stored.name,
      metadata: metadata ?? stored.metadata,
      configuration: {
        index: { ...stored.configuration.index, ...configuration },
        embeddingFunction:
          embeddingFunction === undefined ? stored.configuration.embeddingFunction : embeddingFunction,
      },
    });
    return {
      entry: { op: 'modifyCollection', collection: changed },
      reply: { ...changed, dimensions: collection.dimensions },
      apply() {
        collections.rename(collection, changed.name);
        collection.replaceStored(changed);
        return collection.record;
      },
    };
  });
}

/** Rejects with NOT_FOUND_COLLECTION. */
export function deleteCollection(
  ref: DatabaseRef & { name: string },
  { collections }: ManageContext,
): Operation<void> {
  const { name, tenant, database } = ref;
  return exclusive('deleteCollection', () => {
    const collection = collections.get({ name, tenant, database });
    return {
      entry: { op: 'deleteCollection', collectionId: collection.id },
      apply: () => collections.remove(collection),
    };
  });
}

/** Exactly what a reopened store will have: through JSON and the reader's own check. @throws VALUE_CONFIGURATION */
function storable(collection: StoredCollection): StoredCollection {
  try {
    return parseStoredCollection(JSON.parse(JSON.stringify(collection)));
  } catch (error) {
    const field = error instanceof ChromaError ? error.details['field'] : undefined;
    throw kindexError(
      'VALUE_CONFIGURATION',
      `Collection "${collection.name}" cannot be stored: its ${String(field ?? 'record')} is not valid.`,
      {
        details: { collection: collection.name, field },
        cause: error,
      },
    );
  }
}

export function nameTaken(name: string, { tenant, database }: DatabaseRef): ChromaError {
  return kindexError(
    'EXISTS_COLLECTION',
    `The resource already exists: Collection "${name}" already exists in database "${database}".`,
    { details: { name, tenant, database } },
  );
}
