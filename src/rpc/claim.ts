/**
 * Keeps a second tab out of a store where there are no Web Locks: whoever wants it asks first, and whoever has it answers. A
 * tab that is frozen cannot answer; the epoch then fences it (SPEC.md S5).
 */
import { kindexError } from '../base/errors.js';

/** Time to answer: over a hundred round trips between tabs. */
const ANSWER_MS = 500;

type Message = { kind: 'claim'; id: string } | { kind: 'held'; to: string };

/**
 * Resolves to a function that gives the claim up.
 * @throws STORAGE_BLOCKED when another tab or worker has it, or asked for it at the same time and goes first
 */
export async function claim(name: string, answerMs: number = ANSWER_MS): Promise<() => void> {
  const channel = new BroadcastChannel(name);
  const id = crypto.getRandomValues(new Uint32Array(4)).join('.');
  let held = false;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, answerMs);
      channel.onmessage = ({ data }: MessageEvent<Message>) => {
        // Of two that ask at the same time the smaller id goes first, whichever of them hears of the other.
        if (data.kind === 'claim' && (held || id < data.id))
          channel.postMessage({ kind: 'held', to: data.id });
        else if (!held && (data.kind === 'claim' || data.to === id)) {
          clearTimeout(timer);
          reject(
            kindexError(
              'STORAGE_BLOCKED',
              `"${name}" is in use in another tab, and without Web Locks two cannot share it.`,
              {
                fix: 'Close the other tab, or serve the page over HTTPS: browsers have Web Locks there.',
                details: { name },
              },
            ),
          );
        }
      };
      channel.postMessage({ kind: 'claim', id });
    });
  } catch (error) {
    channel.close();
    throw error;
  }
  held = true;
  return () => channel.close();
}
