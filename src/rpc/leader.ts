/**
 * One owner per stored database among all tabs of an origin: whoever holds its Web Lock leads, the others send it their
 * calls over a BroadcastChannel. A leader that ends is followed by the next in the queue for the lock, one that gives no
 * sign of life loses the lock to a follower; either way every call without an answer goes to the successor (SPEC.md S31).
 */
import { asKindexError, ChromaError, kindexError, reviveError, serializeError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { LEADER_PING_MS, Liveness } from './liveness.js';
import type { Outcome } from './outcome.js';

/** A call that finds one owner after another fenced is told so in the end. */
const MAX_ATTEMPTS = 5;

/** The thing that only one worker may have open. */
export interface Led {
  /** `request`: of a call that may be sent again and must take effect once. */
  call(method: string, argument: unknown, request?: RequestId): Promise<unknown>;
  close(): Promise<void>;
  /** True: it answers nothing any more, and has to be opened again. */
  readonly ended?: boolean;
}

export interface LeadershipOptions {
  /** Names lock and channel. */
  name: string;
  locks: LockManager;
  /** Opens the thing; runs each time this worker begins to lead. */
  lead: () => Promise<Led>;
  /** While a call waits, the leader is asked for a sign of life this often; three times in vain, and it is replaced. Default 2,000. */
  pingMs?: number;
}

type Message =
  | { kind: 'who' }
  /** Holds the lock; `ready`: serves calls. */
  | { kind: 'leader'; id: string; ready: boolean }
  | {
      kind: 'call';
      to: string;
      from: string;
      number: number;
      method: string;
      argument: unknown;
      request?: RequestId;
    }
  | { kind: 'reply'; to: string; from: string; number: number; outcome: Outcome }
  /** `numbers`: of the sender's calls without an answer. */
  | { kind: 'ping'; from: string; numbers: number[] }
  /** `unknown`: of those, the ones this leader has not heard of. */
  | { kind: 'pong'; to: string; from: string; unknown: number[] }
  /** For a debugger that halts a leader: nobody is replaced until it is taken back. */
  | { kind: 'pause'; paused: boolean };

interface Pending {
  method: string;
  argument: unknown;
  request: RequestId | undefined;
  attempts: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** One time of holding the lock. */
interface Term {
  letGo: () => void;
  /** Settles when what it leads is open, or is not. */
  opening: Promise<void>;
}

interface Joining {
  promise: Promise<void>;
  attempts: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #id: string = crypto.randomUUID();
  readonly #channel: BroadcastChannel;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #liveness: Liveness;
  /** Calls of followers that are being served, by sender and number. */
  readonly #serving: Set<string> = new Set();
  #count = 0;
  /** Calls that the led thing has not answered. */
  #running = 0;
  #term: Term | null = null;
  #led: Led | null = null;
  /** Whom calls are sent to; null: nobody who serves is known. */
  #leader: string | null = null;
  /** Ends the wait for the lock; null when there is none. */
  #queued: AbortController | null = null;
  #joining: Joining | null = null;
  #closing = false;

  /** Listens at once; `join` takes part. */
  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#receive(event.data);
    this.#liveness = new Liveness({
      everyMs: options.pingMs ?? LEADER_PING_MS,
      waits: () =>
        !this.#closing && this.#term === null && (this.#pending.size > 0 || this.#joining !== null),
      ask: () => this.#ask(),
      dead: () => this.#request({ steal: true }),
    });
  }

  get role(): 'leader' | 'follower' {
    return this.#led ? 'leader' : 'follower';
  }

  /** False: neither leads nor knows who does. */
  get serves(): boolean {
    return this.#led !== null || this.#leader !== null;
  }

  /**
   * Resolves once this worker leads or has found a leader that serves. Waits as long as a leader that opens gives signs of life.
   * @throws what `lead` throws · STORAGE_UNAVAILABLE when the lock is refused
   */
  async join(): Promise<void> {
    if (this.#led ?? this.#leader) return;
    if (!this.#joining) {
      let resolve = (): void => {};
      let reject: (error: unknown) => void = () => {};
      const promise = new Promise<void>((settle, fail) => {
        resolve = settle;
        reject = fail;
      });
      this.#joining = { promise, attempts: 0, resolve, reject };
    }
    this.#enter();
    return this.#joining.promise;
  }

  /**
   * Runs the call here or has the leader run it; one whose leader ends, or turns out to be fenced, goes to the next.
   * @throws what the call throws · what `lead` throws · CLOSED
   */
  call(method: string, argument: unknown, request?: RequestId): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.#dispatch({ method, argument, request, attempts: 0, resolve, reject }),
    );
  }

  /** Hands leadership on when nothing is being done; the next call takes part again. */
  async resign(): Promise<void> {
    if (this.#led && this.#running === 0) await this.#handOver();
  }

  /** Hands leadership on, or stops following. Calls that wait reject with CLOSED. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    try {
      await this.#handOver();
    } finally {
      this.#queued?.abort();
      this.#channel.close();
      this.#fail((method) => this.#closed(method));
    }
  }

  #dispatch(pending: Pending): void {
    if (this.#closing) pending.reject(this.#closed(pending.method));
    else if (this.#led) void this.#run(this.#led, pending);
    else {
      const number = ++this.#count;
      this.#pending.set(number, pending);
      this.#send(number, pending);
      this.#enter();
    }
  }

  /** Takes part: waits for the lock, asks who leads. */
  #enter(): void {
    if (this.#closing) return;
    if (!this.#term && !this.#queued) {
      this.#request({ steal: false });
      this.#post({ kind: 'who' });
    }
    this.#liveness.start();
  }

  #request({ steal }: { steal: boolean }): void {
    // A request that waits would be granted some day beside the stolen lock.
    this.#queued?.abort();
    const queued = new AbortController();
    this.#queued = queued;
    this.#leader = null;
    let term: Term | null = null;
    const options: LockOptions = steal ? { steal: true } : { signal: queued.signal };
    this.#options.locks
      .request(this.#options.name, options, () => {
        this.#queued = null;
        return new Promise<void>((letGo) => {
          term = { letGo, opening: Promise.resolve() };
          term.opening = this.#lead(term);
        });
      })
      .catch((error: unknown) => {
        if (queued.signal.aborted) return;
        if (term) this.#end(term);
        else {
          this.#queued = null;
          const failure = kindexError(
            'STORAGE_UNAVAILABLE',
            `The lock of "${this.#options.name}" was refused.`,
            { cause: error },
          );
          this.#fail(() => failure);
        }
        // Stolen: whoever has it now serves what waits here.
        if (this.#pending.size > 0 || this.#joining) this.#enter();
      });
  }

  /** As the lock's holder. */
  async #lead(term: Term): Promise<void> {
    if (this.#closing) return term.letGo();
    this.#term = term;
    this.#leader = null;
    this.#announce();
    let led: Led;
    try {
      led = await this.#options.lead();
    } catch (error) {
      const current = this.#term === term;
      this.#end(term);
      // Fenced while it opened: there is another owner, and it serves.
      if (isFenced(error)) this.#retry(error);
      else if (current) this.#fail(() => error);
      return;
    }
    if (this.#term !== term || this.#closing) {
      await quietly(led.close());
      this.#end(term);
      return;
    }
    this.#led = led;
    this.#announce();
    this.#serveWaiting();
  }

  /** What waits here is this worker's to do now. */
  #serveWaiting(): void {
    this.#joining?.resolve();
    this.#joining = null;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of waiting) this.#dispatch(pending);
  }

  /** Leads no longer: the lock is free, or somebody else's. */
  #end(term: Term): void {
    term.letGo();
    if (this.#term !== term) return;
    const led = this.#led;
    this.#term = null;
    this.#led = null;
    this.#leader = null;
    // What it still does is done, or fenced; `#run` sees which.
    if (led) void quietly(led.close());
  }

  /** Closes what is led before anybody else opens it. */
  async #handOver(): Promise<void> {
    const [term, led] = [this.#term, this.#led];
    if (!led) await term?.opening;
    // From here on calls wait for whoever leads next.
    this.#led = null;
    try {
      await led?.close();
    } finally {
      if (term) this.#end(term);
      if (this.#pending.size > 0) this.#enter();
    }
  }

  async #run(led: Led, pending: Pending): Promise<void> {
    const { method, argument, request } = pending;
    this.#running += 1;
    try {
      pending.resolve(await led.call(method, argument, request));
    } catch (error) {
      const current = this.#led === led;
      this.#noteFailure(led, error);
      // Nothing of it was done, or it is known by its request: the next owner may do it.
      const elsewhere = !current && (hasCode(error, 'CLOSED') || request !== undefined);
      const anew = led.ended === true && pending.attempts === 0 && !hasCode(error, 'OUTCOME_UNKNOWN');
      const again = isFenced(error) || (!hasCode(error, 'STORAGE_LOST') && (elsewhere || anew));
      if (again && !this.#closing && ++pending.attempts < MAX_ATTEMPTS) this.#dispatch(pending);
      else pending.reject(error);
    } finally {
      this.#running -= 1;
    }
  }

  /** A store that is fenced, whose storage is gone or whose memory is broken serves no more: it is opened anew by the next call, here or elsewhere. */
  #noteFailure(led: Led, error: unknown): void {
    const ended = led.ended === true || isFenced(error) || hasCode(error, 'STORAGE_LOST');
    if (this.#led === led && this.#term && ended) this.#end(this.#term);
  }

  #retry(error: unknown): void {
    if (this.#joining && ++this.#joining.attempts >= MAX_ATTEMPTS) {
      this.#joining.reject(error);
      this.#joining = null;
    }
    for (const [number, pending] of this.#pending) {
      if (++pending.attempts < MAX_ATTEMPTS) continue;
      this.#pending.delete(number);
      pending.reject(error);
    }
    if (this.#pending.size > 0 || this.#joining) this.#enter();
  }

  #fail(errorOf: (method: string) => unknown): void {
    this.#joining?.reject(errorOf('open'));
    this.#joining = null;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { method, reject } of waiting) reject(errorOf(method));
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'who':
        this.#announce();
        return;
      case 'leader':
        if (this.#term) return;
        this.#liveness.heard();
        if (message.ready) this.#follow(message.id);
        return;
      case 'call':
        if (message.to === this.#id && this.#led) void this.#serve(this.#led, message);
        return;
      case 'reply':
        // A former leader that wakes up answers from its own past.
        if (message.to !== this.#id || message.from !== this.#leader) return;
        this.#liveness.heard();
        this.#settle(message.number, message.outcome);
        return;
      case 'ping':
        if (this.#led) {
          const unknown = message.numbers.filter((number) => !this.#serving.has(`${number} ${message.from}`));
          this.#post({ kind: 'pong', to: message.from, from: this.#id, unknown });
        } else this.#announce();
        return;
      case 'pong':
        if (message.to !== this.#id || message.from !== this.#leader) return;
        this.#liveness.heard();
        for (const number of message.unknown) this.#send(number, this.#pending.get(number));
        return;
      case 'pause':
        this.#liveness.paused = message.paused;
        return;
      default:
        message satisfies never;
    }
  }

  #announce(): void {
    if (this.#term) this.#post({ kind: 'leader', id: this.#id, ready: this.#led !== null });
  }

  #follow(leader: string): void {
    const changed = this.#leader !== leader;
    this.#leader = leader;
    this.#joining?.resolve();
    this.#joining = null;
    if (changed) for (const [number, pending] of this.#pending) this.#send(number, pending);
  }

  async #serve(led: Led, message: Extract<Message, { kind: 'call' }>): Promise<void> {
    const { from, number, method, argument, request } = message;
    const key = `${number} ${from}`;
    if (this.#serving.has(key)) return;
    this.#serving.add(key);
    this.#running += 1;
    let outcome: Outcome | null;
    try {
      outcome = { ok: true, value: await led.call(method, argument, request) };
    } catch (error) {
      const current = this.#led === led;
      this.#noteFailure(led, error);
      // The sender sends it to the next one; what it hears of this one no longer counts.
      outcome =
        isFenced(error) || !current
          ? null
          : { ok: false, error: serializeError(asKindexError(error, method)) };
    } finally {
      this.#running -= 1;
      this.#serving.delete(key);
    }
    if (outcome) this.#post({ kind: 'reply', to: from, from: this.#id, number, outcome });
  }

  #settle(number: number, outcome: Outcome): void {
    const pending = this.#pending.get(number);
    if (!pending) return;
    this.#pending.delete(number);
    if (outcome.ok) pending.resolve(outcome.value);
    else pending.reject(reviveError(outcome.error));
  }

  #send(number: number, pending: Pending | undefined): void {
    if (!pending || this.#leader === null) return;
    const { method, argument, request } = pending;
    this.#post({
      kind: 'call',
      to: this.#leader,
      from: this.#id,
      number,
      method,
      argument,
      ...(request && { request }),
    });
  }

  #ask(): void {
    if (this.#leader === null) this.#post({ kind: 'who' });
    else this.#post({ kind: 'ping', from: this.#id, numbers: [...this.#pending.keys()] });
  }

  #post(message: Message): void {
    // A leader's last reply may come after it has left.
    if (!this.#closing || this.#term) this.#channel.postMessage(message);
  }

  #closed(method: string): Error {
    return kindexError('CLOSED', `The store was closed; "${method}" was not run.`);
  }
}

function hasCode(error: unknown, code: ChromaError['code']): boolean {
  return error instanceof ChromaError && error.code === code;
}

function isFenced(error: unknown): boolean {
  return hasCode(error, 'STORAGE_FENCED');
}

/** What closing a store that serves no more runs into is nobody's to hear. */
async function quietly(closing: Promise<void>): Promise<void> {
  await closing.catch(() => {});
}
