/** Which imports go on in some tab of this origin: each holds a Web Lock. */
import { IMPORT_LOCK } from '../rpc/feed.js';

/** Their ids; nothing where there are no Web Locks, since then there is one tab. */
export async function runningImports(locks: LockManager | null): Promise<Set<string>> {
  const { held = [] } = (await locks?.query()) ?? {};
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(IMPORT_LOCK));
  return new Set(names.map((name) => name.slice(IMPORT_LOCK.length)));
}
