/**
 * Asks a worker for signs of life while calls wait, and ends it after too long a silence; a call that it knows nothing of is sent
 * again (SPEC.md S32). Counts questions and no clock: a page may be frozen.
 */
import { kindexError, type ChromaError } from '../base/errors.js';
import { withFix } from '../base/worker-fixes.js';
import type { Call, Life, WorkerLink } from './worker-link.js';

/** With the 5 s before the first question it stays below the 30 s that other tabs wait for a storage this worker may hold up. */
const SILENCE_MS = 20_000;
const QUESTIONS = 6;

/** Lasts as long as calls wait for `life`. */
export async function listen(link: WorkerLink, life: Life): Promise<void> {
  const silenceMs = link.options.silenceMs ?? SILENCE_MS;
  let silent = 0;
  let missed = new Set<Call>();
  while (!life.ended && life.calls.size > 0) {
    silent += 1;
    const sent = [...life.calls].filter(({ number }) => number !== undefined);
    life.port.hello().then(
      ({ calls }) => {
        silent = 0;
        const unknown = sent.filter((call) => life.calls.has(call) && !calls.has(call.number));
        // One that has just been answered is on its way: only what is unknown twice is lost.
        const lost = unknown.filter((call) => missed.has(call));
        missed = new Set(unknown);
        for (const call of lost) again(link, life, call);
      },
      () => {},
    );
    await new Promise((resolve) => setTimeout(resolve, silenceMs / QUESTIONS));
    if (silent < QUESTIONS || life.ended) continue;
    const methods = [...new Set([...life.calls].map(({ method }) => method))];
    const message = `${link.options.name} gave no sign of life for ${silenceMs / 1000} s.`;
    link.end(
      life,
      withFix(kindexError('TIMEOUT', message, { details: { silenceMs, methods } })) as ChromaError,
    );
  }
  life.timer = undefined;
}

function again(link: WorkerLink, life: Life, call: Call): void {
  life.calls.delete(call);
  void import('./recovery.js').then(
    ({ sendAgain }) => sendAgain(link, call),
    (error: unknown) => call.reject(error),
  );
}
