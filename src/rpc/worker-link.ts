/**
 * A worker as a service that may die: starts it on the first call, and when it ends hands every call without an answer to
 * its successor (SPEC.md S32). Comlink never rejects when the other side is gone, and `terminate()` sends no event: a Web
 * Lock that the worker holds is the sign of life, and whoever waits long asks for another. What happens then is loaded then.
 */
import { transfer, wrap, type Remote } from 'comlink';
import { kindexError, reviveError, type ChromaError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import type { WorkerPort } from './outcome.js';

/** A worker script that has not answered by then is taken for dead (a 404 script may give no event at all). */
const HELLO_DEADLINE_MS = 30_000;

/** A call that waits longer asks for signs of life. */
const SOON_MS = 5_000;

/**
 * An array up to this size is copied for its way to the worker, which takes a few milliseconds at most, so that the call can
 * be sent again. A larger one is moved; should the worker end, it is asked whether the write was stored.
 */
const KEPT_BYTES = 8 * 1024 * 1024;

export interface WorkerLinkOptions {
  /** For messages: which worker this is. */
  name: string;
  spawn: (name: string) => Worker;
  /** Called on each new worker before any other call; its failure fails the calls that wait for it. */
  first?: { method: string; argument: unknown };
  /** True: what the worker serves ends with it, and so do the calls that wait. */
  mortal?: boolean;
  /** Calls reject after this much silence. Default 20,000. */
  silenceMs?: number;
}

/** A call without an answer. */
export interface Call {
  method: string;
  /** Large arrays of it are gone once it is sent. */
  argument: unknown;
  request: RequestId | undefined;
  /** Workers that ended with it, or had never got it. */
  deaths: number;
  /** Among those its worker was sent; undefined: not sent yet. */
  number?: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** One worker, from its start to its end. */
export interface Life {
  worker: Worker;
  port: Remote<WorkerPort>;
  /** Settles when calls may be sent. */
  ready: Promise<void>;
  calls: Set<Call>;
  /** Calls sent to it so far. */
  sent: number;
  ended: boolean;
  stopWatching: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class WorkerLink {
  readonly options: WorkerLinkOptions;
  /** What the next call is told instead of being sent. */
  refusal: ChromaError | undefined;
  #life: Life | null = null;

  constructor(options: WorkerLinkOptions) {
    this.options = options;
  }

  /** True from the first call until the worker ends. */
  get running(): boolean {
    return this.#life !== null;
  }

  /**
   * Sends one call, and again to the next worker when one ends. `request`: of a call that must take effect once.
   * @throws what the service throws · WORKER_DIED or OUTCOME_UNKNOWN after the third worker · TIMEOUT · CLOSED
   */
  call(method: string, argument: unknown, request?: RequestId): Promise<unknown> {
    return new Promise((resolve, reject) => {
      void this.send({ method, argument, request, deaths: 0, resolve, reject });
    });
  }

  /** Ends the worker; calls that wait reject with CLOSED. */
  close(): void {
    this.refusal = kindexError('CLOSED', `${this.options.name} was closed.`);
    if (this.#life) this.end(this.#life, this.refusal);
  }

  /** Never rejects. */
  async send(call: Call): Promise<void> {
    const { method, argument, request, resolve, reject } = call;
    if (this.refusal) {
      reject(this.refusal);
      if (this.refusal.code === 'WORKER_DIED') this.refusal = undefined;
      return;
    }
    let life: Life;
    try {
      life = this.#life ??= this.#start();
    } catch (error) {
      // A page may be forbidden to start workers: sandboxed, by its policy, or by Trusted Types.
      reject(
        kindexError('WORKER_DIED', `${this.options.name} could not start: ${String(error)}`, {
          fix: 'Check the policy of the page, or start the worker yourself: new ChromaClient({ workers }).',
          cause: error,
        }),
      );
      return;
    }
    life.calls.add(call);
    life.timer ??= setTimeout(() => this.#listen(life), this.options.silenceMs ?? SOON_MS);
    try {
      await life.ready;
      // Whoever ended it has taken care of its calls.
      if (life.ended) return;
      const moved: ArrayBuffer[] = [];
      const outcome = await life.port.call(
        method,
        transfer(copyOf(argument, moved) as object, moved),
        request,
        (call.number = ++life.sent),
      );
      if (outcome.ok) resolve(outcome.value);
      else reject(reviveError(outcome.error));
    } catch (error) {
      reject(
        await import('./recovery.js').then(
          ({ unsendable }) => unsendable(this, call, error),
          () => error,
        ),
      );
    }
    life.calls.delete(call);
  }

  /** Without `error` its calls go to the next worker. */
  end(life: Life, error?: ChromaError): void {
    if (life.ended) return;
    life.ended = true;
    if (this.#life === life) this.#life = null;
    clearTimeout(life.timer);
    life.stopWatching.abort();
    life.worker.terminate();
    const refuse = (reason: ChromaError): void => {
      for (const { reject } of life.calls) reject(reason);
    };
    if (error) refuse(error);
    else {
      import('./recovery.js').then(
        ({ recover }) => recover(this, life),
        () => refuse(kindexError('WORKER_DIED', `${this.options.name} ended.`)),
      );
    }
  }

  #start(): Life {
    const worker = this.options.spawn(this.options.name);
    const life: Life = {
      worker,
      port: wrap<WorkerPort>(worker),
      ready: Promise.resolve(),
      calls: new Set(),
      sent: 0,
      ended: false,
      stopWatching: new AbortController(),
      timer: undefined,
    };
    life.ready = this.#greet(life);
    // The next call starts afresh.
    life.ready.catch((error: ChromaError) => this.end(life, error));
    return life;
  }

  async #greet(life: Life): Promise<void> {
    const { name, first } = this.options;
    const lock = await new Promise<string | null>((resolve, reject) => {
      const refuse = (reason: string): void => {
        clearTimeout(deadline);
        reject(
          kindexError('WORKER_DIED', `${name} could not start: ${reason}.`, {
            fix: 'Check that the worker file is served with a JavaScript MIME type and allowed by worker-src.',
          }),
        );
      };
      const deadline = setTimeout(
        () => refuse(`no answer in ${HELLO_DEADLINE_MS / 1000} s`),
        HELLO_DEADLINE_MS,
      );
      life.worker.addEventListener(
        'error',
        (event) => refuse(event.message || 'its script could not be loaded'),
        { once: true },
      );
      life.port.hello().then((reply) => {
        clearTimeout(deadline);
        resolve(reply.lock);
      }, reject);
    });
    // Whoever holds the lock after the worker does learns that the worker is gone.
    if (lock !== null) {
      navigator.locks
        .request(lock, { signal: life.stopWatching.signal }, () => this.end(life))
        .catch(() => {
          // Aborted by `end`: nobody is left to tell.
        });
    }
    if (first) {
      const outcome = await life.port.call(first.method, first.argument);
      if (!outcome.ok) throw reviveError(outcome.error);
    }
  }

  /** Somebody has waited for long. */
  #listen(life: Life): void {
    if (life.calls.size === 0) life.timer = undefined;
    else
      void import('./silence.js').then(
        ({ listen }) => listen(this, life),
        () => {},
      );
  }
}

/** Typed arrays in objects are sent as copies, whose buffers are `moved`; lists hold none in what a page sends. */
function copyOf(value: unknown, moved: ArrayBuffer[]): unknown {
  if (ArrayBuffer.isView(value)) {
    const own = value.byteLength > KEPT_BYTES ? value : (value as Uint8Array).slice();
    moved.push(own.buffer as ArrayBuffer);
    return own;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each, moved)]));
}
