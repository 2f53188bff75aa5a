/** Door `kindex/inline`, and `kindex` itself in Node: the same names, with the store in this thread. */
import { AdminClient as AdminOfAnyConnector, type AdminClientArgs } from './client/admin-client.js';
import { ChromaClient as ClientOfAnyConnector, type ChromaClientArgs } from './client/chroma-client.js';
import { inlineConnector } from './host/inline-connector.js';

/** The client of `kindex`, with the store in the caller's thread. Storage defaults to `memory`. */
export class ChromaClient extends ClientOfAnyConnector {
  /** @throws VALUE_STORAGE · VALUE_NAME */
  constructor(args: ChromaClientArgs = {}) {
    super(args, inlineConnector);
  }
}

/** The admin client of `kindex`, over stores in the caller's thread. */
export class AdminClient extends AdminOfAnyConnector {
  /** @throws VALUE_STORAGE */
  constructor(args: AdminClientArgs = {}) {
    super(args, inlineConnector);
  }
}

export { ChromaClient as KindexClient };
export * from './client/surface.js';
