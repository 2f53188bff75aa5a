/** What becomes of calls whose worker ended: the next worker gets them, until it is clear that they end every worker (SPEC.md S32). */
import { kindexError } from '../base/errors.js';
import type { Call, WorkerLink } from './worker-link.js';

/** Workers that may end while a call waits. */
const MAX_DEATHS = 3;

/** A pause before the last try: what ended two workers at once may pass. */
const PAUSE_MS = 250;

export async function recover(link: WorkerLink, calls: readonly Call[]): Promise<void> {
  const again = calls.filter((call) => mayGoOn(link, call));
  if (again.some(({ deaths }) => deaths > 1)) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  for (const call of again) void link.send(call);
}

/** False when it has been told that it cannot be sent again. */
function mayGoOn(link: WorkerLink, call: Call): boolean {
  const { method, request } = call;
  const { name, mortal } = link.options;
  call.deaths += 1;
  if (mortal) {
    call.reject(
      kindexError('WORKER_DIED', `${name} ended, and what it held in memory with it; "${method}" was not answered.`, {
        fix: 'Create the collections again, or keep them with storage: "indexeddb:NAME".',
        details: { method },
      }),
    );
    return false;
  }
  if (call.deaths < MAX_DEATHS) {
    if (call.argument !== null) return true;
    // The argument is gone with the worker. Whether the write was stored can be asked.
    if (request) {
      call.request = { ...request, probe: true };
      call.argument = {};
      return true;
    }
  }
  const details = { method, workers: call.deaths };
  const message = `${name} ended ${call.deaths} times before it answered "${method}".`;
  call.reject(
    request && call.deaths >= MAX_DEATHS
      ? kindexError('OUTCOME_UNKNOWN', message, { details })
      : kindexError('WORKER_DIED', message, { details }),
  );
  return false;
}
