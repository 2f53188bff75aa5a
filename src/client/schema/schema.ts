/** Which indexes a collection has, by field and type of value. A description handed to `createCollection`; it opens nothing. */
import type { EmbeddingFunction } from '../../embed/embedding-function.js';
import { DOCUMENT_KEY, EMBEDDING_KEY } from '../search/reserved-keys.js';
import { Cmek } from './cmek.js';
import { copyForm } from './function-form.js';
import { registeredFunctions, type FunctionSource } from './function-source.js';
import { checkCreate, checkDelete } from './guards.js';
import {
  FtsIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
  type IndexConfig,
} from './index-config.js';
import { INDEX_KINDS, kindOf, writeIndex } from './index-kinds.js';
import { VectorIndexType } from './index-type.js';
import type { SchemaJSON } from './schema-json.js';
import { FloatListValueType, ValueTypes } from './value-types.js';
import { writeValueTypes } from './write-schema.js';

/**
 * Starts with Chroma's defaults: filters on strings, numbers and booleans on, full text on for documents only, the vector
 * index on for embeddings, no sparse vectors. Methods that change it give it back, for chaining.
 *
 * @example
 * ```ts
 * import { Schema, StringInvertedIndexConfig, VectorIndexConfig } from 'kindex';
 *
 * const schema = new Schema()
 *   .createIndex(new VectorIndexConfig({ space: 'cosine' }))
 *   .deleteIndex(new StringInvertedIndexConfig(), 'notes');
 * ```
 */
export class Schema {
  /** For every field that `keys` does not name. */
  defaults: ValueTypes = new ValueTypes();
  /** By field: metadata keys, `#document` and `#embedding`. */
  keys: Record<string, ValueTypes> = {};
  cmek: Cmek | null = null;

  constructor() {
    for (const kind of INDEX_KINDS) {
      writeIndex(this.defaults, kind, new kind.Index(kind.on, new kind.Config() as never));
    }
    this.#set(new FtsIndexConfig(), DOCUMENT_KEY, true);
    this.#set(new StringInvertedIndexConfig(), DOCUMENT_KEY, false);
    this.#set(new VectorIndexConfig({ sourceKey: DOCUMENT_KEY }), EMBEDDING_KEY, true);
  }

  /** Kept and given back; without effect here. Null takes it away. */
  setCmek(cmek: Cmek | null): this {
    this.cmek = cmek;
    return this;
  }

  /**
   * Turns an index on: for one field, or, without `key`, for all that are not named. The vector index is configured without
   * a key, full text with `#document`, a sparse index with the key of its field.
   * @throws VALUE_SCHEMA
   */
  createIndex(config?: IndexConfig, key?: string): this {
    checkCreate(config, key);
    if (config instanceof VectorIndexConfig) this.#configureVectors(config);
    else this.#set(config as IndexConfig, key, true);
    return this;
  }

  /** Turns an index off; conditions that need it fail from then on. Not for vector and sparse indexes. @throws VALUE_SCHEMA */
  deleteIndex(config?: IndexConfig, key?: string): this {
    checkDelete(config, key);
    this.#set(config as IndexConfig, key, false);
    return this;
  }

  /** The function of the embeddings. Null: none. Undefined: the schema does not say. */
  resolveEmbeddingFunction(): EmbeddingFunction | null | undefined {
    const own = this.keys[EMBEDDING_KEY]?.floatList?.vectorIndex?.config.embeddingFunction;
    return own === undefined ? this.defaults.floatList?.vectorIndex?.config.embeddingFunction : own;
  }

  /** What `deserializeFromJSON` reads. @throws VALUE_SCHEMA · what an embedding function's `validateConfig` throws */
  serializeToJSON(): SchemaJSON {
    const keys = Object.entries(this.keys).map(([key, types]) => [key, writeValueTypes(types)] as const);
    return {
      defaults: writeValueTypes(this.defaults),
      keys: Object.fromEntries(keys),
      ...(this.cmek && { cmek: this.cmek.toJSON() }),
    };
  }

  /**
   * The schema `json` describes, undefined for null. — `client`: handed to the functions it rebuilds. — `functions`: who
   * rebuilds them; default: the registry. One that is not to be had leaves its place empty, and is written again as it was read.
   * @throws VALUE_SCHEMA naming the part that is malformed
   */
  static async deserializeFromJSON(
    json: SchemaJSON | Record<string, unknown> | null | undefined,
    client?: unknown,
    functions: FunctionSource = registeredFunctions(client),
  ): Promise<Schema | undefined> {
    if (json === null || json === undefined) return undefined;
    const { readObject, readValueTypes } = await import('./read-schema.js');
    const { defaults, keys, cmek } = readObject(json, 'json');
    const schema = new Schema();
    schema.defaults = await readValueTypes(defaults, 'defaults', functions);
    const fields = Object.entries(readObject(keys, 'keys')).map(
      async ([key, value]) => [key, await readValueTypes(value, `keys.${key}`, functions)] as const,
    );
    schema.keys = Object.fromEntries(await Promise.all(fields));
    if (cmek) schema.cmek = Cmek.fromJSON(readObject(cmek, 'cmek'));
    return schema;
  }

  /** The indexes of a field, empty if there are none yet. A field may have any name, also that of a property of all objects. */
  #field(key: string): ValueTypes {
    const found = Object.hasOwn(this.keys, key) ? this.keys[key] : undefined;
    if (found) return found;
    const value = new ValueTypes();
    Object.defineProperty(this.keys, key, { value, writable: true, enumerable: true, configurable: true });
    return value;
  }

  #set(config: IndexConfig, key: string | null | undefined, enabled: boolean): void {
    const kind = kindOf(config);
    const types = key === null || key === undefined ? this.defaults : this.#field(key);
    writeIndex(types, kind, new kind.Index(enabled, config as never));
  }

  /** The parameters hold in both places where Chroma looks for them; what is on, and what is embedded, stays as it was. */
  #configureVectors(given: VectorIndexConfig): void {
    const places = [
      { types: this.defaults, on: false, sourceKey: () => given.sourceKey },
      {
        types: this.#field(EMBEDDING_KEY),
        on: true,
        sourceKey: (old?: VectorIndexConfig) => old?.sourceKey ?? DOCUMENT_KEY,
      },
    ];
    for (const { types, on, sourceKey } of places) {
      const list = (types.floatList ??= new FloatListValueType());
      const old = list.vectorIndex;
      const config = copyOf(given, sourceKey(old?.config));
      list.vectorIndex = new VectorIndexType(old?.enabled ?? on, config);
    }
  }
}

function copyOf(given: VectorIndexConfig, sourceKey: string | null): VectorIndexConfig {
  const { space, embeddingFunction, hnsw, spann } = given;
  const copy = new VectorIndexConfig({
    space,
    sourceKey,
    hnsw: hnsw && { ...hnsw },
    spann: spann && { ...spann },
  });
  copy.embeddingFunction = embeddingFunction;
  copyForm(given, copy);
  return copy;
}
