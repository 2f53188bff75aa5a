/** The store's worker: its service on the worker's own port. */
import { STORE_METHODS } from '../rpc/service.js';
import { exposeService } from './expose.js';
import { createStoreService, type StoreServiceOptions } from './store-service.js';

export function startStore(options: Pick<StoreServiceOptions, 'engine'>): void {
  exposeService(createStoreService(options), { methods: STORE_METHODS });
}
