/** `durability: 'relaxed'` of one client: its writes and deletes say so, those of other clients of the store do not. */
import type { StoreService } from '../rpc/service.js';

export function relaxed(store: StoreService): StoreService {
  return {
    ...store,
    write: (request) => store.write({ ...request, durability: 'relaxed' }),
    delete: (request) => store.delete({ ...request, durability: 'relaxed' }),
  };
}
