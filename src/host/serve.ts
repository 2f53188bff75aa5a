/** What each worker file runs: one service on the worker's own port. */
import { STORE_METHODS } from '../rpc/service.js';
import { createEmbedService } from './embed-service.js';
import { exposeService } from './expose.js';
import { createStoreService, type StoreServiceOptions } from './store-service.js';

/** `engine`: what finds the nearest vectors, for all collections of the store. Default: the package's own graph. */
export function serveStore({ engine }: Pick<StoreServiceOptions, 'engine'> = {}): void {
  exposeService(createStoreService(engine ? { engine } : {}), { methods: STORE_METHODS });
}

export function serveEmbed(): void {
  exposeService(createEmbedService(), { methods: ['embed', 'prepare'] });
}
