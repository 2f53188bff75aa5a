/** Keeps the page alike in several tabs: each tells the others when it has stored or deleted something. */
import type { Library } from './library.js';

const CHANNEL = 'kindex-demo:library';

/** Changes come in bursts; the other tabs read the list once per burst. */
const QUIET_MS = 300;

/** `reload` is called when another tab has told of a change. */
export function connectTabs(library: Library, reload: () => void): void {
  const channel = new BroadcastChannel(CHANNEL);
  const tellSoon = debounced(() => channel.postMessage('changed'));
  library.onChange((change) => {
    if (change === 'own') tellSoon();
  });
  channel.addEventListener('message', debounced(reload));
}

/** Runs `task` while no other tab does one of this name. Where the browser has no locks, it runs at once. */
export async function oneTabAtATime(name: string, task: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return task();
  await navigator.locks.request(`kindex-demo:${name}`, task);
}

function debounced(task: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(task, QUIET_MS);
  };
}
