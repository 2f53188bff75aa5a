/** Asks the tabs of this origin which imports go on, where no Web Locks tell it (SPEC.md S21). */
import { openImports } from '../rpc/feed.js';
import type { ImportMessage } from '../rpc/feed.js';

/** A page that works hard answers late, and nobody waits for what is done after that. */
const ANSWERS_MS = 10_000;

/** Asked more than once: a page may have been suspended. */
const QUESTIONS = 4;

/**
 * `heard` is told of each import that goes on. Resolves to true when all had time to answer, to false when nobody can be asked or
 * `signal` ended it.
 */
export async function askForImports(
  heard: (id: string) => void,
  signal: AbortSignal,
  answersMs: number = ANSWERS_MS,
): Promise<boolean> {
  const channel = openImports();
  if (!channel) return false;
  channel.onmessage = ({ data }: MessageEvent<ImportMessage>) => {
    if (data.kind === 'running') heard(data.id);
  };
  try {
    for (let question = 0; question < QUESTIONS && !signal.aborted; question++) {
      channel.postMessage({ kind: 'who' } satisfies ImportMessage);
      await waitFor(answersMs / QUESTIONS, signal);
    }
    return !signal.aborted;
  } finally {
    channel.close();
  }
}

/** Keeps no process alive. */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms) as ReturnType<typeof setTimeout> | number;
    if (typeof timer === 'object') timer.unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
