/** Tenants and databases as they lie in the log. */
import { corrupt } from './bytes.js';
import { isUuid } from './uuid.js';

/** A namespace for collections. `id` is a UUID in lower case; names are unique inside the tenant. */
export interface StoredDatabase {
  id: string;
  name: string;
  tenant: string;
}

function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw corrupt(`a ${what} has a bad shape`, { what, field: 'shape' });
}

function text(value: unknown, what: string, field: string): string {
  if (typeof value === 'string') return value;
  throw corrupt(`a ${what} has a bad ${field}`, { what, field });
}

/** The tenant's name. @throws FORMAT_CORRUPT */
export function parseStoredTenant(value: unknown): string {
  return text(fieldsOf(value, 'tenant')['name'], 'tenant', 'name');
}

/** @throws FORMAT_CORRUPT */
export function parseStoredDatabase(value: unknown): StoredDatabase {
  const fields = fieldsOf(value, 'database');
  const id = text(fields['id'], 'database', 'id');
  if (!isUuid(id)) throw corrupt('a database has a bad id', { what: 'database', field: 'id' });
  return {
    id,
    name: text(fields['name'], 'database', 'name'),
    tenant: text(fields['tenant'], 'database', 'tenant'),
  };
}
