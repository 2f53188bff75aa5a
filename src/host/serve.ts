/**
 * What each worker file runs: one service on the worker's own port. It carries nothing of the service: chunks that are loaded on
 * demand share code with it, and a chunk that imports a worker's entry makes WebKit run the entry a second time, which would serve
 * a second, empty store on the same port.
 */
import type { EmbedServiceOptions } from './embed-service.js';
import type { StoreServiceOptions } from './store-service.js';

/** `engine`: what finds the nearest vectors, for all collections of the store. Default: the package's own graph. */
export function serveStore(options: Pick<StoreServiceOptions, 'engine'> = {}): void {
  serveOnce('store', async () => {
    const { startStore } = await import('./store-worker.js');
    return () => startStore(options);
  });
}

/** `stallMs`: how long a server of model files may be silent; `baseUrl`: where they lie. Defaults as in `StaticEmbeddingFunction`. */
export function serveEmbed(options: EmbedServiceOptions = {}): void {
  serveOnce('embed', async () => {
    const { startEmbed } = await import('./embed-worker.js');
    return () => startEmbed(options);
  });
}

/** Messages that come before the service listens are kept for it. `load` gives what starts it. */
function serveOnce(service: string, load: () => Promise<() => void>): void {
  const scope = globalThis as unknown as Record<symbol, true | undefined>;
  const running = Symbol.for(`kindex.worker.${service}`);
  if (scope[running]) return;
  scope[running] = true;
  const early: MessageEvent[] = [];
  const keep = (event: Event): void => {
    early.push(event as MessageEvent);
  };
  globalThis.addEventListener('message', keep);
  load().then(
    (start) => {
      globalThis.removeEventListener('message', keep);
      start();
      for (const { data, origin, ports } of early) {
        globalThis.dispatchEvent(new MessageEvent('message', { data, origin, ports: [...ports] }));
      }
    },
    (error: unknown) => {
      // Outside of the promise, so that the page's Worker gets an error event.
      setTimeout(() => {
        throw error;
      });
    },
  );
}
