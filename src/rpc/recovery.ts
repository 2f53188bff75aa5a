/** What becomes of calls whose worker ended: the next worker gets them, until it is clear that they end every worker (SPEC.md S32). */
import { kindexError, type ChromaError } from '../base/errors.js';
import type { Call, Life, WorkerLink } from './worker-link.js';

/** Workers that may end while a call waits. */
const MAX_DEATHS = 3;

/** A pause before the last try: what ended two workers in a row may pass. */
const PAUSE_MS = 250;

export async function recover(link: WorkerLink, { calls }: Life): Promise<void> {
  const { name, mortal } = link.options;
  if (mortal && calls.size === 0) {
    link.refusal ??= kindexError('WORKER_DIED', `${name} ended, and what it held in memory with it.`, {
      fix: KEEP,
    });
  }
  const again = [...calls].filter((call) => mayGoOn(link, call));
  const careful = again.some(({ deaths }) => deaths > 1);
  if (careful) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  for (const call of again) {
    const answered = settled(call);
    void link.send(call);
    // One at a time: the one that ends every worker takes no other with it.
    if (careful) await answered;
  }
}

/** A call that its worker knows nothing of: the message is lost, or the answer was. */
export function sendAgain(link: WorkerLink, call: Call): void {
  if (mayGoOn(link, call, false)) void link.send(call);
}

/** Resolves when the call is answered or refused. */
function settled(call: Call): Promise<void> {
  const { resolve, reject } = call;
  return new Promise((done) => {
    call.resolve = (value) => {
      resolve(value);
      done();
    };
    call.reject = (error) => {
      reject(error);
      done();
    };
  });
}

const KEEP = 'Create the collections again, or keep them with storage: "indexeddb:NAME".';

/** False when it has been told that it cannot be sent again. `ended`: its worker has. */
function mayGoOn(link: WorkerLink, call: Call, ended = true): boolean {
  const { method, request } = call;
  const { name, mortal } = link.options;
  const details = { method, workers: (call.deaths += 1) };
  if (mortal && ended) {
    const message = `${name} ended, and what it held in memory with it; "${method}" was not answered.`;
    call.reject(kindexError('WORKER_DIED', message, { fix: KEEP, details }));
    return false;
  }
  const tired = call.deaths >= MAX_DEATHS;
  if (!tired && !isMoved(call.argument)) return true;
  if (!tired && request) {
    // The argument is gone with the worker. Whether the write was stored can be asked.
    call.request = { ...request, probe: true };
    call.argument = {};
    return true;
  }
  const message = `${name} ended, or lost the call, ${call.deaths} times before it answered "${method}".`;
  call.reject(kindexError(tired && request ? 'OUTCOME_UNKNOWN' : 'WORKER_DIED', message, { details }));
  return false;
}

/** True when an array of it was moved to a worker. */
function isMoved(value: unknown): boolean {
  if (ArrayBuffer.isView(value)) {
    try {
      return new Uint8Array(value.buffer).length < 0;
    } catch {
      // A buffer that has been moved takes no view.
      return true;
    }
  }
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).some(isMoved)
  );
}

/** For a call whose argument cannot be cloned. */
export function unsendable(link: WorkerLink, { method }: Call, cause: unknown): ChromaError {
  const message = `"${method}" could not be sent to ${link.options.name}: ${String(cause)}.`;
  return kindexError('VALUE_ARGUMENT', message, {
    cause,
    fix: 'Pass plain values that can be cloned: no functions, no proxies.',
  });
}
