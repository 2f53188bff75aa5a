/** The model contract over memory and over fake-indexeddb, with the scalar core. */
import 'fake-indexeddb/auto';
import { createScalarCore } from '../core/scalar.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { storeModelContract } from './model.contract.js';

const core = async (): Promise<ReturnType<typeof createScalarCore>> => createScalarCore();

storeModelContract('memory', {
  core,
  createDatabase: () => {
    const data = createMemoryData();
    return async () => createMemoryStorage({ data });
  },
  // A release asks for a hundred thousand steps.
  runs: Number(process.env['KINDEX_MODEL_RUNS'] ?? 20),
  steps: 100,
  seed: 20_261_124,
});

for (const vectors of ['disk', 'disk-rescored'] as const) {
  storeModelContract(`memory, vectors: ${vectors}`, {
    core,
    vectors,
    createDatabase: () => {
      const data = createMemoryData();
      return async () => createMemoryStorage({ data });
    },
    runs: 12,
    steps: 100,
    seed: 20_261_125,
  });
}

let databases = 0;

storeModelContract('fake-indexeddb', {
  core,
  createDatabase: () => {
    const name = `model-${(databases += 1)}`;
    return () => openIndexedDbStorage(name);
  },
  runs: 4,
  steps: 60,
  seed: 7,
});
