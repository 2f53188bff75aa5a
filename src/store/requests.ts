/** What the store remembers of the requests it has carried out: one that comes again is answered, not done twice (SPEC.md S30). */
import { kindexError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import type { ClientReplies, StoredRequest } from '../format/requests.js';

/** Beyond these, whoever has been silent longest is forgotten: by then its page is gone, or waits for nothing. */
const MAX_CLIENTS = 1_000;
const MAX_REPLIES = 65_536;
const MAX_REPLY_LENGTH = 4 * 1024 * 1024;

interface Client {
  answered: number;
  /** JSON by request number. */
  replies: Map<number, string>;
}

export class Requests {
  /** The one that was silent longest comes first. */
  readonly #clients: Map<string, Client> = new Map();
  #replies = 0;
  #length = 0;
  readonly #running: Map<string, Promise<unknown>> = new Map();
  /** What was asked after in vain: should it still come, it comes too late. */
  readonly #refused: Set<string> = new Set();

  /**
   * Answers a request that was carried out, joins one that is under way, and does `work` for any other.
   * @throws what `work` throws · WORKER_DIED for a question after a request that never came · OUTCOME_UNKNOWN for one that
   * was answered long ago, or asked after in vain
   */
  async once<T>(request: RequestId | undefined, work: () => Promise<T>): Promise<T> {
    if (!request) return work();
    const { client, n, probe } = request;
    const known = this.#clients.get(client);
    const reply = known?.replies.get(n);
    if (reply !== undefined) return (reply === '' ? undefined : JSON.parse(reply)) as T;
    const key = `${n} ${client}`;
    const running = this.#running.get(key);
    if (running) return running as Promise<T>;
    if (n < (known?.answered ?? 0) || this.#refused.has(key))
      throw kindexError('OUTCOME_UNKNOWN', `Request ${n} came after its answer.`, { details: { n } });
    if (probe) {
      this.#refused.add(key);
      throw kindexError('WORKER_DIED', 'The worker ended before the write was stored; nothing of it is.', {
        details: { n },
      });
    }
    const done = work();
    this.#running.set(key, done);
    try {
      return await done;
    } finally {
      this.#running.delete(key);
    }
  }

  /** A request has become durable. */
  note({ client, n, answered, reply }: StoredRequest): void {
    const known = this.#clients.get(client) ?? { answered: 0, replies: new Map<number, string>() };
    this.#clients.delete(client);
    this.#clients.set(client, known);
    if (answered > known.answered) {
      known.answered = answered;
      for (const old of known.replies.keys()) if (old < answered) this.#forget(known, old);
    }
    if (n < known.answered || known.replies.has(n)) return;
    known.replies.set(n, reply);
    this.#replies += 1;
    this.#length += reply.length;
    this.#bound(known);
  }

  /** Takes the place of everything that is remembered. */
  restore(clients: readonly ClientReplies[]): void {
    this.#clients.clear();
    this.#replies = 0;
    this.#length = 0;
    for (const { client, answered, replies } of clients) {
      this.#clients.set(client, { answered, replies: new Map(replies.map(({ n, reply }) => [n, reply])) });
      this.#replies += replies.length;
      this.#length += replies.reduce((sum, { reply }) => sum + reply.length, 0);
    }
  }

  /** A copy of everything that is remembered, for `restore`. */
  list(): ClientReplies[] {
    return [...this.#clients].map(([client, { answered, replies }]) => ({
      client,
      answered,
      replies: [...replies].map(([n, reply]) => ({ n, reply })),
    }));
  }

  #bound(newest: Client): void {
    const over = (): boolean =>
      this.#clients.size > MAX_CLIENTS || this.#replies > MAX_REPLIES || this.#length > MAX_REPLY_LENGTH;
    for (const [client, known] of this.#clients) {
      if (!over()) return;
      if (known === newest) break;
      for (const n of known.replies.keys()) this.#forget(known, n);
      this.#clients.delete(client);
    }
    for (const n of newest.replies.keys()) {
      if (!over() || newest.replies.size === 1) return;
      this.#forget(newest, n);
    }
  }

  #forget(client: Client, n: number): void {
    this.#replies -= 1;
    this.#length -= client.replies.get(n)!.length;
    client.replies.delete(n);
  }
}
