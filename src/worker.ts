/** Door `kindex/worker`: the worker half, for people who start and own their workers themselves. */
export { serveEmbed, serveStore } from './host/serve.js';
export { flatEngine } from './vector-index/flat-engine.js';
export type { EngineLoader } from './vector-index/engine.js';
export type { FlatEngineOptions } from './vector-index/flat-engine.js';
