/**
 * Makes Chromium begin a new file for what it stores next, so that one which a killed browser has left torn is written to no
 * longer (SPEC.md S55, docs/adr/0023-new-log.md).
 */
import type { DiskRoom } from './disk-room.js';
import { isChromium } from './engines.js';

/** No storage of a user can have this name: it has a line break. Left over by a tab that ended, it is used up by the next. */
export const SCRATCH_NAME = 'kindex\nscratch';

/** Measured: 3–50 ms. A tab that is frozen while it holds the scratch database open holds up all others. */
const PATIENCE_MS = 30_000;

export interface NewLogOptions {
  /** Default: the platform's. */
  factory?: IDBFactory;
  /** What the engine calls itself. Default: the platform's. */
  userAgent?: string;
  /** Default 30,000 ms. */
  patienceMs?: number;
}

/**
 * As `beginNewLog`, for whoever goes on without one.
 * @param room asked first, by a tab that follows: it does not know whether the owner has the database open
 * @returns what is at stake when the engine refuses, or null
 */
export async function tryNewLog(room?: Promise<DiskRoom | null>): Promise<string | null> {
  try {
    await (await room)?.check();
    await beginNewLog();
    return null;
  } catch (error) {
    return `The browser did not begin a new log (${(error as Error).message}): if it was killed while it wrote and is killed again, the store may be lost.`;
  }
}

/**
 * Chromium keeps all databases of an origin in one LevelDB. Deleting a database makes that write out what it has in memory and
 * begin a new log, whatever the size. So an empty database is made and deleted; it costs nothing of the quota. Other engines,
 * which have a file for each database, are left alone.
 * @throws Error or DOMException when the engine refuses, above all for want of room
 */
export async function beginNewLog(options: NewLogOptions = {}): Promise<void> {
  const { userAgent, patienceMs = PATIENCE_MS } = options;
  if (!isChromium(userAgent)) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    // Cannot be taken back: what is answered late is still closed and deleted.
    await Promise.race([makeAndDelete(options.factory ?? indexedDB), impatience]);
  } finally {
    clearTimeout(timer);
  }
}

async function makeAndDelete(factory: IDBFactory): Promise<void> {
  const database = await answer(factory.open(SCRATCH_NAME));
  database.close();
  await answer(factory.deleteDatabase(SCRATCH_NAME));
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the request failed'));
  });
}
