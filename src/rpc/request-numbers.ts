/** Numbers the calls of one page that change something, so that each can be sent again and takes effect once (SPEC.md S30). */
import type { RequestId } from '../base/types.js';

export class RequestNumbers {
  readonly #client: string = crypto.getRandomValues(new Uint32Array(4)).join('.');
  /** Without an answer, ascending. */
  readonly #open: Set<number> = new Set();
  #count = 0;

  /** Gives `send` a request id that counts as answered when its promise settles. */
  async once<T>(send: (request: RequestId) => Promise<T>): Promise<T> {
    const n = ++this.#count;
    this.#open.add(n);
    const [answered = n] = this.#open;
    try {
      return await send({ client: this.#client, n, answered });
    } finally {
      this.#open.delete(n);
    }
  }
}
