/** What each worker file runs: one service on the worker's own port. */
import { STORE_METHODS } from '../rpc/service.js';
import { createEmbedService } from './embed-service.js';
import { exposeService } from './expose.js';
import { createStoreService } from './store-service.js';

export function serveStore(): void {
  exposeService(createStoreService(), { methods: STORE_METHODS });
}

export function serveEmbed(): void {
  exposeService(createEmbedService(), { methods: ['embed', 'prepare'] });
}
