/**
 * A worker as a service that may die: starts it on the first call, and when it ends hands every call without an answer to
 * its successor (SPEC.md S32). Comlink never rejects when the other side is gone, and `terminate()` sends no event: a Web
 * Lock that the worker holds is the sign of life, and whoever waits long asks for another. What happens then is loaded then.
 */
import { transfer, wrap, type Remote } from 'comlink';
import { kindexError, reviveError, type ChromaError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { transferablesOf, type WorkerPort } from './outcome.js';

/** A worker script that has not answered by then is taken for dead (a 404 script may give no event at all). */
const HELLO_DEADLINE_MS = 30_000;

/** A call that waits longer asks for signs of life. */
const SOON_MS = 5_000;

/** Requests up to this size are kept until they are answered, so that they can be sent again: a copy, then a move. */
const KEPT_BYTES = 64 * 1024 * 1024;

export interface WorkerLinkOptions {
  /** For messages: which worker this is. */
  name: string;
  spawn: (name: string) => Worker;
  /** Called on each new worker before any other call; its failure fails the calls that wait for it. */
  first?: { method: string; argument: unknown };
  /** True: what the worker serves ends with it, and so do the calls that wait. */
  mortal?: boolean;
  /** Calls reject after this much silence. Default 30,000. */
  silenceMs?: number;
}

/** A call without an answer. */
export interface Call {
  method: string;
  /** Null once it was moved to a worker, being too large to keep. */
  argument: unknown;
  request: RequestId | undefined;
  /** Workers that ended with it. */
  deaths: number;
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
  ended: boolean;
  stopWatching: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class WorkerLink {
  readonly options: WorkerLinkOptions;
  #life: Life | null = null;
  #closed = false;
  /** What the next call is told of an end that nobody noticed. */
  #news: ChromaError | null = null;

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
    this.#closed = true;
    if (this.#life) this.end(this.#life, kindexError('CLOSED', `${this.options.name} was closed.`));
  }

  /** Never rejects. */
  async send(call: Call): Promise<void> {
    const news = this.#news;
    this.#news = null;
    if (news ?? this.#closed) {
      const { name } = this.options;
      call.reject(news ?? kindexError('CLOSED', `${name} is closed; "${call.method}" was not sent.`));
      return;
    }
    const life = (this.#life ??= this.#start());
    life.calls.add(call);
    life.timer ??= setTimeout(() => this.#listen(life), this.options.silenceMs ?? SOON_MS);
    try {
      await life.ready;
      // Whoever ended it has taken care of its calls.
      if (life.ended) return;
      const outcome = await life.port.call(call.method, this.#moved(call), call.request);
      life.calls.delete(call);
      if (outcome.ok) call.resolve(outcome.value);
      else call.reject(reviveError(outcome.error));
    } catch (error) {
      life.calls.delete(call);
      call.reject(
        life.ended
          ? error
          : kindexError('VALUE_ARGUMENT', `"${call.method}" could not be sent to ${this.options.name}: ${error}.`, {
              cause: error,
              fix: 'Pass plain values that can be cloned: no functions, no proxies.',
            }),
      );
    }
  }

  /** Without `error` its calls go to the next worker. */
  end(life: Life, error?: ChromaError): void {
    if (life.ended) return;
    life.ended = true;
    if (this.#life === life) this.#life = null;
    clearTimeout(life.timer);
    life.stopWatching.abort();
    life.worker.terminate();
    const calls = [...life.calls];
    if (!error && this.options.mortal && calls.length === 0) this.#news = this.died();
    if (error) for (const { reject } of calls) reject(error);
    else {
      import('./recovery.js').then(
        ({ recover }) => recover(this, calls),
        () => {
          for (const { reject } of calls) reject(this.died());
        },
      );
    }
  }

  died(): ChromaError {
    return kindexError('WORKER_DIED', `${this.options.name} ended before it answered.`);
  }

  #start(): Life {
    const worker = this.options.spawn(this.options.name);
    const life: Life = {
      worker,
      port: wrap<WorkerPort>(worker),
      ready: Promise.resolve(),
      calls: new Set(),
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

  /** What is sent: the buffers of a copy, so that the call can be sent again. */
  #moved(call: Call): object {
    const { argument } = call;
    const bytes = transferablesOf(argument).reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > KEPT_BYTES) call.argument = null;
    const sent = bytes > KEPT_BYTES ? argument : copyOf(argument);
    return transfer(sent as object, transferablesOf(sent));
  }

  /** Somebody has waited for long. */
  #listen(life: Life): void {
    if (life.calls.size === 0) life.timer = undefined;
    else void import('./silence.js').then(({ listen }) => listen(this, life), () => {});
  }
}

/** Typed arrays in objects are copied; lists hold none in requests that are sent again. */
function copyOf(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)]));
}
