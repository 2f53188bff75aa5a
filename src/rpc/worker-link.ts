/**
 * A worker as a service that may die: starts it on the first call, settles every waiting call when it ends, and starts
 * a new one on the next call. Comlink never rejects when the other side is gone, and `terminate()` sends no event: a
 * Web Lock that the worker holds is the sign of life.
 */
import { transfer, wrap, type Remote } from 'comlink';
import { kindexError, reviveError, type ChromaError } from '../base/errors.js';
import { transferablesOf, type Outcome, type WorkerPort } from './outcome.js';

/** A worker script that has not answered by then is taken for dead (a 404 script may give no event at all). */
const HELLO_DEADLINE_MS = 30_000;

export interface WorkerLinkOptions {
  /** For messages: which worker this is. */
  name: string;
  spawn: (name: string) => Worker;
  /** Runs on each new worker before any other call; its failure fails the calls that wait for it. */
  prepare?: (call: (method: string, argument: unknown) => Promise<unknown>) => Promise<void>;
}

interface Life {
  worker: Worker;
  port: Remote<WorkerPort>;
  /** Settles when calls may be sent. */
  ready: Promise<void>;
  /** Reject functions of the calls that wait. */
  waiting: Set<(error: ChromaError) => void>;
  ended: boolean;
  stopWatching: AbortController;
}

export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  #life: Life | null = null;
  #closed = false;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
  }

  /** True from the first call until the worker ends. */
  get running(): boolean {
    return this.#life !== null;
  }

  /**
   * Sends one call. `lost` makes the error for a worker that ends before it answers.
   * @throws what the service throws · WORKER_DIED or what `lost` gives · CLOSED
   */
  async call(
    method: string,
    argument: unknown,
    lost: () => ChromaError = () => this.#died(),
  ): Promise<unknown> {
    if (this.#closed)
      throw kindexError('CLOSED', `${this.#options.name} is closed; "${method}" was not sent.`);
    const life = (this.#life ??= this.#start());
    await life.ready;
    return this.#send(life, method, argument, lost);
  }

  /** Ends the worker; calls that wait reject with CLOSED. */
  close(): void {
    this.#closed = true;
    if (this.#life) this.#end(this.#life, () => kindexError('CLOSED', `${this.#options.name} was closed.`));
  }

  #start(): Life {
    const worker = this.#options.spawn(this.#options.name);
    const life: Life = {
      worker,
      port: wrap<WorkerPort>(worker),
      ready: Promise.resolve(),
      waiting: new Set(),
      ended: false,
      stopWatching: new AbortController(),
    };
    life.ready = this.#greet(life);
    life.ready.catch(() => {
      // The callers hear of it through `ready`; the next call starts afresh.
      this.#end(life, () => this.#died());
    });
    return life;
  }

  async #greet(life: Life): Promise<void> {
    const lock = await new Promise<string | null>((resolve, reject) => {
      const refuse = (reason: string): void => {
        clearTimeout(deadline);
        reject(
          kindexError('WORKER_DIED', `${this.#options.name} could not start: ${reason}.`, {
            fix: 'Check that the worker file is served with a JavaScript MIME type and allowed by worker-src.',
          }),
        );
      };
      const deadline = setTimeout(
        () => refuse(`no answer in ${HELLO_DEADLINE_MS / 1000} s`),
        HELLO_DEADLINE_MS,
      );
      life.waiting.add((error) => refuse(error.message));
      life.worker.addEventListener(
        'error',
        (event) => refuse(event.message || 'its script could not be loaded'),
        {
          once: true,
        },
      );
      life.port.hello().then((reply) => {
        clearTimeout(deadline);
        resolve(reply.lock);
      }, reject);
    });
    life.waiting.clear();
    if (lock !== null) this.#watch(life, lock);
    await this.#options.prepare?.((method, argument) =>
      this.#send(life, method, argument, () => this.#died()),
    );
  }

  /** Whoever holds the lock after the worker does learns that the worker is gone. */
  #watch(life: Life, lock: string): void {
    navigator.locks
      .request(lock, { signal: life.stopWatching.signal }, () => this.#end(life, null))
      .catch(() => {
        // Aborted by #end: nobody is left to tell.
      });
  }

  #send(life: Life, method: string, argument: unknown, lost: () => ChromaError): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (life.ended) {
        reject(this.#died());
        return;
      }
      const settleLost = (error: ChromaError): void => reject(error.code === 'WORKER_DIED' ? lost() : error);
      life.waiting.add(settleLost);
      const settle = (outcome: Outcome): void => {
        life.waiting.delete(settleLost);
        if (outcome.ok) resolve(outcome.value);
        else reject(reviveError(outcome.error));
      };
      const fail = (error: unknown): void => {
        life.waiting.delete(settleLost);
        reject(
          kindexError(
            'VALUE_ARGUMENT',
            `"${method}" could not be sent to ${this.#options.name}: ${String(error)}.`,
            {
              cause: error,
              fix: 'Pass plain values that can be cloned: no functions, no proxies.',
            },
          ),
        );
      };
      try {
        life.port.call(method, transfer(argument as object, transferablesOf(argument))).then(settle, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  #end(life: Life, reason: (() => ChromaError) | null): void {
    if (life.ended) return;
    life.ended = true;
    if (this.#life === life) this.#life = null;
    life.stopWatching.abort();
    life.worker.terminate();
    const error = (reason ?? (() => this.#died()))();
    const waiting = [...life.waiting];
    life.waiting.clear();
    for (const reject of waiting) reject(error);
  }

  #died(): ChromaError {
    return kindexError('WORKER_DIED', `${this.#options.name} ended before it answered.`);
  }
}
