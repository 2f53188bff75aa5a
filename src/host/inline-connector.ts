/** The same services in the caller's own thread: for Node, tests, and pages that bring their own worker. */
import type { Connector } from '../rpc/connect.js';
import { STORE_METHODS, type StoreService } from '../rpc/service.js';
import { createEmbedService } from './embed-service.js';
import { createStoreService } from './store-service.js';

export const inlineConnector: Connector = {
  defaultStorage: 'memory',
  connect(storage) {
    const service = createStoreService();
    return {
      store: openedOnFirstCall(service, storage),
      embed: createEmbedService(),
      close: () => service.close(),
    };
  },
};

/** A worker is opened by its link; here the first call opens. A failed opening is tried again by the next call. */
function openedOnFirstCall(service: StoreService, storage: string): StoreService {
  let opening: Promise<unknown> | undefined;
  const open = async (): Promise<void> => {
    opening ??= service.open({ storage });
    try {
      await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  const methods = service as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
  const opened: typeof methods = {};
  for (const method of STORE_METHODS) {
    opened[method] = async (argument) => {
      await open();
      return methods[method]?.call(service, argument);
    };
  }
  return opened as unknown as StoreService;
}
