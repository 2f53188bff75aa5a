/** Creating and deleting tenants and databases, as operations of the commit queue (SPEC.md S12). */
import { kindexError } from '../base/errors.js';
import type { StoredDatabase } from '../format/stored-database.js';
import type { DatabaseRef } from '../rpc/service.js';
import { exclusive } from './commit.js';
import type { Operation } from './commit.js';
import { DEFAULT_DATABASE } from './databases.js';
import type { ManageContext } from './manage-collections.js';

/** Rejects with EXISTS_TENANT. */
export function createTenant(name: string, { collections }: ManageContext): Operation<void> {
  const { databases } = collections;
  return exclusive('createTenant', () => {
    if (databases.hasTenant(name)) {
      throw kindexError('EXISTS_TENANT', `The resource already exists: tenant "${name}".`, {
        details: { name },
      });
    }
    return { entry: { op: 'createTenant', name }, apply: () => databases.addTenant(name) };
  });
}

/** Rejects with NOT_FOUND_TENANT · EXISTS_DATABASE. */
export function createDatabase(
  ref: DatabaseRef,
  { collections, uuid }: ManageContext,
): Operation<StoredDatabase> {
  const { tenant, database: name } = ref;
  const { databases } = collections;
  return exclusive('createDatabase', () => {
    databases.of(tenant);
    if (databases.find(ref)) {
      throw kindexError(
        'EXISTS_DATABASE',
        `The resource already exists: database "${name}" of tenant "${tenant}".`,
        { details: { name, tenant } },
      );
    }
    const database: StoredDatabase = { id: uuid(), name, tenant };
    return {
      entry: { op: 'createDatabase', database },
      reply: database,
      apply() {
        databases.add(database);
        return { ...database };
      },
    };
  });
}

/** Its collections go with it, in the same commit. Rejects with NOT_FOUND_TENANT · NOT_FOUND_DATABASE · VALUE_ARGUMENT for the default one. */
export function deleteDatabase(ref: DatabaseRef, { collections }: ManageContext): Operation<void> {
  const { databases } = collections;
  return exclusive('deleteDatabase', () => {
    const database = databases.get(ref);
    if (database.id === DEFAULT_DATABASE.id) {
      throw kindexError('VALUE_ARGUMENT', `The database "${database.name}" cannot be deleted.`, {
        fix: 'Delete its collections, or call reset().',
        details: { name: database.name },
      });
    }
    return {
      entry: { op: 'deleteDatabase', databaseId: database.id },
      apply: () => collections.removeDatabase(database),
    };
  });
}
