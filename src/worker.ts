/** Door `kindex/worker`: the worker half, for people who start and own their workers themselves. */
export { serveEmbed, serveStore } from './host/serve.js';
