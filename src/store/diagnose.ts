/** What a store says of itself. Loaded with the first question. */
import type { ChromaError } from '../base/errors.js';
import type { Core } from '../core/core.js';
import type { StoreDiagnostics } from '../rpc/service.js';
import type { StorageBackend } from '../storage/storage.js';
import type { VectorEngine } from '../vector-index/engine.js';
import type { StoreCare } from './care.js';
import type { Checkpointer } from './checkpoint.js';
import type { Collections } from './collections.js';
import type { CommitQueue } from './commit.js';
import type { IndexBuilder } from './index-build.js';
import type { UnusedIndex } from './stored-indexes.js';
import type { WriteLog } from './write-log.js';

interface Diagnosed {
  backend: StorageBackend;
  core: Core;
  engine: VectorEngine;
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  checkpointer: Checkpointer;
  builder: IndexBuilder;
  care: StoreCare;
  /** Of the surroundings. */
  warnings: readonly string[];
}

/** Which tab owns it is the host's to say. Cost: a few numbers per collection. */
export async function diagnose(store: Diagnosed): Promise<Omit<StoreDiagnostics, 'role'>> {
  const { backend, core, engine, log, queue, checkpointer, builder, care } = store;
  const { usageBytes, quotaBytes } = await backend.estimate();
  const collections = [...store.collections];
  const sum = (count: (collection: (typeof collections)[number]) => number): number =>
    collections.reduce((total, collection) => total + count(collection), 0);
  const { failure } = checkpointer;
  const { warning = null } = core;
  return {
    storage: backend.name,
    core: core.kind,
    engine: engine.kind,
    collections: collections.length,
    records: sum(({ size }) => size),
    logBytes: log.pending.bytes,
    originUsageBytes: usageBytes,
    originQuotaBytes: quotaBytes,
    commits: queue.commits,
    unflushed: log.unflushed,
    state: care.state,
    setAside: sum(({ setAside }) => setAside.size),
    vectorsOnDisk: sum(({ vectors, size }) => (vectors.onDisk ? size : 0)),
    vectorsToLoad: sum(({ vectors }) => vectors.absent),
    damage: [...care.damage],
    warnings: [
      ...store.warnings,
      ...care.warnings(),
      ...(failure === null ? [] : [checkpointWarning(failure)]),
      ...collections.flatMap(({ name, unusedIndexes }) =>
        unusedIndexes.map((unused) => unusedWarning(name, unused)),
      ),
      ...builder.failures.map(buildWarning),
      ...(warning === null ? [] : [warning]),
    ],
  };
}

function checkpointWarning({ code, message }: ChromaError): string {
  return `The last checkpoint failed (${code}): ${message} Nothing is lost; opening takes longer until one succeeds.`;
}

function unusedWarning(collection: string, { what, error }: UnusedIndex): string {
  return `The stored ${what} of collection "${collection}" could not be used and is made again, meanwhile answers are right but slower: ${error.message}`;
}

/** Of a collection that was given up. */
function buildWarning({ name, error }: IndexBuilder['failures'][number]): string {
  return `The vector index of "${name}" is built no further, searches compare the rest one by one: ${error.message}`;
}
