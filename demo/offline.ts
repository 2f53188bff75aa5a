/** Says whether the page would open without a network. The service worker itself is generated at build time. */
import { element } from './dom.js';

/** Writes into `status`, hidden until there is something to say. */
export function showOfflineState(status: HTMLElement): void {
  let ready = false;
  const show = (): void => {
    const text = offlineText(ready, navigator.onLine);
    status.hidden = text === null;
    status.classList.toggle('is-offline', !navigator.onLine);
    status.replaceChildren(
      element('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
      text ?? '',
    );
  };
  addEventListener('online', show);
  addEventListener('offline', show);
  show();
  if (!('serviceWorker' in navigator)) return;
  // An active worker has finished its installation, and with it the copy of every file of the page.
  void navigator.serviceWorker.ready.then(() => {
    ready = true;
    show();
  });
}

function offlineText(ready: boolean, online: boolean): string | null {
  if (ready) return online ? 'Works offline' : 'Offline, working';
  return online ? null : 'Offline';
}
