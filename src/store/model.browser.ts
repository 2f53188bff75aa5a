/** The model contract in a real browser: IndexedDB and the WebAssembly core, as the store worker runs them. */
import { expect } from 'vitest';
import { loadCore } from '../core/load.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { storeModelContract } from './model.contract.js';

storeModelContract('IndexedDB and WebAssembly', {
  core: async () => {
    const { core, degraded } = await loadCore();
    expect(degraded).toBeNull();
    return core;
  },
  createDatabase: () => {
    const name = `model-${Math.random().toString(36).slice(2)}`;
    return () => openIndexedDbStorage(name);
  },
  runs: 8,
  steps: 60,
  seed: 11,
});
