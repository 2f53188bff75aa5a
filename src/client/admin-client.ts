/** Tenants and databases: the namespaces collections live in, kept in the same store. */
import { kindexError } from '../base/errors.js';
import {
  acquire,
  release,
  workerConnector,
  workersConnector,
  type Connection,
  type Connector,
  type OwnWorkers,
} from '../rpc/connect.js';
import type { Database } from '../rpc/service.js';
import { checkLimit } from './check-records.js';
import { checkName } from './names.js';
import { checkStorage, type StorageOption } from './storage-option.js';

export interface AdminClientArgs {
  /** As for `ChromaClient`: all clients of one storage share one store. */
  storage?: StorageOption;
  /** As for `ChromaClient`. */
  workers?: OwnWorkers;
  /** Accepted so that code written for a server runs unchanged; without effect, like the following. */
  host?: string;
  port?: number;
  ssl?: boolean;
  headers?: Record<string, string>;
  fetchOptions?: RequestInit;
}

export interface ListDatabasesArgs {
  tenant: string;
  /** Default 100. */
  limit?: number;
  offset?: number;
}

/**
 * Every store has the tenant `default_tenant` with the database `default_database`. Nothing is opened at construction.
 *
 * @example
 * ```ts
 * import { AdminClient, ChromaClient } from 'kindex';
 *
 * const admin = new AdminClient();
 * await admin.createDatabase({ name: 'drafts', tenant: 'default_tenant' });
 * const drafts = new ChromaClient({ database: 'drafts' });
 * ```
 */
export class AdminClient {
  readonly #storage: string;
  readonly #connector: Connector;
  #connection: Connection | null = null;
  #closed = false;

  /** `connector`: how the store is reached; the doors of the package choose it. @throws VALUE_STORAGE */
  constructor(args: AdminClientArgs = {}, connector: Connector = workerConnector) {
    this.#storage = checkStorage(args.storage ?? connector.defaultStorage);
    this.#connector = args.workers ? workersConnector(args.workers) : connector;
  }

  /** @throws VALUE_NAME · NOT_FOUND_TENANT · EXISTS_DATABASE */
  async createDatabase({ name, tenant }: { name: string; tenant: string }): Promise<void> {
    checkName(name, 'name');
    await this.#connect().store.createDatabase({ tenant, database: name });
  }

  /** @throws NOT_FOUND_TENANT · NOT_FOUND_DATABASE */
  async getDatabase({ name, tenant }: { name: string; tenant: string }): Promise<Database> {
    return this.#connect().store.getDatabase({ tenant, database: name });
  }

  /** Deletes its collections with it. The default database stays. @throws NOT_FOUND_TENANT · NOT_FOUND_DATABASE · VALUE_ARGUMENT */
  async deleteDatabase({ name, tenant }: { name: string; tenant: string }): Promise<void> {
    await this.#connect().store.deleteDatabase({ tenant, database: name });
  }

  /** In order of creation. @throws VALUE_LIMIT · NOT_FOUND_TENANT */
  async listDatabases({ tenant, limit = 100, offset = 0 }: ListDatabasesArgs): Promise<Database[]> {
    checkLimit('limit', limit);
    checkLimit('offset', offset);
    return this.#connect().store.listDatabases({ tenant, limit, offset });
  }

  /** @throws VALUE_NAME · EXISTS_TENANT */
  async createTenant({ name }: { name: string }): Promise<void> {
    checkName(name, 'name');
    await this.#connect().store.createTenant({ name });
  }

  /** Its name. @throws NOT_FOUND_TENANT */
  async getTenant({ name }: { name: string }): Promise<string> {
    return this.#connect().store.getTenant({ name });
  }

  /** Gives the store back; the last client of a storage closes it. Calls after it reject with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#connection) return;
    this.#connection = null;
    await release(this.#storage);
  }

  #connect(): Connection {
    if (this.#closed) throw kindexError('CLOSED', `The admin client of '${this.#storage}' is closed.`);
    this.#connection ??= acquire(this.#connector, this.#storage);
    return this.#connection;
  }
}
