/**
 * The page's half: asks the runner for commands over one WebSocket, runs them side by side, and answers each. Uses the package
 * through its public API only, so that the same page runs in every engine, driven or not.
 */
import { watchWorkers } from './workers.mjs';

const query = new URLSearchParams(location.search);
watchWorkers();
// Before anything asks for the time.
if (query.has('clock')) await import('./clock.mjs');

/** @type {string[]} */
const faults = [];
addEventListener('unhandledrejection', (event) =>
  faults.push(`unhandled rejection: ${String(event.reason)}`),
);
addEventListener('error', (event) => faults.push(`error: ${event.message}`));
addEventListener('securitypolicyviolation', (event) =>
  faults.push(`policy: ${event.violatedDirective} ${event.blockedURI}`),
);

const socket = new WebSocket(`ws://${query.get('hub') ?? location.host}/tab/${query.get('tab') ?? ''}`);
/** @type {(() => void)[]} */
const echoes = [];

/** Tells the runner; resolves when it is known there. @param {Record<string, unknown>} note */
function tell(note) {
  return /** @type {Promise<void>} */ (
    new Promise((known) => {
      echoes.push(known);
      socket.send(JSON.stringify({ note }));
    })
  );
}

/** @param {unknown} error */
function plain(error) {
  const { name, code, message, details, fix } = /** @type {Record<string, unknown>} */ (Object(error));
  return { name, code, message: message ?? String(error), details, fix };
}

/** @param {{ number: number, method: string, argument: unknown }} command */
async function run({ number, method, argument }) {
  let reply;
  try {
    // After the watch on workers is in place.
    const { actions } = await import('./actions.mjs');
    const action = /** @type {Record<string, (argument: unknown) => unknown>} */ (actions)[method];
    if (method !== 'faults' && !action) throw new Error(`The page has no action "${method}".`);
    reply = { number, value: (method === 'faults' ? faults : await action?.(argument)) ?? null };
  } catch (error) {
    reply = { number, error: plain(error) };
  }
  socket.send(JSON.stringify(reply));
}

socket.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (message.echo) echoes.shift()?.();
  else void run(message);
};
Object.assign(globalThis, { tellRunner: tell });
