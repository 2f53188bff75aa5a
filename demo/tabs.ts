/** Keeps the page alike in several tabs: each tells the others when it has stored or deleted something. */
import type { Library } from './library.js';

const CHANNEL = 'kindex-demo:library';
const COLLECTIONS_CHANNEL = 'kindex-demo:collections';

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

/**
 * Writes of the collections view, which may be to any collection: `onChange` hears of those of other tabs; what comes back
 * tells them of one's own.
 */
export function connectCollections(onChange: (collection: string) => void): (collection: string) => void {
  const channel = new BroadcastChannel(COLLECTIONS_CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => onChange(String(data)));
  return (collection) => channel.postMessage(collection);
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
