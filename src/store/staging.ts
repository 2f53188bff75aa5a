/** Collections that are being imported: stored under a name nobody can ask for, and shown all at once, or never (SPEC.md S21). */
import { kindexError } from '../base/errors.js';
import type { CollectionRecord } from '../base/types.js';
import type { LogEntry } from '../format/entry.js';
import type { PublishRequest } from '../rpc/service.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { exclusive } from './commit.js';
import type { Operation } from './commit.js';
import { nameTaken } from './manage-collections.js';
import { importOf, isStaged } from './staged-name.js';

/**
 * Gives staged collections their names, in one commit; with `replace` the collections that have these names are deleted in it.
 * Rejects with NOT_FOUND_COLLECTION · EXISTS_COLLECTION.
 */
export function publishCollections(
  { collections: wanted, replace }: PublishRequest,
  collections: Collections,
): Operation<CollectionRecord[]> {
  return exclusive('publish', () => {
    const before: LogEntry[] = [];
    const names = new Set<string>();
    const steps = wanted.map(({ id, name }) => {
      const staged = collections.get({ id });
      const former = collections.byName(staged.stored, name);
      if ((former && !replace) || names.size === names.add(name).size) throw nameTaken(name, staged.stored);
      if (!isStaged(staged))
        throw kindexError('VALUE_ARGUMENT', `Collection "${staged.name}" is not being imported.`);
      const stored = { ...staged.stored, name };
      if (former) before.push({ op: 'deleteCollection', collectionId: former.id });
      before.push({ op: 'modifyCollection', collection: stored });
      return { staged, former, stored };
    });
    const entry = before.pop() ?? null;
    return {
      entry,
      before,
      reply: steps.map(({ staged, stored }) => ({ ...stored, dimensions: staged.dimensions })),
      apply: () => steps.map((step) => publish(step, collections)),
    };
  });
}

interface Step {
  staged: CollectionState;
  former: CollectionState | undefined;
  stored: CollectionState['stored'];
}

function publish({ staged, former, stored }: Step, collections: Collections): CollectionRecord {
  if (former) collections.remove(former);
  collections.rename(staged, stored.name);
  staged.replaceStored(stored);
  return staged.record;
}

/** Deletes what imports have left that nobody carries on; `running`: those that are. */
export function sweepStaged(running: ReadonlySet<string>, collections: Collections): Operation<number> {
  return exclusive('sweep', () => {
    const left = [...collections].filter(
      (collection) => isStaged(collection) && !running.has(importOf(collection)),
    );
    const entries = left.map(({ id }): LogEntry => ({ op: 'deleteCollection', collectionId: id }));
    const entry = entries.pop() ?? null;
    return {
      entry,
      before: entries,
      apply() {
        for (const collection of left) collections.remove(collection);
        return left.length;
      },
    };
  });
}
