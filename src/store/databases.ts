/** The tenants of a store and their databases, in creation order. The default pair is always there. */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { StoredDatabase } from '../format/stored-database.js';
import type { DatabaseRef } from '../rpc/service.js';
import { closestName } from './closest-name.js';

export const DEFAULT_TENANT = 'default_tenant';

/** Its id is all zeros, as in Chroma. */
export const DEFAULT_DATABASE: Readonly<StoredDatabase> = {
  id: '00000000-0000-0000-0000-000000000000',
  name: 'default_database',
  tenant: DEFAULT_TENANT,
};

export class Databases implements Iterable<StoredDatabase> {
  readonly #tenants = new Map<string, Map<string, StoredDatabase>>();

  constructor() {
    this.clear();
  }

  /** Of all tenants. */
  *[Symbol.iterator](): Generator<StoredDatabase> {
    for (const databases of this.#tenants.values()) yield* databases.values();
  }

  get tenants(): string[] {
    return [...this.#tenants.keys()];
  }

  hasTenant(name: string): boolean {
    return this.#tenants.has(name);
  }

  find({ tenant, database }: DatabaseRef): StoredDatabase | undefined {
    return this.#tenants.get(tenant)?.get(database);
  }

  byId(id: string): StoredDatabase | undefined {
    return [...this].find((database) => database.id === id);
  }

  /** Of a tenant. @throws NOT_FOUND_TENANT */
  of(tenant: string): StoredDatabase[] {
    return [...this.#of(tenant).values()];
  }

  /** @throws NOT_FOUND_TENANT · NOT_FOUND_DATABASE with the nearest name */
  get(ref: DatabaseRef): StoredDatabase {
    const { tenant, database } = ref;
    const databases = this.#of(tenant);
    const found = databases.get(database);
    if (found) return found;
    const suggestion = closestName(database, [...databases.keys()]);
    throw kindexError(
      'NOT_FOUND_DATABASE',
      `The requested resource could not be found: database "${database}" of tenant "${tenant}".`,
      {
        details: { name: database, tenant, suggestion },
        ...(suggestion === null ? {} : { fix: `Did you mean "${suggestion}"? Otherwise create it.` }),
      },
    );
  }

  /** Where a collection is to be created. @throws VALUE_DATABASE, Chroma's error there, when it is missing */
  checkExists(ref: DatabaseRef): void {
    if (this.find(ref)) return;
    const { tenant, database } = ref;
    throw kindexError('VALUE_DATABASE', `Database [${database}] does not exist in tenant "${tenant}".`, {
      details: { database, tenant },
    });
  }

  addTenant(name: string): void {
    this.#tenants.set(name, new Map());
  }

  /** The caller knows that its tenant exists and its name is free. */
  add(database: StoredDatabase): void {
    this.#of(database.tenant).set(database.name, database);
  }

  remove({ tenant, name }: StoredDatabase): void {
    this.#of(tenant).delete(name);
  }

  /** All but the default pair are gone. */
  clear(): void {
    this.#tenants.clear();
    this.addTenant(DEFAULT_TENANT);
    this.add(DEFAULT_DATABASE);
  }

  #of(tenant: string): Map<string, StoredDatabase> {
    const found = this.#tenants.get(tenant);
    if (found) return found;
    throw missingTenant(tenant, this.tenants);
  }
}

function missingTenant(name: string, tenants: string[]): ChromaError {
  const suggestion = closestName(name, tenants);
  return kindexError('NOT_FOUND_TENANT', `The requested resource could not be found: tenant "${name}".`, {
    details: { name, suggestion },
    ...(suggestion === null ? {} : { fix: `Did you mean "${suggestion}"? Otherwise create it.` }),
  });
}
