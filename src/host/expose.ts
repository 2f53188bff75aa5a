/** Serves a service to the page over Comlink: every reply is an outcome, buffers are moved, a Web Lock is the sign of life. */
import { expose as comlinkExpose, transfer, type Endpoint } from 'comlink';
import { asKindexError, kindexError, serializeError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { transferablesOf, type Outcome, type WorkerPort } from '../rpc/outcome.js';

/** Any service of rpc/service.ts: methods of one argument. */
type Methods = Record<string, ((argument: unknown, request?: RequestId) => Promise<unknown>) | undefined>;

export interface ExposeOptions {
  /** Names the methods that may be called; everything else is refused. */
  methods: readonly string[];
  /** Default: this worker's own message port. */
  endpoint?: Endpoint;
  /** Null: no sign of life (a port without Web Locks). Default: `navigator.locks`. */
  locks?: LockManager | null;
}

/** Starts serving `service`; lasts as long as the worker. */
export function exposeService(service: object, options: ExposeOptions): void {
  const locks = options.locks === undefined ? (globalThis.navigator?.locks ?? null) : options.locks;
  let alive: Promise<string | null> | undefined;
  const calls = new Set<number | undefined>();
  const port: WorkerPort = {
    async hello() {
      alive ??= locks === null ? Promise.resolve(null) : holdForever(locks);
      return { lock: await alive, calls };
    },
    async call(method, argument, request, number) {
      calls.add(number);
      const outcome = await run(service as Methods, options.methods, { method, argument, request });
      calls.delete(number);
      return transfer(outcome, transferablesOf(outcome));
    },
  };
  comlinkExpose(port, options.endpoint);
}

async function run(
  service: Methods,
  allowed: readonly string[],
  { method, argument, request }: { method: string; argument: unknown; request: RequestId | undefined },
): Promise<Outcome> {
  try {
    const target = allowed.includes(method) ? service[method] : undefined;
    if (!target) throw kindexError('RUNTIME_INTERNAL', `This worker has no method "${method}".`);
    return { ok: true, value: await target.call(service, argument, request) };
  } catch (error) {
    return { ok: false, error: serializeError(asKindexError(error, method)) };
  }
}

/** Resolves to the lock's name once it is held; it is released by the worker's end alone. */
function holdForever(locks: LockManager): Promise<string> {
  const name = `kindex:alive:${crypto.randomUUID()}`;
  return new Promise((resolve, reject) => {
    locks
      .request(name, () => {
        resolve(name);
        return new Promise<never>(() => {});
      })
      .catch(reject);
  });
}
