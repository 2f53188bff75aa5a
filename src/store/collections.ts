/** The collections of all databases, in creation order: found by id, or by name inside a tenant's database. */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { CollectionRef, DatabaseRef } from '../rpc/service.js';
import { closestName } from './closest-name.js';
import type { CollectionState } from './collection-state.js';
import { Databases } from './databases.js';
import type { SegmentReader } from './segment-reader.js';
import { isStaged } from './staged-name.js';
import type { StoredDatabase } from '../format/stored-database.js';
import { isUuid } from '../format/uuid.js';

/** How Chroma begins, and ends, every such message. */
const NOT_FOUND = 'The requested resource could not be found';

export class Collections implements Iterable<CollectionState> {
  readonly databases: Databases = new Databases();
  /** Reads vectors that are not in memory. */
  readonly #reader: SegmentReader | null;
  /** A Map keeps the order of insertion; renaming does not move a collection. */
  readonly #byId = new Map<string, CollectionState>();
  readonly #byName = new Map<string, CollectionState>();

  constructor(reader: SegmentReader | null = null) {
    this.#reader = reader;
  }

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): IterableIterator<CollectionState> {
    return this.#byId.values();
  }

  /** In creation order, without those that are being imported. */
  in(database: DatabaseRef): CollectionState[] {
    return this.#allIn(database).filter((collection) => !isStaged(collection));
  }

  #allIn({ tenant, database }: DatabaseRef): CollectionState[] {
    return [...this].filter(({ stored }) => stored.tenant === tenant && stored.database === database);
  }

  /** @throws NOT_FOUND_COLLECTION with the nearest name · VALUE_COLLECTION_ID */
  get(ref: CollectionRef): CollectionState {
    const found = 'id' in ref ? this.byId(ref.id) : this.byName(ref, ref.name);
    if (found) return found;
    if ('id' in ref && !isUuid(ref.id)) {
      throw kindexError('VALUE_COLLECTION_ID', `Collection ID is not a valid UUIDv4: "${ref.id}"`, {
        details: { id: ref.id },
      });
    }
    throw 'id' in ref
      ? kindexError('NOT_FOUND_COLLECTION', `${NOT_FOUND}: Collection with id "${ref.id}" does not exist.`, {
          details: { id: ref.id },
        })
      : this.#notFound(ref);
  }

  byId(id: string): CollectionState | undefined {
    return this.#byId.get(id);
  }

  byName(database: DatabaseRef, name: string): CollectionState | undefined {
    return this.#byName.get(nameKey(database, name));
  }

  /** The caller knows that neither the id nor the name is taken. */
  add(collection: CollectionState): void {
    collection.vectors.reader = this.#reader;
    this.#byId.set(collection.id, collection);
    this.#byName.set(nameKey(collection.stored, collection.name), collection);
  }

  /** Takes the collection out and frees it. */
  remove(collection: CollectionState): void {
    this.#byId.delete(collection.id);
    this.#byName.delete(nameKey(collection.stored, collection.name));
    collection.dispose();
  }

  /** The collection is called `name` from now on; the caller sets its record. */
  rename(collection: CollectionState, name: string): void {
    this.#byName.delete(nameKey(collection.stored, collection.name));
    this.#byName.set(nameKey(collection.stored, name), collection);
  }

  /** Takes the database out, and its collections with it. */
  removeDatabase(database: StoredDatabase): void {
    for (const collection of this.#allIn({ tenant: database.tenant, database: database.name })) {
      this.remove(collection);
    }
    this.databases.remove(database);
  }

  /** Takes out and frees all, and leaves only the default database. */
  clear(): void {
    this.databases.clear();
    for (const collection of this) collection.dispose();
    this.#byId.clear();
    this.#byName.clear();
  }

  #notFound(ref: DatabaseRef & { name: string }): ChromaError {
    const { name, tenant, database } = ref;
    const suggestion = closestName(
      name,
      this.in(ref).map((collection) => collection.name),
    );
    return kindexError(
      'NOT_FOUND_COLLECTION',
      `${NOT_FOUND}: Collection "${name}" does not exist in database "${database}".`,
      {
        details: { name, tenant, database, suggestion },
        ...(suggestion === null
          ? {}
          : { fix: `Did you mean "${suggestion}"? Otherwise create it, or use getOrCreateCollection().` }),
      },
    );
  }
}

/** One text per triple, whatever characters the names hold. */
function nameKey({ tenant, database }: DatabaseRef, name: string): string {
  return JSON.stringify([tenant, database, name]);
}
