/**
 * One owner per stored database among all tabs of an origin: whoever holds its Web Lock leads, the others send it their
 * calls over a BroadcastChannel. When the leader ends, the lock passes on and the next one opens the store.
 * A frozen leader is not noticed here: its followers wait.
 */
import { asKindexError, kindexError, reviveError, serializeError } from '../base/errors.js';
import type { Outcome } from './outcome.js';

/** A worker that neither leads nor finds a leader by then gives up. */
const PATIENCE_MS = 10_000;

/** The thing that only one worker may have open. */
export interface Led {
  call(method: string, argument: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface LeadershipOptions {
  /** Names lock and channel. */
  name: string;
  locks: LockManager;
  /** Opens the thing; runs once this worker leads. */
  lead: () => Promise<Led>;
  /** Calls that change something: not repeated when a leader ends before it answers. */
  writes: ReadonlySet<string>;
  patienceMs?: number;
}

type Message =
  | { kind: 'who' }
  | { kind: 'leader'; id: string }
  | { kind: 'call'; from: string; number: number; method: string; argument: unknown }
  | { kind: 'reply'; to: string; number: number; outcome: Outcome };

interface Pending {
  method: string;
  argument: unknown;
  /** False after a leader refused it unseen: then even a write may be sent again. */
  sent: boolean;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #id: string = crypto.randomUUID();
  readonly #channel: BroadcastChannel;
  readonly #stop: AbortController = new AbortController();
  readonly #pending: Map<number, Pending> = new Map();
  #count = 0;
  #led: Led | null = null;
  #leader: string | null = null;
  /** Tells `join` that there is a leader. */
  #found: () => void = () => {};
  /** Releases the lock. */
  #letGo: () => void = () => {};
  #closing = false;

  /** Listens at once; `join` takes part. */
  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#receive(event.data);
  }

  get role(): 'leader' | 'follower' {
    return this.#led ? 'leader' : 'follower';
  }

  /**
   * Resolves once this worker leads or has found the leader.
   * @throws what `lead` throws · STORAGE_BLOCKED when neither happens in 10 s
   */
  async join(): Promise<void> {
    const patienceMs = this.#options.patienceMs ?? PATIENCE_MS;
    let leading: Promise<void> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#found = resolve;
        timer = setTimeout(() => {
          reject(
            kindexError(
              'STORAGE_BLOCKED',
              `"${this.#options.name}" is held by another tab or worker that does not answer.`,
              {
                details: { name: this.#options.name, waitedMs: patienceMs },
              },
            ),
          );
        }, patienceMs);
        leading = this.#options.locks
          .request(this.#options.name, { signal: this.#stop.signal }, () => this.#lead())
          .catch((error: unknown) => {
            if (!this.#stop.signal.aborted) reject(error);
          });
        this.#post({ kind: 'who' });
      });
    } catch (error) {
      this.#leave();
      await leading;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws what the call throws · OUTCOME_UNKNOWN for a write whose leader ended before it answered · CLOSED */
  call(method: string, argument: unknown): Promise<unknown> {
    if (this.#closing) return Promise.reject(this.#closed(method));
    if (this.#led) return this.#led.call(method, argument);
    return new Promise((resolve, reject) => {
      const pending: Pending = { method, argument, sent: false, resolve, reject };
      const number = ++this.#count;
      this.#pending.set(number, pending);
      this.#send(number, pending);
    });
  }

  /** Hands leadership on, or stops following. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    try {
      await this.#led?.close();
    } finally {
      this.#leave();
    }
  }

  /** Runs as the lock's holder: the lock is kept until the promise settles. */
  async #lead(): Promise<void> {
    if (this.#closing) return;
    this.#led = await this.#options.lead();
    this.#leader = this.#id;
    this.#post({ kind: 'leader', id: this.#id });
    this.#newLeader();
    this.#found();
    await new Promise<void>((letGo) => {
      this.#letGo = letGo;
    });
  }

  #leave(): void {
    this.#closing = true;
    this.#stop.abort();
    this.#letGo();
    this.#channel.close();
    for (const pending of this.#pending.values()) pending.reject(this.#closed(pending.method));
    this.#pending.clear();
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'who':
        if (this.#led && !this.#closing) this.#post({ kind: 'leader', id: this.#id });
        return;
      case 'leader':
        if (this.#led) return;
        if (this.#leader !== message.id) {
          this.#leader = message.id;
          this.#newLeader();
        }
        this.#found();
        return;
      case 'call':
        if (this.#led) void this.#serve(message);
        return;
      case 'reply':
        if (message.to === this.#id) this.#settle(message.number, message.outcome);
        return;
      default:
        message satisfies never;
    }
  }

  async #serve(message: Extract<Message, { kind: 'call' }>): Promise<void> {
    let outcome: Outcome;
    try {
      if (this.#closing || !this.#led) throw this.#closed(message.method);
      outcome = { ok: true, value: await this.#led.call(message.method, message.argument) };
    } catch (error) {
      outcome = { ok: false, error: serializeError(asKindexError(error, message.method)) };
    }
    this.#post({ kind: 'reply', to: message.from, number: message.number, outcome });
  }

  #settle(number: number, outcome: Outcome): void {
    const pending = this.#pending.get(number);
    if (!pending) return;
    if (!outcome.ok && outcome.error.code === 'CLOSED') {
      // The leader was leaving and did not touch it: its successor gets it.
      pending.sent = false;
      return;
    }
    this.#pending.delete(number);
    if (outcome.ok) pending.resolve(outcome.value);
    else pending.reject(reviveError(outcome.error));
  }

  #newLeader(): void {
    for (const [number, pending] of this.#pending) {
      if (pending.sent && this.#options.writes.has(pending.method)) {
        this.#pending.delete(number);
        pending.reject(
          kindexError(
            'OUTCOME_UNKNOWN',
            `The tab that owned the store ended before it answered "${pending.method}".`,
            {
              details: { method: pending.method },
            },
          ),
        );
      } else if (this.#led) {
        this.#pending.delete(number);
        this.#led.call(pending.method, pending.argument).then(pending.resolve, pending.reject);
      } else {
        this.#send(number, pending);
      }
    }
  }

  #send(number: number, pending: Pending): void {
    pending.sent = true;
    this.#post({
      kind: 'call',
      from: this.#id,
      number,
      method: pending.method,
      argument: pending.argument,
    });
  }

  #post(message: Message): void {
    // A leader's last reply may come after it has left.
    if (!this.#stop.signal.aborted) this.#channel.postMessage(message);
  }

  #closed(method: string): Error {
    return kindexError('CLOSED', `The store was closed; "${method}" was not run.`);
  }
}
