/** The same services in the caller's own thread: for Node, tests, and pages that bring their own worker. */
import type { Connector } from '../rpc/connect.js';
import type { RequestId } from '../base/types.js';
import { RequestNumbers } from '../rpc/request-numbers.js';
import { STORE_METHODS, STORE_WRITES, type OpenRequest, type StoreService } from '../rpc/service.js';
import { createEmbedService } from './embed-service.js';
import { createStoreService } from './store-service.js';

export const inlineConnector: Connector = {
  defaultStorage: 'memory',
  connect(storage, ifLost) {
    const service = createStoreService();
    return {
      store: openedOnFirstCall(service, { storage, ifLost }),
      embed: createEmbedService(),
      close: () => service.close(),
    };
  },
};

/** A worker is opened by its link; here the first call opens. A failed opening is tried again by the next call. */
function openedOnFirstCall(service: StoreService, request: OpenRequest): StoreService {
  let opening: Promise<unknown> | undefined;
  const open = async (): Promise<void> => {
    opening ??= service.open(request);
    try {
      await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  type Method = (argument: unknown, request?: RequestId) => Promise<unknown>;
  const methods = service as unknown as Record<string, Method>;
  // The store may be another tab's, which may end.
  const numbers = new RequestNumbers();
  const opened: typeof methods = {};
  for (const method of STORE_METHODS) {
    opened[method] = async (argument) => {
      await open();
      const call = (request?: RequestId): Promise<unknown> | undefined =>
        methods[method]?.call(service, argument, request);
      return STORE_WRITES.has(method) ? numbers.once(async (request) => call(request)) : call();
    };
  }
  return opened as unknown as StoreService;
}
